use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};

use super::{moved, under};
use crate::model::{Field, Kind};

/// `write`, `read` and, where something may refer to other entities, `visit_references`.
///
/// What is printed for a field stands under its type, so that the compiler complains there.
pub(super) fn methods(fields: &[Field<'_>], p: &TokenStream) -> TokenStream {
    let writes = fields.iter().map(|field| write(field, p));
    let reads = fields.iter().map(|field| read(field, p));
    let visit_references = visit_references(fields, p);
    quote! {
        fn write(&self, __sink: &mut #p::ColumnSink<'_>) -> #p::Result<(), #p::ColumnError> {
            #(#writes)*
            #p::Result::Ok(())
        }

        fn read(__reader: &mut dyn #p::RowReader) -> #p::Result<Self, #p::ColumnError> {
            #p::Result::Ok(Self { #(#reads)* })
        }

        #visit_references
    }
}

fn write(field: &Field<'_>, p: &TokenStream) -> Option<TokenStream> {
    let ty = field.ty;
    let (span, p) = under(ty, p);
    let function = match (&field.kind, field.shape.optional) {
        (Kind::Skipped, _) => return None,
        (Kind::Column(_), _) => quote_spanned!(span=> <#ty as #p::Column>::write),
        (Kind::Embedded { .. }, _) => quote_spanned!(span=> <#ty as #p::Embedded>::write),
        (Kind::Json { .. }, false) => quote_spanned!(span=> #p::json::write),
        (Kind::Json { .. }, true) => quote_spanned!(span=> #p::write_nullable_json),
    };
    let ident = moved(field.ident, span);
    Some(quote_spanned!(span=> #function(&self.#ident, __sink)?;))
}

fn read(field: &Field<'_>, p: &TokenStream) -> TokenStream {
    let (ident, ty) = (field.ident, field.ty);
    let (span, p) = under(ty, p);
    let function = match (&field.kind, field.shape.optional) {
        (Kind::Skipped, _) => return quote_spanned!(span=> #ident: #p::Default::default(),),
        (Kind::Column(_), _) => quote_spanned!(span=> <#ty as #p::Column>::read),
        (Kind::Embedded { .. }, _) => quote_spanned!(span=> <#ty as #p::Embedded>::read),
        (Kind::Json { .. }, false) => quote_spanned!(span=> #p::json::read),
        (Kind::Json { .. }, true) => quote_spanned!(span=> #p::read_nullable_json),
    };
    quote_spanned!(span=> #ident: #function(__reader)?,)
}

fn visit_references(fields: &[Field<'_>], p: &TokenStream) -> Option<TokenStream> {
    let visits: Vec<_> = fields
        .iter()
        .filter(|field| field.may_refer())
        .map(|field| visit(field, p))
        .collect();
    (!visits.is_empty()).then(|| {
        quote! {
            fn visit_references<__V: #p::ReferenceVisitor>(&mut self, __visitor: &mut __V) -> #p::Result<(), __V::Error> {
                #(#visits)*
                #p::Result::Ok(())
            }
        }
    })
}

fn visit(field: &Field<'_>, p: &TokenStream) -> TokenStream {
    let (span, p) = under(field.ty, p);
    let ident = moved(field.ident, span);
    let of = match field.kind {
        Kind::Embedded { .. } => quote_spanned!(span=> #p::Embedded),
        _ => quote_spanned!(span=> #p::VisitReferences),
    };
    quote_spanned!(span=> #of::visit_references(&mut self.#ident, __visitor)?;)
}
