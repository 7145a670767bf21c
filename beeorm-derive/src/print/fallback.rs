//! What is printed instead of the code when there are mistakes: enough of it that the compiler does not
//! complain about everything that uses the type, too. It is compiled and never run.

use proc_macro2::TokenStream;
use quote::{ToTokens, quote};
use syn::{Data, DeriveInput, Fields, FieldsNamed, WhereClause, parse_quote};

use super::{columns, private};
use crate::{
    attribute::{ContainerAttributes, FieldAttributes, Place},
    mistakes::Mistakes,
    model::{Core, Shape},
};

/// Stands in for the code of an entity.
pub(crate) fn entity(input: &DeriveInput) -> TokenStream {
    let p = path(input, Place::Entity);
    let ident = &input.ident;
    let (generics, arguments, bounds) = generics(input);
    let fields = plain_fields(input);
    let key = fields.and_then(key_type).unwrap_or_else(|| quote!(#p::u64));
    let (columns, columns_struct) = match fields {
        Some(fields) => {
            let fields = declare(input, fields, Place::Field, &ident.to_token_stream(), &p);
            let (name, tokens) =
                columns::declare(ident, &input.vis, &TokenStream::new(), &fields, &p);
            (name.to_token_stream(), tokens)
        }
        None => (quote!(()), TokenStream::new()),
    };
    quote! {
        #columns_struct

        #[automatically_derived]
        impl #generics #p::Entity for #ident #arguments #bounds {
            type Key = #key;
            type Columns = #columns;
            fn schema() -> &'static #p::TableSchema { loop {} }
            fn columns() -> #columns { loop {} }
            fn key(&self) -> &#key { loop {} }
            fn key_mut(&mut self) -> &mut #key { loop {} }
            fn write(&self, _: &mut #p::ColumnSink<'_>) -> #p::Result<(), #p::ColumnError> { loop {} }
            fn read(_: &mut dyn #p::RowReader) -> #p::Result<Self, #p::ColumnError> { loop {} }
        }

        #[automatically_derived]
        impl #generics #p::ClientKey for #ident #arguments #bounds {}
    }
}

/// Stands in for the code of an embedded struct.
pub(crate) fn embedded(input: &DeriveInput) -> TokenStream {
    let p = path(input, Place::Embedded);
    let ident = &input.ident;
    let (generics, arguments, bounds) = generics(input);
    let (columns, columns_struct) = match plain_fields(input) {
        Some(fields) => {
            let fields = declare(input, fields, Place::EmbeddedField, &quote!(__E), &p);
            // Uses the parameter, whatever the fields are.
            let fields = quote!(#fields __entity: #p::ColumnName<__E, ()>,);
            let (name, tokens) = columns::declare(ident, &input.vis, &quote!(<__E>), &fields, &p);
            (quote!(#name<__E>), tokens)
        }
        None => (quote!(()), TokenStream::new()),
    };
    quote! {
        #columns_struct

        #[automatically_derived]
        impl #generics #p::Embedded for #ident #arguments #bounds {
            const WIDTH: #p::usize = 0;
            type Columns<__E> = #columns;
            fn columns_at<__E>(_: #p::usize) -> #columns { loop {} }
            fn describe(_: #p::SchemaBuilder) -> #p::SchemaBuilder { loop {} }
            fn write(&self, _: &mut #p::ColumnSink<'_>) -> #p::Result<(), #p::ColumnError> { loop {} }
            fn read(_: &mut dyn #p::RowReader) -> #p::Result<Self, #p::ColumnError> { loop {} }
        }
    }
}

/// Stands in for the code of an enum.
pub(crate) fn enumeration(input: &DeriveInput) -> TokenStream {
    let p = path(input, Place::Enum);
    let ident = &input.ident;
    let (generics, arguments, bounds) = generics(input);
    quote! {
        #[automatically_derived]
        impl #generics #p::EntityEnum for #ident #arguments #bounds {
            const VALUES: &'static [&'static #p::str] = &[];
            const VARIANTS: &'static [Self] = &[];
            fn position(&self) -> #p::usize { loop {} }
            fn from_position(_: #p::usize) -> #p::Option<Self> { loop {} }
        }

        #[automatically_derived]
        impl #generics #p::Column for #ident #arguments #bounds {
            fn column_type() -> #p::ColumnType { loop {} }
            fn write(&self, _: &mut #p::ColumnSink<'_>) -> #p::Result<(), #p::ColumnError> { loop {} }
            fn read(_: &mut dyn #p::RowReader) -> #p::Result<Self, #p::ColumnError> { loop {} }
        }
    }
}

fn path(input: &DeriveInput, place: Place) -> TokenStream {
    private(&ContainerAttributes::read(&input.attrs, place, &mut Mistakes::default()).path)
}

/// The type's parameters, its arguments, and bounds that make it `'static`, as the traits want it.
fn generics(input: &DeriveInput) -> (TokenStream, TokenStream, WhereClause) {
    let (generics, arguments, bounds) = input.generics.split_for_impl();
    let mut bounds = bounds.cloned().unwrap_or_else(|| parse_quote!(where));
    if !input.generics.params.is_empty() {
        bounds
            .predicates
            .push(parse_quote!(Self: ::core::marker::Send + ::core::marker::Sync + 'static));
    }
    (
        generics.to_token_stream(),
        arguments.to_token_stream(),
        bounds,
    )
}

/// The named fields of a struct without parameters.
fn plain_fields(input: &DeriveInput) -> Option<&FieldsNamed> {
    match &input.data {
        Data::Struct(data) if input.generics.params.is_empty() => match &data.fields {
            Fields::Named(fields) => Some(fields),
            _ => None,
        },
        _ => None,
    }
}

fn declare(
    input: &DeriveInput,
    fields: &FieldsNamed,
    place: Place,
    entity: &TokenStream,
    p: &TokenStream,
) -> TokenStream {
    let fields = fields.named.iter().filter_map(|field| {
        let attributes = FieldAttributes::read(&field.attrs, place, &mut Mistakes::default());
        // Only what may well be an embedded struct: another type has no names of columns.
        let shape = Shape::of(&field.ty);
        let embedded =
            attributes.has("embedded") && !shape.optional && matches!(shape.core, Core::Unknown);
        let holds = if embedded {
            columns::Holds::Embedded
        } else {
            columns::Holds::Value
        };
        let ident = field.ident.as_ref()?;
        Some(columns::declare_field(
            &input.ident,
            ident,
            &field.vis,
            &field.ty,
            holds,
            entity,
            p,
        ))
    });
    fields.collect()
}

/// The type of what is meant to be the key, where it can be one.
fn key_type(fields: &FieldsNamed) -> Option<TokenStream> {
    let said = |field: &&syn::Field| {
        let attributes =
            FieldAttributes::read(&field.attrs, Place::Field, &mut Mistakes::default());
        attributes.has("uuid") || attributes.has("primary_key")
    };
    let named = |field: &&syn::Field| field.ident.as_ref().is_some_and(|ident| ident == "id");
    let field = fields
        .named
        .iter()
        .find(said)
        .or_else(|| fields.named.iter().find(named))?;
    let shape = Shape::of(&field.ty);
    let is_key = matches!(
        shape.core,
        Core::Uuid | Core::Integer { .. } | Core::Text | Core::Unknown
    );
    (is_key && !shape.optional).then(|| field.ty.to_token_stream())
}
