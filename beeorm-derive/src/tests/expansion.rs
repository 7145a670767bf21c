//! What the printed code looks like: how long it is, and which names it uses.

use std::collections::BTreeSet;

use proc_macro2::{TokenStream, TokenTree};
use syn::{Item, Visibility};

use super::tokens;

const USER: &str = r#"
    #[entity(table = "users")]
    pub struct User {
        #[entity(uuid)] pub id: Uuid,
        #[entity(length = 100)] pub first_name: String,
        #[entity(unique)] pub email: String,
        pub age: Option<u8>,
        pub visits: u32,
    }
"#;

/// One of everything that makes a difference to the code.
const EVERYTHING: &str = r#"
    struct Everything {
        #[entity(uuid)] id: Uuid,
        #[entity(length = max)] text: String,
        #[entity(length = 3, default = "a", unique, index = "both")] short: String,
        #[entity(longblob)] bytes: Vec<u8>,
        #[entity(precision = 10, scale = 2, index = "both")] price: Option<Decimal>,
        #[entity(json)] json: Prefs,
        #[entity(json)] nullable_json: Option<Prefs>,
        #[entity(embedded)] home: Address,
        #[entity(embedded, prefix = "")] work: Address,
        parent: Option<Reference<Self>>,
        #[entity(skip)] cache: Cache,
        r#type: u8,
        #[deprecated] old: u8,
    }
"#;

fn file(printed: TokenStream) -> syn::File {
    syn::parse2(printed).unwrap_or_else(|error| panic!("{error}"))
}

#[test]
fn an_entity_of_five_columns_is_little_code() {
    let lines = prettyplease::unparse(&file(crate::entity(tokens(USER))))
        .lines()
        .count();
    assert!(lines <= 120, "{lines} lines");
}

#[test]
fn an_entity_is_printed_as_expected() {
    let printed =
        prettyplease::unparse(&file(crate::entity(tokens(USER)))).replace([' ', '\n'], "");
    for part in [
        r#"SchemaBuilder::new("User", "users", "default")"#,
        r#".key(::beeorm::__private::column::<Uuid>("id"), ::beeorm::__private::KeySource::Client,)"#,
        r#".index("email", true, &["email"])"#,
        "visits: ::beeorm::__private::ColumnName::at(4),",
        "impl ::beeorm::__private::ClientKey for User {}",
        "/// The columns of [`User`].",
    ] {
        assert!(
            printed.contains(&part.replace(' ', "")),
            "{part} in {printed}"
        );
    }
    assert!(
        !printed.contains("visit_references"),
        "there is nothing to visit"
    );
}

#[test]
fn columns_behind_an_embedded_struct_are_counted_by_its_width() {
    let printed = crate::entity(tokens(EVERYTHING))
        .to_string()
        .replace(' ', "");
    let home = "<Addressas::beeorm::__private::Embedded>::columns_at(7)";
    assert!(printed.contains(&format!("home:{home},")), "{printed}");
    let width = "<Addressas::beeorm::__private::Embedded>::WIDTH";
    assert!(
        printed.contains(&format!(
            "parent:::beeorm::__private::ColumnName::at(7+{width}+{width}),"
        )),
        "{printed}"
    );
    assert!(
        printed.contains(&format!("at(8+{width}+{width})")),
        "{printed}"
    );
    let embedded = crate::embedded(tokens(
        "struct A { a: u8, #[entity(embedded)] geo: Geo, #[entity(skip)] b: u8, c: u8 }",
    ));
    let embedded = embedded.to_string().replace(' ', "");
    let width = "<Geoas::beeorm::__private::Embedded>::WIDTH";
    assert!(
        embedded.contains(&format!("constWIDTH:::beeorm::__private::usize=2+{width};")),
        "{embedded}"
    );
    assert!(
        embedded.contains(&format!(
            "c:::beeorm::__private::ColumnName::at(__position+1+{width})"
        )),
        "{embedded}"
    );
}

#[test]
fn self_in_a_fields_type_is_the_entity() {
    let printed = crate::entity(tokens(EVERYTHING))
        .to_string()
        .replace(' ', "");
    let expected =
        "parent:::beeorm::__private::ColumnName<Everything,Option<Reference<Everything>>>";
    assert!(printed.contains(expected), "{printed}");
}

#[test]
fn json_may_be_null_where_its_field_is_an_option() {
    let printed = crate::entity(tokens(EVERYTHING))
        .to_string()
        .replace(' ', "");
    for part in [
        r#".json("json",false)"#,
        r#".json("nullable_json",true)"#,
        "__private::json::write(&self.json,",
        "__private::write_nullable_json(&self.nullable_json,",
        "nullable_json:::beeorm::__private::read_nullable_json(",
    ] {
        assert!(printed.contains(part), "{part} in {printed}");
    }
}

#[test]
fn raw_identifiers_are_named_without_their_mark() {
    let printed = crate::entity(tokens("struct r#Type { id: u64, r#fn: u8 }"));
    let printed = printed.to_string().replace(' ', "");
    for part in [
        r#"new("Type","type","default")"#,
        r#"<u8>("fn")"#,
        "structTypeColumns{",
    ] {
        assert!(printed.contains(part), "{part} in {printed}");
    }
}

