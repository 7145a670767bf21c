//! Words that are unknown, misplaced, repeated, contradictory or alone.

use super::{assert_entity, assert_enum, assert_field};
use crate::attribute::Place;

#[test]
fn a_slip_is_answered_with_the_right_word() {
    for (slip, right) in [
        ("lenght", "length"),
        ("colum", "column"),
        ("uniqe", "unique"),
        ("defualt", "default"),
        ("primaryKey", "primary_key"),
        ("autoIncrement", "auto_increment"),
        ("embeded", "embedded"),
        ("jsn", "json"),
        ("medium_blob", "mediumblob"),
    ] {
        let message = format!("unknown attribute `{slip}`; did you mean `{right}`?");
        assert_field(&format!("#[entity({slip})] a: String"), &[(&message, slip)]);
    }
}

#[test]
fn words_of_other_libraries_are_answered_with_ours() {
    for (theirs, ours) in [
        ("rename", "column"),
        ("name", "column"),
        ("pk", "primary_key"),
        ("autoincrement", "auto_increment"),
        ("max_length", "length"),
        ("flatten", "embedded"),
        ("ignore", "skip"),
        ("text", "length = max"),
    ] {
        let message = format!("unknown attribute `{theirs}`; did you mean `{ours}`?");
        assert_field(
            &format!("#[entity({theirs} = \"x\")] a: String"),
            &[(&message, theirs)],
        );
    }
    let message = "unknown attribute `table_name`; did you mean `table`?";
    assert_entity(
        "#[entity(table_name = \"a\")] struct A { id: u64 }",
        &[(message, "table_name")],
    );
    let message =
        "unknown attribute `nullable`: a field of type `Option` may be NULL, any other may not";
    assert_field("#[entity(nullable)] a: String", &[(message, "nullable")]);
}

#[test]
fn any_other_word_is_answered_with_all_there_are() {
    let message = "unknown attribute `banana`; an entity takes `table`, `mysql`, `crate`";
    assert_entity(
        "#[entity(banana)] struct A { id: u64 }",
        &[(message, "banana")],
    );
    let message = "unknown attribute `banana`; a variant of an enum takes `rename`";
    assert_enum("enum A { #[entity(banana)] B }", &[(message, "banana")]);
}

#[test]
fn words_to_come_are_not_ignored() {
    for word in [
        "cache",
        "cached",
        "cascade",
        "created_at",
        "dirty",
        "local_cache",
        "log",
        "redis",
        "soft_delete",
        "updated_at",
        "version",
    ] {
        let message = format!("`{word}` is not supported yet");
        assert_field(&format!("#[entity({word})] a: u32"), &[(&message, word)]);
        assert_entity(
            &format!("#[entity({word} = 3)] struct A {{ id: u64 }}"),
            &[(&message, word)],
        );
    }
    let message = "unknown attribute `createdAt`; `created_at` is not supported yet";
    assert_field("#[entity(createdAt)] a: u32", &[(message, "createdAt")]);
}

#[test]
fn a_word_belongs_in_its_place() {
    let message = "`table` belongs on an entity, not on a field of an entity";
    assert_field("#[entity(table = \"a\")] a: u32", &[(message, "table")]);
    let message = "`unique` belongs on a field of an entity, not on an entity";
    assert_entity(
        "#[entity(unique)] struct A { id: u64 }",
        &[(message, "unique")],
    );
    let message = "`rename` belongs on a variant of an enum, not on an enum";
    assert_enum(
        "#[entity(rename = \"a\")] enum A { B }",
        &[(message, "rename")],
    );
}

/// A value of the right form for each word, so that the list of words and their reading agree.
#[test]
fn every_word_that_is_offered_is_taken() {
    for word in Place::Field.words() {
        let field = match *word {
            "column" => "#[entity(column = \"b\")] a: u8",
            "uuid" => "#[entity(uuid)] a: Uuid",
            "primary_key" => "#[entity(primary_key)] a: u8",
            "auto_increment" => "#[entity(primary_key, auto_increment)] a: u8",
            "length" => "#[entity(length = 3)] a: String",
            "blob" | "mediumblob" | "longblob" => &format!("#[entity({word})] a: Vec<u8>"),
            "precision" | "scale" => "#[entity(precision = 4, scale = 2)] a: Decimal",
            "json" => "#[entity(json)] a: Vec<String>",
            "embedded" => "#[entity(embedded)] a: Address",
            "prefix" => "#[entity(embedded, prefix = \"\")] a: Address",
            "default" => "#[entity(default = 3)] a: u8",
            other => &format!("#[entity({other})] a: u8"),
        };
        assert_entity(&format!("struct User {{ id: u64, {field} }}"), &[]);
    }
}

#[test]
fn a_word_stands_once() {
    for (words, field_type) in [
        ("column = \"a\", column = \"b\"", "u8"),
        ("length = 3, length = 4", "String"),
        ("blob, blob", "Vec<u8>"),
        ("precision = 3, scale = 2, precision = 3", "Decimal"),
        ("json, json", "String"),
        ("embedded, prefix = \"a\", prefix = \"b\"", "Address"),
        ("default = 3, default = 4", "u8"),
        ("unique, unique", "u8"),
        ("index = \"a\", index = \"a\"", "u8"),
        ("skip, skip", "u8"),
    ] {
        let word = words
            .rsplit(", ")
            .next()
            .and_then(|word| word.split(' ').next())
            .unwrap_or_default();
        let message = format!("`{word}` is given twice");
        assert_field(
            &format!("#[entity({words})] a: {field_type}"),
            &[(&message, word)],
        );
    }
    assert_field(
        "#[entity(index = \"a\", index = \"b\", unique = \"c\")] a: u8",
        &[],
    );
}

