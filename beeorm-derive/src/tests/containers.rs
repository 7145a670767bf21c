//! The struct and its words.

use super::{assert_embedded, assert_entity};

#[test]
fn an_entity_is_a_struct_with_named_fields() {
    let named = "columns have names: write the struct with named fields";
    assert_entity("struct User(u64, String);", &[(named, "(u64, String)")]);
    assert_entity(
        "struct User;",
        &[(
            "a row has columns: write the struct with named fields",
            "User",
        )],
    );
    let an_enum = "only a struct can have columns; for an enum there is `#[derive(EntityEnum)]`";
    assert_entity("enum User { A }", &[(an_enum, "enum")]);
    assert_entity(
        "union User { a: u8 }",
        &[("only a struct can have columns", "union")],
    );
    assert_embedded("struct Address(String);", &[(named, "(String)")]);
    assert_embedded("enum Address { A }", &[(an_enum, "enum")]);
}

#[test]
fn an_entity_is_not_generic() {
    let message = "an entity is one table, so it cannot be generic";
    assert_entity("struct User<T> { id: u64, name: T }", &[(message, "<T>")]);
    assert_entity(
        "struct User<'a, const N: usize> { id: u64 }",
        &[(message, "<'a, const N: usize>")],
    );
    assert_embedded(
        "struct A<T> { name: T }",
        &[("an embedded struct cannot be generic", "<T>")],
    );
}

#[test]
fn a_table_has_a_name_that_mysql_takes() {
    for (name, message) in [
        ("", "the name of a table cannot be empty"),
        ("us`ers", "the name of a table cannot hold '`'"),
        ("users\\0", "the name of a table cannot hold '\\0'"),
        ("users🐝", "the name of a table cannot hold '🐝'"),
        ("users ", "the name of a table cannot end with a space"),
    ] {
        let input = format!("#[entity(table = \"{name}\")] struct User {{ id: u64 }}");
        assert_entity(&input, &[(message, &format!("\"{name}\""))]);
    }
    let long = "u".repeat(65);
    let message = "the name of a table has at most 64 characters, and this has 65";
    let input = format!("#[entity(table = \"{long}\")] struct User {{ id: u64 }}");
    assert_entity(&input, &[(message, &format!("\"{long}\""))]);
    let long = "U".repeat(65);
    assert_entity(&format!("struct {long} {{ id: u64 }}"), &[(message, &long)]);
    assert_entity(&format!("struct {} {{ id: u64 }}", "U".repeat(64)), &[]);
}

#[test]
fn a_pool_has_a_name() {
    let message = "the name of a pool cannot be empty";
    assert_entity(
        "#[entity(mysql = \"\")] struct User { id: u64 }",
        &[(message, "\"\"")],
    );
}

#[test]
fn values_are_of_their_words_form() {
    assert_entity(
        "#[entity(table)] struct A { id: u64 }",
        &[("`table` takes a text: `table = \"..\"`", "table")],
    );
    assert_entity(
        "#[entity(table = users)] struct A { id: u64 }",
        &[("`table` takes a text: `table = \"..\"`", "users")],
    );
    assert_entity(
        "#[entity(mysql = 3)] struct A { id: u64 }",
        &[("`mysql` takes a text: `mysql = \"..\"`", "3")],
    );
    let path = "`crate` takes a path: `crate = ::my::path`";
    assert_entity("#[entity(crate)] struct A { id: u64 }", &[(path, "crate")]);
    assert_entity("#[entity(crate = 3)] struct A { id: u64 }", &[(path, "3")]);
    assert_entity(
        "#[entity(crate = \"no path\")] struct A { id: u64 }",
        &[(path, "\"no path\"")],
    );
    assert_entity("#[entity(crate = \"my::path\")] struct A { id: u64 }", &[]);
    assert_entity(
        "#[entity(crate = crate::my::path)] struct A { id: u64 }",
        &[],
    );
}

#[test]
fn words_of_the_struct_stand_once() {
    assert_entity(
        "#[entity(table = \"a\", crate = a)] #[entity(table = \"b\", mysql = \"a\", mysql = \"a\", crate = b)] struct A { id: u64 }",
        &[
            ("`table` is given twice", "table"),
            ("`mysql` is given twice", "mysql"),
            ("`crate` is given twice", "crate"),
        ],
    );
}

#[test]
fn what_is_no_list_of_words_is_refused() {
    let form = "a word is expected: `#[entity(word)]` or `#[entity(word = ..)]`";
    assert_entity("#[entity] struct A { id: u64 }", &[(form, "#[entity]")]);
    assert_entity(
        "#[entity = \"a\"] struct A { id: u64 }",
        &[(form, "#[entity = \"a\"]")],
    );
    assert_entity(
        "#[entity(\"table\")] struct A { id: u64 }",
        &[(form, "\"table\"")],
    );
    assert_entity(
        "#[entity(table = \"a\" mysql = \"b\")] struct A { id: u64 }",
        &[("expected `,`", "mysql")],
    );
    assert_entity(
        "#[entity(table(users))] struct A { id: u64 }",
        &[(
            "`table` takes no parentheses; write `table` or `table = ..`",
            "table",
        )],
    );
    assert_entity("#[entity()] struct A { id: u64 }", &[]);
}

#[test]
fn an_embedded_struct_has_columns_and_no_table() {
    assert_embedded(
        "#[entity(table = \"a\", mysql = \"b\")] struct Address { street: String }",
        &[
            (
                "`table` belongs on an entity, not on an embedded struct",
                "table",
            ),
            (
                "`mysql` belongs on an entity, not on an embedded struct",
                "mysql",
            ),
        ],
    );
    assert_embedded(
        "struct Address {}",
        &[("an embedded struct has at least one column", "Address")],
    );
    assert_embedded(
        "struct Address { #[entity(skip)] street: String }",
        &[("an embedded struct has at least one column", "Address")],
    );
    assert_embedded(
        "struct Address { #[entity(uuid)] id: Uuid, #[entity(primary_key, auto_increment)] n: u8 }",
        &[
            (
                "`uuid` belongs on a field of an entity, not on a field of an embedded struct",
                "uuid",
            ),
            (
                "`primary_key` belongs on a field of an entity, not on a field of an embedded struct",
                "primary_key",
            ),
            (
                "`auto_increment` belongs on a field of an entity, not on a field of an embedded struct",
                "auto_increment",
            ),
        ],
    );
    assert_embedded("struct Address { id: Uuid }", &[]);
}

#[test]
fn all_mistakes_are_told_together() {
    assert_entity(
        "#[entity(tabel = \"users\")] struct User<T> {
            #[entity(lenght = 3)] name: String,
            size: usize,
            #[entity(json, length = 3)] value: T,
        }",
        &[
            ("unknown attribute `tabel`; did you mean `table`?", "tabel"),
            ("an entity is one table, so it cannot be generic", "<T>"),
            (
                "unknown attribute `lenght`; did you mean `length`?",
                "lenght",
            ),
            (
                "the width of `usize` depends on the machine: use `u64`",
                "usize",
            ),
            (
                "`length` cannot stand beside `json`: a JSON column has none",
                "length",
            ),
            (
                "an entity has a key: name a field `id`, or put `#[entity(uuid)]` or `#[entity(primary_key)]` on the field that is the key",
                "User",
            ),
        ],
    );
}
