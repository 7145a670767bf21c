//! `unique` and `index`.

use super::assert_field;

#[test]
fn an_index_has_a_name_that_mysql_takes() {
    for (name, message) in [
        ("", "the name of an index cannot be empty"),
        ("a`b", "the name of an index cannot hold '`'"),
        (
            "Primary",
            "`PRIMARY` is the key's index; give this one another name",
        ),
    ] {
        let source = format!("\"{name}\"");
        assert_field(
            &format!("#[entity(unique = {source})] a: u8"),
            &[(message, &source)],
        );
        assert_field(
            &format!("#[entity(index = {source})] a: u8"),
            &[(message, &source)],
        );
    }
    let long = format!("\"{}\"", "a".repeat(65));
    let message = "the name of an index has at most 64 characters, and this has 65";
    assert_field(
        &format!("#[entity(unique = {long})] a: u8"),
        &[(message, &long)],
    );
}

#[test]
fn a_name_is_of_one_index() {
    let message =
        "`ab` is `unique` on one field and `index` on another; one index is one or the other";
    assert_field(
        "#[entity(unique = \"ab\")] a: u8, #[entity(index = \"ab\")] b: u8",
        &[(message, "\"ab\"")],
    );
    let message = "`AB` and `ab` differ in case only, which MySQL does not tell apart";
    assert_field(
        "#[entity(unique = \"ab\")] a: u8, #[entity(unique = \"AB\")] b: u8",
        &[(message, "\"AB\"")],
    );
    let message = "the index name `a` is taken by `a`; give one of them another name";
    assert_field(
        "#[entity(unique)] a: u8, #[entity(unique = \"a\")] b: u8",
        &[(message, "\"a\"")],
    );
    let twice = "`a` has an index already, which is named as it is; take one of the words out (`unique` is an index \
                 too), or give this one a name: `index = \"..\"`";
    assert_field("#[entity(unique, index)] a: u8", &[(twice, "index")]);
    let message = "the index name `c` is taken by `a`, `b`; give one of them another name";
    assert_field(
        "#[entity(index = \"c\")] a: u8, #[entity(index = \"c\")] b: u8, #[entity(index)] c: u8",
        &[(message, "index")],
    );
    assert_field(
        "#[entity(unique, index = \"ab\")] a: u8, #[entity(index = \"ab\")] b: u8",
        &[],
    );
}

#[test]
fn some_columns_cannot_be_indexed() {
    let message = "MySQL does not index a text without a length; give it `length = ..`";
    assert_field(
        "#[entity(unique, length = max)] a: String",
        &[(message, "unique")],
    );
    let message = "MySQL does not index a BLOB column";
    assert_field("#[entity(index)] a: Vec<u8>", &[(message, "index")]);
    assert_field("#[entity(index, longblob)] a: Alias", &[(message, "index")]);
    let message = "MySQL does not index a JSON column";
    assert_field(
        "#[entity(index = \"a\")] a: Option<serde_json::Value>",
        &[(message, "index")],
    );
}

#[test]
fn an_index_fits_mysqls_limits() {
    let message = "an index holds at most 3072 bytes, and this takes 3076 (4 a character); \
                   shorten the `length` of its columns";
    assert_field(
        "#[entity(unique, length = 769)] a: String",
        &[(message, "unique")],
    );
    assert_field("#[entity(unique, length = 768)] a: String", &[]);
    let message = "an index holds at most 3072 bytes, and this takes 4080 (4 a character); \
                   shorten the `length` of its columns";
    let fields = |count: usize, field_type: &str| -> String {
        (0..count)
            .map(|number| format!("#[entity(index = \"all\")] a{number}: {field_type}, "))
            .collect()
    };
    assert_field(&fields(4, "String"), &[(message, "\"all\"")]);
    assert_field(&fields(3, "String"), &[]);
    assert_field(
        &fields(17, "u8"),
        &[("an index has at most 16 columns", "\"all\"")],
    );
    assert_field(&fields(16, "u8"), &[]);
}
