//! The derives of beeorm. Use them through `beeorm::prelude`, not from here.
//!
//! A derive is a pipeline: `attribute` reads the words of `#[entity(..)]`, `model` makes a checked
//! model of them with the rules of `check`, `print` writes the code. Mistakes are collected on
//! the way and reported together, each under its own token; then `print::fallback` stands in for
//! the code, so that the mistakes are all that the user sees.

mod attribute;
mod check;
mod mistakes;
mod model;
mod print;
mod spelling;
#[cfg(test)]
mod tests;

use proc_macro::TokenStream;
use proc_macro2::TokenStream as TokenStream2;
use syn::DeriveInput;

/// Makes a struct an entity: its values are rows of a table, its fields are columns.
///
/// ```ignore
/// use beeorm::prelude::*;
///
/// #[derive(Entity, Debug, Default)]
/// #[entity(table = "users")]
/// struct User {
///     #[entity(uuid)]
///     id: Uuid,
///     #[entity(length = 100)]
///     first_name: String,
///     #[entity(unique)]
///     email: String,
///     age: Option<u8>,
///     #[entity(embedded)]
///     home: Address,
///     employer: Option<Reference<Organization>>,
///     #[entity(json)]
///     settings: Settings,
///     #[entity(default = 1, index = "status_score")]
///     status: u8,
///     #[entity(index = "status_score")]
///     score: i64,
///     #[entity(skip)]
///     session: Session,
/// }
/// ```
///
/// It also makes `UserColumns`, the typed names of the columns, which `User::columns()` gives:
/// `User::change(id).set(User::columns().age, 40)`.
///
/// # On the struct
///
/// | `#[entity(..)]` | |
/// |---|---|
/// | `table = "users"` | The table's name; otherwise the struct's in snake case: `UserProfile` is `user_profile`. |
/// | `mysql = "pool"` | The database pool that the table lies in; otherwise `"default"`. |
/// | `crate = ::my::beeorm` | Where beeorm is, when it is not `::beeorm`. |
///
/// # The key
///
/// Every entity has one key column: the field under `uuid` or `primary_key`, otherwise the one named `id`.
///
/// | `#[entity(..)]` | type | who makes the key |
/// |---|---|---|
/// | `uuid` | `Uuid` | the client: a UUID of version 7 |
/// | `uuid` | `u64` | the client: a short id |
/// | nothing, and the name `id` | an integer | the database: AUTO_INCREMENT |
/// | `primary_key, auto_increment` | an integer | the database: AUTO_INCREMENT |
/// | nothing, and the name `id` | `String` | you |
/// | `primary_key` | `Uuid`, an integer or `String` | you |
///
/// # On a field
///
/// | `#[entity(..)]` | on | |
/// |---|---|---|
/// | `column = "name"` | any column | The column's name; otherwise the field's. |
/// | `length = 100` | `String` | At most so many characters; 255 unless said. |
/// | `length = max` | `String` | As long as a MEDIUMTEXT may be: 16 MiB. |
/// | `blob`, `mediumblob`, `longblob` | `Vec<u8>` | At most 64 KiB (also when nothing is said), 16 MiB, 4 GiB. |
/// | `precision = 10, scale = 2` | `Decimal` | Digits in total, and after the point. A `Decimal` has to say. |
/// | `json` | any serde type | Stored as JSON; an `Option` that is `None` is NULL. At most 100 deep (on MariaDB 31), finite numbers only, and integers of 64 bits. |
/// | `embedded` | a struct with [`derive(Embedded)`](macro@Embedded) | Its columns, with the field's name and `_` before their names. |
/// | `embedded, prefix = "x_"` | the same | Its columns, with this before their names; `""` for nothing. |
/// | `unique` | any column but text without a length, blobs and JSON | A unique index of the column, with the column's name. |
/// | `unique = "name"` | the same | A unique index over all fields that say so, in their order. May be given several times. |
/// | `index`, `index = "name"` | the same | The same, not unique. |
/// | `default = 1` | any column but the key, text without a length, blobs and JSON | The default in the table's definition: a number, `true`, `false` or a text. |
/// | `skip` | any type with `Default` | Not stored; its default when the entity is loaded. |
///
/// # Types and columns
///
/// | type | column |
/// |---|---|
/// | `bool` | `TINYINT(1)` |
/// | `i8` to `i64`, `u8` to `u64` | `TINYINT` to `BIGINT`, `UNSIGNED` |
/// | `f32`, `f64` | `FLOAT`, `DOUBLE` |
/// | `String` | `VARCHAR(255)`, or of another `length`; `MEDIUMTEXT` |
/// | `Vec<u8>` | `BLOB`, `MEDIUMBLOB`, `LONGBLOB` |
/// | `Uuid` | `BINARY(16)` |
/// | `NaiveDate` | `DATE` |
/// | `NaiveDateTime` | `DATETIME(6)` |
/// | `DateTime<Utc>` | `TIMESTAMP(6)`, which ends in January 2038: what comes later is refused; take a `NaiveDateTime` for it |
/// | `Decimal` | `DECIMAL(precision, scale)` |
/// | `serde_json::Value`, and what is under `json` | `JSON` |
/// | a [`derive(EntityEnum)`](macro@EntityEnum), and `Set` of one | `ENUM`, `SET` |
/// | `Reference<T>` | that of the key of `T`, with a foreign key |
/// | `Option<T>` | that of `T`, `NULL` |
///
/// `Decimal` is that of `rust_decimal` 1, dates and times are those of `chrono` 0.4, and JSON is of `serde_json` 1 and `serde`
/// 1: dependencies of your own. A field under `json` that is changed through `&` (a `Cell`, an atomic number) is not seen to be
/// changed.
///
/// A field of type `Option` may be NULL, any other may not. `usize`, `char`, references and the like are
/// refused, with the type to use instead.
#[proc_macro_derive(Entity, attributes(entity))]
pub fn derive_entity(input: TokenStream) -> TokenStream {
    entity(input.into()).into()
}