#[test]
fn code_bears_with_what_the_user_deprecates() {
    let allowed = |input: &str| {
        crate::entity(tokens(input))
            .to_string()
            .replace(' ', "")
            .contains("#[allow(deprecated)]")
    };
    assert!(allowed(EVERYTHING));
    assert!(allowed("#[deprecated] struct User { id: u64 }"));
    assert!(!allowed(USER));
}

/// A user's crate may deny undocumented items, and types without `Debug`.
#[test]
fn what_is_public_is_documented_and_prints_itself() {
    let embedded = crate::embedded(tokens(
        "pub struct Address { pub street: String, pub city: String }",
    ));
    for (file, fields) in [(file(crate::entity(tokens(USER))), 5), (file(embedded), 2)] {
        let documented = |attributes: &[syn::Attribute]| {
            attributes
                .iter()
                .any(|attribute| attribute.path().is_ident("doc"))
        };
        let columns = file.items.iter().find_map(|item| match item {
            Item::Struct(item) => Some(item),
            _ => None,
        });
        let Some(columns) = columns else {
            panic!("a struct is printed")
        };
        assert!(matches!(columns.vis, Visibility::Public(_)) && documented(&columns.attrs));
        assert_eq!(
            columns
                .fields
                .iter()
                .filter(|field| documented(&field.attrs))
                .count(),
            fields
        );
        let is_debug = |item: &Item| match item {
            Item::Impl(item) => item.trait_.as_ref().is_some_and(|(path, ..)| {
                path.segments
                    .last()
                    .is_some_and(|last| last.ident == "Debug")
            }),
            _ => false,
        };
        assert!(file.items.iter().any(is_debug));
    }
}

#[test]
fn a_crate_under_another_name_is_the_only_one_named() {
    for attribute in ["crate = my::orm", "crate = \"my::orm\""] {
        for (derive, item) in [
            (
                crate::entity as fn(TokenStream) -> TokenStream,
                EVERYTHING.to_owned(),
            ),
            (crate::embedded, "struct A { street: String }".to_owned()),
            (crate::entity_enum, "enum A { B }".to_owned()),
        ] {
            let printed = derive(tokens(&format!("#[entity({attribute})] {item}")))
                .to_string()
                .replace(' ', "");
            assert!(
                !printed.contains("beeorm") && printed.contains("my::orm::__private::"),
                "{printed}"
            );
        }
    }
}

/// A user may have a `Result`, an `Option` or a `String` of their own.
#[test]
fn nothing_is_named_but_what_is_the_users_or_ours() {
    for (derive, input) in [
        (crate::entity as fn(TokenStream) -> TokenStream, USER),
        (crate::entity, EVERYTHING),
        (
            crate::embedded,
            "struct A { street: String, #[entity(embedded)] geo: Geo, owner: Reference<User> }",
        ),
        (crate::entity_enum, "enum Status { New, #[deprecated] Old }"),
    ] {
        let users = idents(tokens(input));
        let mut names = BTreeSet::new();
        bare_names(derive(tokens(input)), &mut names);
        let foreign: Vec<_> = names
            .into_iter()
            .filter(|name| {
                !users.contains(name) && !name.starts_with("__") && !OURS.contains(&name.as_str())
            })
            .collect();
        assert!(foreign.is_empty(), "{foreign:?}");
    }
}

/// Keywords, attributes, and items that the code declares.
const OURS: &[&str] = &[
    "_",
    "Self",
    "const",
    "dyn",
    "fn",
    "for",
    "impl",
    "match",
    "mut",
    "pub",
    "self",
    "static",
    "struct",
    "type",
    "as",
    "true",
    "false",
    "doc",
    "automatically_derived",
    "allow",
    "deprecated",
    "UserColumns",
    "EverythingColumns",
    "AColumns",
    "Key",
    "Columns",
    "WIDTH",
    "VALUES",
    "VARIANTS",
    "schema",
    "columns",
    "columns_at",
    "describe",
    "key",
    "key_mut",
    "write",
    "read",
    "visit_references",
    "fmt",
    "position",
    "from_position",
    "column_type",
];

fn idents(tokens: TokenStream) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    for token in tokens {
        match token {
            TokenTree::Ident(ident) => drop(names.insert(ident.to_string())),
            TokenTree::Group(group) => names.extend(idents(group.stream())),
            TokenTree::Punct(_) | TokenTree::Literal(_) => {}
        }
    }
    names
}

/// The names that are looked up: not those behind a dot, nor those behind `::`, but for the root of a path.
fn bare_names(tokens: TokenStream, names: &mut BTreeSet<String>) {
    let (mut before, mut root) = (String::new(), true);
    for token in tokens {
        match &token {
            TokenTree::Group(group) => bare_names(group.stream(), names),
            TokenTree::Ident(ident) if before.ends_with("::") && root => {
                assert_eq!(ident.to_string(), "beeorm", "the only root of a path");
            }
            TokenTree::Ident(ident)
                if !before.ends_with('.') && !before.ends_with("::") && !before.ends_with('\'') =>
            {
                names.insert(ident.to_string());
            }
            _ => {}
        }
        if let TokenTree::Punct(punct) = &token {
            if punct.as_char() == ':' && !before.ends_with(':') {
                root = before.is_empty()
                    || !before
                        .ends_with(|last: char| last.is_alphanumeric() || "_>".contains(last));
            }
            before.push(punct.as_char());
        } else {
            before = token.to_string();
        }
    }
}
