use proc_macro2::TokenStream;
use quote::quote;

use super::{allow, columns, field, private, schema};
use crate::model::{EntityModel, KeySource};

/// The code of an entity.
pub(crate) fn entity(model: &EntityModel<'_>) -> TokenStream {
    let p = private(&model.path);
    let ident = model.ident;
    let Some(key) = model.fields.get(model.key.field) else {
        return TokenStream::new();
    };
    let (key_field, key_type) = (key.ident, key.ty);
    let (columns_name, columns_struct) = columns::of_entity(model, &p);
    let columns_at = columns::values(&model.fields, &columns_name, &quote!(0), &p);
    let schema = schema::of_entity(model, &p);
    let methods = field::methods(&model.fields, &p);
    let allow = allow(model.deprecated);
    let client_key = (model.key.source == KeySource::Client).then(|| {
        quote! {
            #[automatically_derived]
            #allow
            impl #p::ClientKey for #ident {}
        }
    });
    quote! {
        #columns_struct

        #[automatically_derived]
        #allow
        impl #p::Entity for #ident {
            type Key = #key_type;
            type Columns = #columns_name;

            fn schema() -> &'static #p::TableSchema {
                static __SCHEMA: #p::OnceLock<#p::TableSchema> = #p::OnceLock::new();
                __SCHEMA.get_or_init(|| #schema)
            }

            fn columns() -> #columns_name {
                #columns_at
            }

            fn key(&self) -> &#key_type {
                &self.#key_field
            }

            fn key_mut(&mut self) -> &mut #key_type {
                &mut self.#key_field
            }

            #methods
        }

        #client_key
    }
}
