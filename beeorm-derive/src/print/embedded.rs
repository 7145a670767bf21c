use proc_macro2::TokenStream;
use quote::quote;

use super::{allow, columns, field, private, schema};
use crate::model::EmbeddedModel;

/// The code of an embedded struct.
pub(crate) fn embedded(model: &EmbeddedModel<'_>) -> TokenStream {
    let p = private(&model.path);
    let ident = model.ident;
    let (columns_name, columns_struct) = columns::of_embedded(model, &p);
    let columns_at = columns::values(&model.fields, &columns_name, &quote!(__position), &p);
    let width = columns::width(&model.fields, &p);
    let describe = schema::of_embedded(model, &p);
    let methods = field::methods(&model.fields, &p);
    let allow = allow(model.deprecated);
    quote! {
        #columns_struct

        #[automatically_derived]
        #allow
        impl #p::Embedded for #ident {
            const WIDTH: #p::usize = #width;

            type Columns<__E> = #columns_name<__E>;

            fn columns_at<__E>(__position: #p::usize) -> #columns_name<__E> {
                #columns_at
            }

            fn describe(__builder: #p::SchemaBuilder) -> #p::SchemaBuilder {
                __builder #describe
            }

            #methods
        }
    }
}
