//! Types that are recognizably no columns, and words that are recognizably not for a type.

use proc_macro2::{Delimiter, Group, TokenTree};
use quote::quote;

use super::assert_field;

#[test]
fn every_type_that_is_stored_is_taken() {
    for field_type in [
        "i8",
        "i16",
        "i32",
        "i64",
        "u8",
        "u16",
        "u32",
        "u64",
        "bool",
        "f32",
        "f64",
        "String",
        "std::string::String",
        "Vec<u8>",
        "NaiveDate",
        "NaiveDateTime",
        "DateTime<Utc>",
        "chrono::DateTime<chrono::Utc>",
        "Uuid",
        "serde_json::Value",
        "Status",
        "Set<Status>",
        "Reference<Org>",
        "Money<3>",
        "(u8)",
        "Text",
    ] {
        assert_field(&format!("a: {field_type}"), &[]);
        assert_field(&format!("a: Option<{field_type}>"), &[]);
    }
}

#[test]
fn a_type_that_is_no_column_is_answered_with_one_that_is() {
    for (field_type, advice) in [
        (
            "usize",
            "the width of `usize` depends on the machine: use `u64`",
        ),
        (
            "isize",
            "the width of `isize` depends on the machine: use `i64`",
        ),
        ("u128", "no column holds a `u128`: use `u64`, or `Decimal`"),
        ("i128", "no column holds an `i128`: use `i64`, or `Decimal`"),
        ("f16", "no column holds an `f16`: use `f32`"),
        ("f128", "no column holds an `f128`: use `f64`, or `Decimal`"),
        (
            "char",
            "no column holds a `char`: use `String` with `#[entity(length = 1)]`",
        ),
        ("&'static str", "an entity owns its values: use `String`"),
        (
            "&'static [u8]",
            "an entity owns its values: use `Vec<u8>` for bytes",
        ),
        (
            "&'static Org",
            "an entity owns its values: a reference cannot be a column",
        ),
        (
            "Vec<String>",
            "a `Vec` is no column type: use `#[entity(json)]`",
        ),
        (
            "HashMap<String, u8>",
            "a `HashMap` is no column type: use `#[entity(json)]`",
        ),
        (
            "std::collections::BTreeSet<u8>",
            "a `BTreeSet` is no column type: use `#[entity(json)]`",
        ),
        (
            "[u8; 16]",
            "an array is no column type: use `Vec<u8>` for bytes, or `#[entity(json)]`",
        ),
        (
            "(u8, u8)",
            "a tuple is no column type: use `#[entity(json)]`, or a struct with `#[derive(Embedded)]`",
        ),
        (
            "()",
            "`()` holds nothing to store: leave it out, or use `#[entity(skip)]`",
        ),
        (
            "fn(u8) -> u8",
            "nothing that a column could hold: use `#[entity(skip)]`",
        ),
        (
            "SystemTime",
            "`SystemTime` is no column type: use `chrono::DateTime<Utc>`",
        ),
        (
            "std::time::Instant",
            "`Instant` is no column type: use `chrono::DateTime<Utc>`",
        ),
        (
            "OffsetDateTime",
            "`OffsetDateTime` is no column type: use `chrono::DateTime<Utc>`",
        ),
        (
            "PrimitiveDateTime",
            "`PrimitiveDateTime` is no column type: use `chrono::NaiveDateTime`",
        ),
        (
            "NaiveTime",
            "`NaiveTime` is not supported: use a `u32` of seconds, or `NaiveDateTime`",
        ),
        (
            "DateTime<Local>",
            "a column keeps no time zone: use `DateTime<Utc>` instead of `DateTime<Local>`",
        ),
        (
            "DateTime<FixedOffset>",
            "a column keeps no time zone: use `DateTime<Utc>` instead of `DateTime<FixedOffset>`",
        ),
        (
            "BigDecimal",
            "`BigDecimal` is no column type: use `rust_decimal::Decimal`",
        ),
    ] {
        assert_field(&format!("a: {field_type}"), &[(advice, field_type)]);
        let optional = format!("Option<{field_type}>");
        assert_field(&format!("a: {optional}"), &[(advice, &optional)]);
        assert_field(&format!("#[entity(skip)] a: {field_type}"), &[]);
        assert_field(&format!("#[entity(json)] a: {field_type}"), &[]);
    }
    let message = "a column is NULL or it is not; one `Option` says so";
    assert_field("a: Option<Option<u8>>", &[(message, "Option<Option<u8>>")]);
}

