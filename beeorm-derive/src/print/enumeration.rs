use proc_macro2::{Literal, TokenStream};
use quote::quote;

use super::{allow, private};
use crate::model::EnumModel;

/// The code of an enum.
pub(crate) fn enumeration(model: &EnumModel<'_>) -> TokenStream {
    let p = private(&model.path);
    let ident = model.ident;
    let allow = allow(model.deprecated);
    let names = model.variants.iter().map(|variant| &variant.name);
    let variants: Vec<_> = model.variants.iter().map(|variant| variant.ident).collect();
    let positions: Vec<_> = (0..variants.len()).map(Literal::usize_unsuffixed).collect();
    quote! {
        #[automatically_derived]
        #allow
        impl #p::EntityEnum for #ident {
            const VALUES: &'static [&'static #p::str] = &[#(#names),*];
            const VARIANTS: &'static [Self] = &[#(Self::#variants),*];

            fn position(&self) -> #p::usize {
                match self {
                    #(Self::#variants => #positions,)*
                }
            }

            fn from_position(__position: #p::usize) -> #p::Option<Self> {
                match __position {
                    #(#positions => #p::Option::Some(Self::#variants),)*
                    _ => #p::Option::None,
                }
            }
        }

        #[automatically_derived]
        impl #p::Column for #ident {
            fn column_type() -> #p::ColumnType {
                #p::ColumnType::Enum(<Self as #p::EntityEnum>::VALUES)
            }

            fn write(&self, __sink: &mut #p::ColumnSink<'_>) -> #p::Result<(), #p::ColumnError> {
                #p::enumeration::write(self, __sink);
                #p::Result::Ok(())
            }

            fn read(__reader: &mut dyn #p::RowReader) -> #p::Result<Self, #p::ColumnError> {
                #p::enumeration::read(__reader)
            }
        }
    }
}
