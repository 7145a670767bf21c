//! What stands in for the code when there are mistakes.

use super::tokens;

/// Without the messages, and without spaces.
fn printed(
    derive: fn(proc_macro2::TokenStream) -> proc_macro2::TokenStream,
    input: &str,
) -> String {
    let printed = derive(tokens(input));
    let file = syn::parse2::<syn::File>(printed).unwrap_or_else(|error| panic!("{input}: {error}"));
    let (errors, items): (Vec<_>, Vec<_>) = file
        .items
        .into_iter()
        .partition(|item| matches!(item, syn::Item::Macro(_)));
    assert!(!errors.is_empty(), "{input} has a mistake");
    quote::quote!(#(#items)*).to_string().replace(' ', "")
}

#[test]
fn an_entity_with_mistakes_is_still_an_entity() {
    let fallback = printed(
        crate::entity,
        "#[entity(crate = my::orm, tabel = \"x\")]
         pub struct User { #[entity(uuid)] id: Uuid, #[entity(lenght = 3)] name: String, #[entity(embedded)] home: Address }",
    );
    for part in [
        "implmy::orm::__private::EntityforUser{typeKey=Uuid;typeColumns=UserColumns;",
        "pubstructUserColumns{",
        "id:my::orm::__private::ColumnName<User,Uuid>,",
        "name:my::orm::__private::ColumnName<User,String>,",
        "home:<Addressasmy::orm::__private::Embedded>::Columns<User>,",
        "implmy::orm::__private::ClientKeyforUser{}",
    ] {
        assert!(fallback.contains(part), "{part} in {fallback}");
    }
}

#[test]
fn so_is_what_is_no_plain_struct() {
    for (input, part) in [
        (
            "struct User<'a, T: Copy> where T: Send { id: &'a T }",
            "impl<'a,T:Copy>::beeorm::__private::EntityforUser<'a,T>whereT:Send,Self:",
        ),
        (
            "enum User { A }",
            "impl::beeorm::__private::EntityforUser{typeKey=::beeorm::__private::u64;",
        ),
        (
            "struct User(u8);",
            "impl::beeorm::__private::EntityforUser{typeKey=::beeorm::__private::u64;",
        ),
        (
            "struct User { id: Option<u8> }",
            "EntityforUser{typeKey=::beeorm::__private::u64;",
        ),
    ] {
        let fallback = printed(crate::entity, input);
        assert!(fallback.contains(part), "{part} in {fallback}");
    }
}

#[test]
fn an_embedded_struct_and_an_enum_are_still_what_they_are() {
    let fallback = printed(
        crate::embedded,
        "struct Address { #[entity(uuid)] street: String }",
    );
    assert!(
        fallback.contains("impl::beeorm::__private::EmbeddedforAddress{"),
        "{fallback}"
    );
    assert!(
        fallback.contains("street:::beeorm::__private::ColumnName<__E,String>,"),
        "{fallback}"
    );
    let fallback = printed(crate::entity_enum, "enum Status { A(u8) }");
    assert!(
        fallback.contains("impl::beeorm::__private::EntityEnumforStatus{"),
        "{fallback}"
    );
    assert!(
        fallback.contains("impl::beeorm::__private::ColumnforStatus{"),
        "{fallback}"
    );
}
