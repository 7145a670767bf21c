//! `default`.

use super::{assert_field, tokens};

fn assert_default(default: &str, field_type: &str, message: Option<&str>) {
    let field = format!("#[entity(default = {default})] a: {field_type}");
    match message {
        Some(message) => assert_field(&field, &[(message, "default")]),
        None => assert_field(&field, &[]),
    }
}

#[test]
fn a_default_is_a_literal() {
    let message = "`default` takes a literal: a number, `true`, `false` or a text";
    for value in [
        "Status::New",
        "vec",
        "b\"bytes\"",
        "'c'",
        "-\"text\"",
        "1 + 1",
        "-true",
    ] {
        assert_field(
            &format!("#[entity(default = {value})] a: Alias"),
            &[(message, value)],
        );
    }
    assert_field("#[entity(default)] a: u8", &[(message, "default")]);
}

#[test]
fn a_default_is_of_its_columns_type() {
    assert_default("true", "bool", None);
    assert_default(
        "1",
        "bool",
        Some("the `default` of a `bool` is `true` or `false`"),
    );
    assert_default("-128", "i8", None);
    assert_default("0xFF", "u8", None);
    assert_default("18446744073709551615", "Option<u64>", None);
    assert_default(
        "128",
        "i8",
        Some("the `default` is out of range: the column holds -128 to 127"),
    );
    assert_default(
        "-1",
        "u16",
        Some("the `default` is out of range: the column holds 0 to 65535"),
    );
    assert_default(
        "1.5",
        "u8",
        Some("the `default` of this column is a whole number"),
    );
    assert_default(
        "\"1\"",
        "u8",
        Some("the `default` of this column is a whole number"),
    );
    assert_default("-1.5e3", "f64", None);
    assert_default(
        "\"1\"",
        "f32",
        Some("the `default` of this column is a number"),
    );
    assert_default("\"a\"", "String", None);
    assert_default(
        "3",
        "Option<String>",
        Some("the `default` of a `String` is a text"),
    );
    assert_default("\"2000-01-01\"", "NaiveDate", None);
    let message = "the `default` of a date or time is a text: `default = \"2000-01-01\"`";
    assert_default("2000", "chrono::DateTime<Utc>", Some(message));
    let message = "the `default` is no date, nor one with a time: `default = \"2000-01-31\"`, \
                   `default = \"2000-01-31 23:59:59\"`";
    assert_default("\"2020-13-01\"", "NaiveDate", Some(message));
    assert_default("\"now\"", "Option<NaiveDateTime>", Some(message));
    let message = "the `default` is larger than any number of this column";
    assert_default("1e400", "f64", Some(message));
    assert_default("-3.402823466385288e38", "f32", None);
    assert_default("-3.5e38", "Option<f32>", Some(message));
    assert_default("\"New\"", "Status", None);
    assert_default("3", "Reference<Org>", None);
}

#[test]
fn a_default_fits_its_column() {
    let message = "the `default` has 4 characters, and the column holds 3";
    assert_field(
        "#[entity(default = \"äöüß\", length = 3)] a: String",
        &[(message, "default")],
    );
    assert_field("#[entity(default = \"äöü\", length = 3)] a: String", &[]);
    let message = "the `default` has 256 characters, and the column holds 255";
    assert_default(&format!("\"{}\"", "a".repeat(256)), "String", Some(message));
}

#[test]
fn a_default_is_within_its_columns_range() {
    let years = "the `default` is out of range: the column holds the years 1000 to 9999";
    assert_default("\"1000-01-01\"", "NaiveDateTime", None);
    assert_default("\"0999-12-31\"", "NaiveDate", Some(years));
    assert_default("\"0999-12-31T23:59:59\"", "NaiveDateTime", Some(years));
    let until_2038 = "the `default` is out of range: the column holds 1970-01-01 00:00:01 to 2038-01-19 03:14:07; take a \
                      `NaiveDateTime` for more";
    for (moment, fits) in [
        ("1970-01-01", false),
        ("1970-01-01 00:00:00.999999", false),
        ("1970-01-01T00:00:01", true),
        ("2038-01-19", true),
        ("2038-01-19 03:14:07.999999", true),
        ("2038-01-19 03:14:08", false),
        ("2100-01-01", false),
    ] {
        let message = (!fits).then_some(until_2038);
        assert_default(&format!("{moment:?}"), "DateTime<Utc>", message);
    }
    for (number, fits) in [
        ("-999.99", true),
        ("999.994", true),
        ("999.995", false),
        ("1000", false),
        ("1e3", false),
    ] {
        let field = format!("#[entity(default = {number}, precision = 5, scale = 2)] a: Decimal");
        let message = "the `default` is out of range: the column holds 3 digits before the point";
        let mistake = [(message, "default")];
        assert_field(&field, if fits { &[] } else { &mistake });
    }
}

#[test]
fn some_columns_have_no_default() {
    assert_default(
        "\"a\"",
        "Vec<u8>",
        Some("MySQL's BLOB columns have no `default`"),
    );
    assert_default(
        "\"a\"",
        "serde_json::Value",
        Some("MySQL's JSON columns have no `default`"),
    );
    assert_default("\"a\"", "Uuid", Some("a column of `Uuid` has no `default`"));
    let message = "MySQL's MEDIUMTEXT columns have no `default`; give the column a `length`";
    assert_field(
        "#[entity(default = \"a\", length = max)] a: String",
        &[(message, "default")],
    );
}

#[test]
fn a_default_is_printed_as_sql() {
    for (value, field_type, sql) in [
        ("true", "bool", "1"),
        ("false", "bool", "0"),
        ("-3", "i8", "-3"),
        ("1_000u32", "u32", "1000"),
        ("0x10", "u32", "16"),
        ("-1.50", "f64", "-1.50"),
        ("\"it's\"", "String", "'it''s'"),
        (r#""a\\b""#, "String", r"'a\\b'"),
        ("\"\"", "String", "''"),
    ] {
        let input = format!("struct A {{ id: u64, #[entity(default = {value})] a: {field_type} }}");
        let printed = crate::entity(tokens(&input)).to_string().replace(' ', "");
        let expected = format!(".default({sql:?})");
        assert!(printed.contains(&expected), "{expected} in {printed}");
    }
}
