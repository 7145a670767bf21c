//! `#[derive(EntityEnum)]`.

use super::{assert_enum, tokens};

#[test]
fn the_values_of_a_column_are_names() {
    let no_enum = "only an enum can be the values of a column";
    assert_enum("struct Status { a: u8 }", &[(no_enum, "struct")]);
    assert_enum("union Status { a: u8 }", &[(no_enum, "union")]);
    assert_enum(
        "enum Status {}",
        &[(
            "a column has at least one value: give the enum a variant",
            "Status",
        )],
    );
    let generic = "the values of a column are fixed, so their enum cannot be generic";
    assert_enum("enum Status<T> { A, B }", &[(generic, "<T>")]);
    let fields = "a value of a column is a name alone: no fields";
    assert_enum(
        "enum Status { A, B(u8), C { d: u8 } }",
        &[(fields, "(u8)"), (fields, "{ d: u8 }")],
    );
    assert_enum(
        "enum Status { A = 3, r#Type, #[entity(rename = \"b c\")] B }",
        &[],
    );
}

#[test]
fn names_are_those_that_mysql_takes() {
    for (name, message) in [
        (
            "",
            "a value cannot be empty: MySQL stores the empty text for what it cannot store",
        ),
        (
            "a,b",
            "a value cannot hold a comma: it parts the values of a SET",
        ),
        ("a\\0", "a value cannot hold NUL"),
        ("a ", "a value cannot end with a space: MySQL cuts it off"),
    ] {
        let source = format!("\"{name}\"");
        assert_enum(
            &format!("enum Status {{ #[entity(rename = {source})] A }}"),
            &[(message, &source)],
        );
    }
    let long = format!("\"{}\"", "a".repeat(256));
    let message = "a value has at most 255 characters, and this has 256";
    assert_enum(
        &format!("enum Status {{ #[entity(rename = {long})] A }}"),
        &[(message, &long)],
    );
}

#[test]
fn names_differ() {
    let message = "`Old` is stored as `Old`, which MySQL does not tell from `old`; `#[entity(rename = \"..\")]` one of them";
    assert_enum(
        "enum Status { Old, #[entity(rename = \"old\")] New }",
        &[(message, "\"old\"")],
    );
    let message = "`A` is stored as `B`, which MySQL does not tell from `B`; `#[entity(rename = \"..\")]` one of them";
    assert_enum(
        "enum Status { #[entity(rename = \"B\")] A, B }",
        &[(message, "B")],
    );
}

#[test]
fn names_differ_in_more_than_case() {
    let message = "`A` is stored as `straße`, which MySQL does not tell from `STRASSE`; `#[entity(rename = \"..\")]` one of them";
    assert_enum(
        "enum Street { #[entity(rename = \"straße\")] A, #[entity(rename = \"STRASSE\")] B }",
        &[(message, "\"STRASSE\"")],
    );
}

#[test]
fn there_are_not_too_many() {
    let variants: String = (0..=65_535).map(|number| format!("V{number},")).collect();
    assert_enum(
        &format!("enum Status {{ {variants} }}"),
        &[("an ENUM has at most 65535 values", "V65535")],
    );
}

#[test]
fn variants_are_stored_by_their_names() {
    let printed = crate::entity_enum(tokens(
        "enum Status { New, r#Type = 7, #[entity(rename = \"x\")] Old }",
    ));
    let printed = printed.to_string().replace(' ', "");
    assert!(printed.contains(r#"=&["New","Type","x"];"#), "{printed}");
    assert!(
        printed.contains("=&[Self::New,Self::r#Type,Self::Old];"),
        "{printed}"
    );
    assert!(
        printed.contains("matchself{Self::New=>0,Self::r#Type=>1,Self::Old=>2,}"),
        "{printed}"
    );
}
