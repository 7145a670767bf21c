//! The code, thin: it names `beeorm::__private` for everything, and leaves the work to functions there.
//!
//! What it declares besides the user's names begins with two underscores, so that it meets none of
//! the user's constants and types.

mod columns;
mod embedded;
mod entity;
mod enumeration;
pub(crate) mod fallback;
mod field;
mod schema;

pub(crate) use self::{embedded::embedded, entity::entity, enumeration::enumeration};

use proc_macro2::{Ident, Span, TokenStream, TokenTree};
use quote::quote;
use syn::{Path, spanned::Spanned};

/// Where the printed code finds everything.
fn private(path: &Path) -> TokenStream {
    quote!(#path::__private)
}

/// What the compiler says of the printed tokens is said under this part of the user's source.
fn under(part: &impl Spanned, tokens: &TokenStream) -> (Span, TokenStream) {
    let span = part.span();
    let located = |mut token: TokenTree| {
        token.set_span(token.span().located_at(span));
        token
    };
    (
        Span::call_site().located_at(span),
        tokens.clone().into_iter().map(located).collect(),
    )
}

/// Bears with the user's own deprecated fields.
fn allow(deprecated: bool) -> Option<TokenStream> {
    deprecated.then(|| quote!(#[allow(deprecated)]))
}

/// The identifier as printed code: lints of the user's code then leave it alone, and it still points
/// at its place in the source.
fn printed(ident: &Ident) -> Ident {
    moved(ident, ident.span().resolved_at(Span::call_site()))
}

/// The identifier at another place of the source.
fn moved(ident: &Ident, span: Span) -> Ident {
    let mut ident = ident.clone();
    ident.set_span(span);
    ident
}