/// Makes a struct a group of columns, to be held by entities under `#[entity(embedded)]`.
///
/// ```ignore
/// #[derive(Embedded, Debug, Default)]
/// struct Address {
///     #[entity(length = 100)]
///     street: String,
///     #[entity(index)]
///     city: String,
///     #[entity(embedded, prefix = "")]
///     position: Coordinates,
/// }
///
/// #[derive(Entity, Debug, Default)]
/// struct Customer {
///     id: u64,
///     #[entity(embedded)]
///     home: Address,                // home_street, home_city, home_latitude ..
///     #[entity(embedded, prefix = "w_")]
///     work: Address,                // w_street, w_city, w_latitude ..
/// }
///
/// let city = Customer::columns().home.city;
/// ```
///
/// | `#[entity(..)]` | on | |
/// |---|---|---|
/// | `crate = ::my::beeorm` | the struct | Where beeorm is, when it is not `::beeorm`. |
/// | `column`, `length`, `blob`, `mediumblob`, `longblob`, `precision`, `scale`, `json`, `embedded`, `prefix`, `unique`, `index`, `default`, `skip` | a field | As in an [entity](macro@Entity). |
///
/// The prefix goes before the names of indexes, too. There is no key in it, and an `Option` of it is no column:
/// make its fields optional.
#[proc_macro_derive(Embedded, attributes(entity))]
pub fn derive_embedded(input: TokenStream) -> TokenStream {
    embedded(input.into()).into()
}

/// Makes an enum without fields the values of an ENUM column, or by `Set` of a SET column.
///
/// ```ignore
/// #[derive(EntityEnum, Clone, Copy, PartialEq, Eq, Debug, Default)]
/// enum Status {
///     #[default]
///     New,
///     Active,
///     #[entity(rename = "on hold")]
///     OnHold,
/// }
///
/// #[derive(Entity, Debug, Default)]
/// struct Order {
///     id: u64,
///     status: Status,               // enum('New','Active','on hold')
///     history: Set<Status>,         // set('New','Active','on hold')
/// }
/// ```
///
/// | `#[entity(..)]` | on | |
/// |---|---|---|
/// | `crate = ::my::beeorm` | the enum | Where beeorm is, when it is not `::beeorm`. |
/// | `rename = "on hold"` | a variant | The stored name; otherwise the variant's as it is written. |
///
/// The names must differ in more than case, and hold no comma. A SET has at most 64 values.
#[proc_macro_derive(EntityEnum, attributes(entity))]
pub fn derive_entity_enum(input: TokenStream) -> TokenStream {
    entity_enum(input.into()).into()
}

fn entity(input: TokenStream2) -> TokenStream2 {
    expand(
        input,
        |input| model::entity(input).map(|entity| print::entity(&entity)),
        print::fallback::entity,
    )
}

fn embedded(input: TokenStream2) -> TokenStream2 {
    expand(
        input,
        |input| model::embedded(input).map(|embedded| print::embedded(&embedded)),
        print::fallback::embedded,
    )
}

fn entity_enum(input: TokenStream2) -> TokenStream2 {
    expand(
        input,
        |input| model::enumeration(input).map(|it| print::enumeration(&it)),
        print::fallback::enumeration,
    )
}

fn expand(
    input: TokenStream2,
    print: fn(&DeriveInput) -> syn::Result<TokenStream2>,
    fallback: fn(&DeriveInput) -> TokenStream2,
) -> TokenStream2 {
    let input = match syn::parse2::<DeriveInput>(input) {
        Ok(input) => input,
        Err(error) => return error.into_compile_error(),
    };
    print(&input).unwrap_or_else(|mistakes| {
        let mut tokens = mistakes.into_compile_error();
        tokens.extend(fallback(&input));
        tokens
    })
}