/// As they come when a `macro_rules!` makes the entity of the types that it was given.
#[test]
fn types_are_recognized_within_invisible_groups() -> syn::Result<()> {
    let group = |tokens| TokenTree::Group(Group::new(Delimiter::None, tokens));
    let (key, decimal) = (group(quote!(u64)), group(quote!(Decimal)));
    let length = group(quote!(7));
    let input = quote!(struct User { id: #key, #[entity(length = #length)] a: String, b: Option<#decimal> });
    let Err(mistakes) = crate::model::entity(&syn::parse2(input)?).map(drop) else {
        panic!("the decimal has no digits")
    };
    let mistakes: Vec<String> = mistakes
        .into_iter()
        .map(|mistake| mistake.to_string())
        .collect();
    assert_eq!(mistakes.len(), 1, "{mistakes:?}");
    assert!(
        mistakes[0].starts_with("say how many digits"),
        "{mistakes:?}"
    );
    Ok(())
}

#[test]
fn the_digits_of_a_decimal_are_given() {
    let message = "say how many digits the column has: `#[entity(precision = 10, scale = 2)]`";
    assert_field("a: Decimal", &[(message, "Decimal")]);
    assert_field(
        "a: Option<rust_decimal::Decimal>",
        &[(message, "Option<rust_decimal::Decimal>")],
    );
    assert_field(
        "#[entity(precision = 10, scale = 2)] a: Option<Decimal>",
        &[],
    );
}

#[test]
fn words_are_held_against_the_type() {
    let length = "`length` is for columns of `String`";
    for field_type in [
        "u32",
        "Vec<u8>",
        "Option<bool>",
        "Uuid",
        "serde_json::Value",
    ] {
        assert_field(
            &format!("#[entity(length = 3)] a: {field_type}"),
            &[(length, "length")],
        );
    }
    assert_field("#[entity(length = max)] a: Option<String>", &[]);
    // The compiler tells what keys are texts.
    assert_field("#[entity(length = 3)] a: Option<Reference<Org>>", &[]);
    assert_field(
        "#[entity(length = max)] a: Reference<Org>",
        &[(
            "a reference takes the `length` that its key has, at most 768",
            "length",
        )],
    );
    // An alias may be text: the compiler will tell.
    assert_field("#[entity(length = 3)] a: Text", &[]);
    assert_field(
        "#[entity(blob)] a: String",
        &[("`blob` is for columns of `Vec<u8>`", "blob")],
    );
    assert_field(
        "#[entity(longblob)] a: u8",
        &[("`longblob` is for columns of `Vec<u8>`", "longblob")],
    );
    let digits = "`precision` is for columns of `Decimal`";
    assert_field(
        "#[entity(precision = 3, scale = 2)] a: f64",
        &[(digits, "precision")],
    );
}

#[test]
fn an_embedded_field_is_a_struct() {
    let message = "an embedded struct cannot be an `Option`: make its fields optional";
    assert_field(
        "#[entity(embedded)] a: Option<Address>",
        &[(message, "Option<Address>")],
    );
    let message = "`embedded` is for a struct with `#[derive(Embedded)]`";
    assert_field("#[entity(embedded)] a: String", &[(message, "String")]);
    assert_field(
        "#[entity(embedded)] a: Vec<Address>",
        &[(message, "Vec<Address>")],
    );
    assert_field(
        "#[entity(embedded)] a: Reference<Org>",
        &[(message, "Reference<Org>")],
    );
}
