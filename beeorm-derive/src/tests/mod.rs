//! The derives called as functions: every refusal with its words and the place that it points at,
//! and what the printed code looks like.

mod columns;
mod containers;
mod defaults;
mod enums;
mod expansion;
mod fallback;
mod indexes;
mod keys;
mod types;
mod words;

use proc_macro2::TokenStream;
use syn::DeriveInput;

/// What a derive has to say of an input: messages, each with the source that it points at.
type Said<'a> = &'a [(&'a str, &'a str)];

/// Panics, telling what was said instead.
fn assert_said<T>(input: &str, model: fn(&DeriveInput) -> syn::Result<T>, expected: Said<'_>) {
    let parsed: DeriveInput =
        syn::parse_str(input).unwrap_or_else(|error| panic!("{input}: {error}"));
    let said: Vec<(String, String)> = match model(&parsed) {
        Ok(_) => Vec::new(),
        Err(mistakes) => mistakes
            .into_iter()
            .map(|mistake| {
                (
                    mistake.to_string(),
                    mistake.span().source_text().unwrap_or_default(),
                )
            })
            .collect(),
    };
    let said: Vec<(&str, &str)> = said
        .iter()
        .map(|(message, source)| (message.as_str(), source.as_str()))
        .collect();
    assert_eq!(said, expected, "of {input}");
}

/// Of a struct under `#[derive(Entity)]`.
fn assert_entity(input: &str, expected: Said<'_>) {
    assert_said(
        input,
        |input| crate::model::entity(input).map(drop),
        expected,
    );
}

/// Of a field of an entity that has a key beside it.
fn assert_field(field: &str, expected: Said<'_>) {
    assert_entity(&format!("struct User {{ id: u64, {field} }}"), expected);
}

/// Of a struct under `#[derive(Embedded)]`.
fn assert_embedded(input: &str, expected: Said<'_>) {
    assert_said(
        input,
        |input| crate::model::embedded(input).map(drop),
        expected,
    );
}

/// Of an enum under `#[derive(EntityEnum)]`.
fn assert_enum(input: &str, expected: Said<'_>) {
    assert_said(
        input,
        |input| crate::model::enumeration(input).map(drop),
        expected,
    );
}

/// The tokens of some source.
fn tokens(source: &str) -> TokenStream {
    source
        .parse()
        .unwrap_or_else(|error| panic!("{source}: {error}"))
}
