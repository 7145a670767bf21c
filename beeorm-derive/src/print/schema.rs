use proc_macro2::{Ident, Literal, Span, TokenStream};
use quote::{quote, quote_spanned};
use syn::ext::IdentExt;

use super::under;
use crate::{
    attribute::{BlobSize, Length},
    model::{ColumnModel, EmbeddedModel, EntityModel, Field, IndexModel, KeySource, Kind, Storage},
};

/// The expression that builds an entity's schema.
pub(super) fn of_entity(model: &EntityModel<'_>, p: &TokenStream) -> TokenStream {
    let (name, table, pool) = (model.ident.unraw().to_string(), &model.table, &model.pool);
    let columns = model.fields.iter().enumerate().map(|(position, field)| {
        let key = (position == model.key.field).then_some(model.key.source);
        call(field, key, p)
    });
    let indexes = model.indexes.iter().map(index);
    quote!(#p::SchemaBuilder::new(#name, #table, #pool) #(#columns)* #(#indexes)* .build())
}

/// The calls that an embedded struct adds to the schema of its entity.
pub(super) fn of_embedded(model: &EmbeddedModel<'_>, p: &TokenStream) -> TokenStream {
    let columns = model.fields.iter().map(|field| call(field, None, p));
    let indexes = model.indexes.iter().map(index);
    quote!(#(#columns)* #(#indexes)*)
}

fn call(field: &Field<'_>, key: Option<KeySource>, p: &TokenStream) -> TokenStream {
    let ty = field.ty;
    match &field.kind {
        Kind::Column(model) => {
            let column = column(field, model, p);
            match key.map(source) {
                Some(source) => quote!(.key(#column, #p::KeySource::#source)),
                None => quote!(.column(#column)),
            }
        }
        Kind::Json { name } => {
            let nullable = field.shape.optional;
            quote!(.json(#name, #nullable))
        }
        Kind::Embedded { prefix } => {
            let (span, _) = under(ty, p);
            let embedded = quote_spanned!(span=> .embedded::<#ty>);
            quote!(#embedded(#prefix))
        }
        Kind::Skipped => TokenStream::new(),
    }
}

fn column(field: &Field<'_>, model: &ColumnModel, p: &TokenStream) -> TokenStream {
    let (ty, name) = (field.ty, &model.name);
    let storage = storage(field, model.storage, p);
    let default = model
        .default
        .as_ref()
        .map(|default| quote!(.default(#default)));
    let (span, p) = under(ty, p);
    let column = quote_spanned!(span=> #p::column::<#ty>);
    quote!(#column(#name) #storage #default)
}

/// The calls stand under their words, as their types are held against the field's.
fn storage(field: &Field<'_>, storage: Storage, p: &TokenStream) -> Option<TokenStream> {
    let (words, arguments) = match storage {
        Storage::Typed => return None,
        Storage::Text(Length::Max) => (["length"; 2], quote!(#p::Option::None)),
        Storage::Text(Length::Characters(characters)) => {
            let characters = Literal::u32_unsuffixed(characters);
            (["length"; 2], quote!(#p::Option::Some(#characters)))
        }
        Storage::Blob(BlobSize::Blob) => (["blob"; 2], quote!(#p::BlobSize::Blob)),
        Storage::Blob(BlobSize::Medium) => {
            (["mediumblob", "blob"], quote!(#p::BlobSize::MediumBlob))
        }
        Storage::Blob(BlobSize::Long) => (["longblob", "blob"], quote!(#p::BlobSize::LongBlob)),
        Storage::Decimal { precision, scale } => {
            let (precision, scale) = (
                Literal::u32_unsuffixed(precision),
                Literal::u32_unsuffixed(scale),
            );
            (["precision", "decimal"], quote!(#precision, #scale))
        }
    };
    let [word, method] = words;
    let span = field
        .attributes
        .word(word)
        .map_or_else(Span::call_site, |word| under(word, p).0);
    let method = Ident::new(method, span);
    Some(quote!(.#method(#arguments)))
}

fn source(source: KeySource) -> TokenStream {
    match source {
        KeySource::Client => quote!(Client),
        KeySource::AutoIncrement => quote!(AutoIncrement),
        KeySource::User => quote!(User),
    }
}

fn index(index: &IndexModel) -> TokenStream {
    let IndexModel {
        name,
        unique,
        columns,
        ..
    } = index;
    quote!(.index(#name, #unique, &[#(#columns),*]))
}