#[test]
fn flags_take_no_value() {
    for flag in ["blob", "json", "skip", "embedded"] {
        let field_type = if flag == "blob" { "Vec<u8>" } else { "Address" };
        let message = format!("`{flag}` takes no value");
        assert_field(
            &format!("#[entity({flag} = true)] a: {field_type}"),
            &[(&message, "true")],
        );
    }
    assert_entity(
        "struct A { #[entity(uuid = 3)] id: Uuid }",
        &[("`uuid` takes no value", "3")],
    );
}

#[test]
fn values_are_of_their_words_form() {
    let length = "`length` takes a number of characters from 1 to 16383, or `max` for more";
    for value in [
        "0",
        "16384",
        "-3",
        "\"100\"",
        "maximum",
        "1.5",
        "99999999999999999999",
    ] {
        assert_field(
            &format!("#[entity(length = {value})] a: String"),
            &[(length, value)],
        );
    }
    assert_field("#[entity(length)] a: String", &[(length, "length")]);
    assert_field("#[entity(length = 16383)] a: String", &[]);
    let precision = "`precision` takes a whole number from 1 to 65";
    assert_field(
        "#[entity(precision = 66, scale = 2)] a: Decimal",
        &[(precision, "66")],
    );
    assert_field(
        "#[entity(precision = 0, scale = 0)] a: Decimal",
        &[(precision, "0")],
    );
    let scale = "`scale` takes a whole number from 0 to 30";
    assert_field(
        "#[entity(precision = 40, scale = 31)] a: Decimal",
        &[(scale, "31")],
    );
    assert_field(
        "#[entity(column = 3)] a: u8",
        &[("`column` takes a text: `column = \"..\"`", "3")],
    );
    assert_field(
        "#[entity(unique = 3)] a: u8",
        &[("`unique` takes a text: `unique = \"..\"`", "3")],
    );
    assert_field(
        "#[entity(index = name)] a: u8",
        &[("`index` takes a text: `index = \"..\"`", "name")],
    );
}

#[test]
fn contradictory_words_are_refused() {
    let embedded = "an embedded struct has columns of its own; put it on their fields";
    for (words, second, first, reason) in [
        (
            "skip, column = \"b\"",
            "column",
            "skip",
            "a skipped field is no column",
        ),
        ("json, skip", "json", "skip", "a skipped field is no column"),
        ("embedded, json", "json", "embedded", embedded),
        ("column = \"b\", embedded", "column", "embedded", embedded),
        ("embedded, unique", "unique", "embedded", embedded),
        ("json, unique", "unique", "json", "a JSON column has none"),
        (
            "json, default = 3",
            "default",
            "json",
            "a JSON column has none",
        ),
        (
            "longblob, json",
            "longblob",
            "json",
            "a JSON column has none",
        ),
        ("length = 3, blob", "blob", "length", "`length` is for text"),
        (
            "blob, default = \"a\"",
            "default",
            "blob",
            "MySQL's BLOB columns have none",
        ),
        (
            "mediumblob, precision = 3",
            "precision",
            "mediumblob",
            "MySQL's BLOB columns have none",
        ),
    ] {
        let message = format!("`{second}` cannot stand beside `{first}`: {reason}");
        assert_field(
            &format!("#[entity({words})] a: Value"),
            &[(&message, second)],
        );
    }
    let message = "a column has one size: `blob` or `longblob`";
    assert_field(
        "#[entity(blob, longblob)] a: Vec<u8>",
        &[(message, "longblob")],
    );
    for (words, second, first, reason) in [
        (
            "uuid, auto_increment",
            "auto_increment",
            "uuid",
            "the key is made on the client",
        ),
        (
            "uuid, default = 3",
            "default",
            "uuid",
            "the key is made on the client",
        ),
        (
            "primary_key, default = 3",
            "default",
            "primary_key",
            "a key has no default",
        ),
        ("uuid, json", "uuid", "json", "a JSON column has none"),
        ("primary_key, embedded", "primary_key", "embedded", embedded),
        (
            "primary_key, skip",
            "primary_key",
            "skip",
            "a skipped field is no column",
        ),
    ] {
        let message = format!("`{second}` cannot stand beside `{first}`: {reason}");
        assert_entity(
            &format!("struct A {{ #[entity({words})] key: u64 }}"),
            &[(&message, second)],
        );
    }
}

#[test]
fn some_words_go_together() {
    let message = "`prefix` goes with `embedded`: `embedded, prefix = \"..\"`";
    assert_field(
        "#[entity(prefix = \"a\")] a: Address",
        &[(message, "prefix")],
    );
    let message = "`precision` goes with `scale`: `precision = 10, scale = 2`";
    assert_field(
        "#[entity(precision = 3)] a: Decimal",
        &[(message, "precision")],
    );
    let message = "`scale` goes with `precision`: `precision = 10, scale = 2`";
    assert_field("#[entity(scale = 3)] a: Decimal", &[(message, "scale")]);
    let message = "`scale` counts among the 3 digits of `precision`";
    assert_field(
        "#[entity(precision = 3, scale = 4)] a: Decimal",
        &[(message, "scale")],
    );
    assert_field("#[entity(precision = 3, scale = 3)] a: Decimal", &[]);
}
