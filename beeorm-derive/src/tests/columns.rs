//! The names of columns.

use super::{assert_embedded, assert_field};

#[test]
fn a_column_has_a_name_that_mysql_takes() {
    for (name, message) in [
        ("", "the name of a column cannot be empty"),
        ("a`b", "the name of a column cannot hold '`'"),
        ("a\\0", "the name of a column cannot hold '\\0'"),
        ("a ", "the name of a column cannot end with a space"),
    ] {
        let source = format!("\"{name}\"");
        assert_field(
            &format!("#[entity(column = {source})] a: u8"),
            &[(message, &source)],
        );
        assert_field(
            &format!("#[entity(json, column = {source})] a: u8"),
            &[(message, &source)],
        );
    }
    let long = "a".repeat(65);
    let message = "the name of a column has at most 64 characters, and this has 65";
    assert_field(&format!("{long}: u8"), &[(message, &long)]);
    let message = "the prefix of columns cannot hold '`'";
    assert_field(
        "#[entity(embedded, prefix = \"`\")] a: Address",
        &[(message, "\"`\"")],
    );
}

#[test]
fn columns_have_different_names() {
    let message = "the column `ID` is there already: the field `id` has it";
    assert_field("#[entity(column = \"ID\")] a: u8", &[(message, "\"ID\"")]);
    let message = "the column `b` is there already: the field `a` has it";
    assert_field("#[entity(column = \"B\")] a: u8, b: u8", &[(message, "b")]);
    assert_field(
        "#[entity(json, column = \"B\")] a: u8, b: u8",
        &[(message, "b")],
    );
    let message = "the column `type` is there already: the field `a` has it";
    assert_embedded(
        "struct A { #[entity(column = \"type\")] a: u8, r#type: u8 }",
        &[(message, "r#type")],
    );
    assert_field(
        "#[entity(skip, )] a: u8, #[entity(column = \"a\")] b: u8",
        &[],
    );
}

#[test]
fn embedded_structs_of_one_type_have_different_prefixes() {
    let message = "the columns of `a` have the same prefix; give one another `prefix`";
    assert_field(
        "#[entity(embedded, prefix = \"\")] a: Address, #[entity(embedded, prefix = \"\")] b: Address",
        &[(message, "b")],
    );
    assert_field(
        "#[entity(embedded, prefix = \"\")] a: Address, #[entity(embedded, prefix = \"\")] b: Geo, #[entity(embedded)] c: Geo",
        &[],
    );
}
