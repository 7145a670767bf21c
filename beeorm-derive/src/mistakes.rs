//! What is wrong with the user's struct: collected, so that one compilation shows everything.

use std::fmt::Display;

use proc_macro2::Span;
use quote::ToTokens;

/// The mistakes found so far.
#[derive(Default)]
pub(crate) struct Mistakes {
    error: Option<syn::Error>,
}

impl Mistakes {
    /// Notes a mistake under the tokens.
    pub(crate) fn add(&mut self, at: impl ToTokens, message: impl Display) {
        self.add_error(syn::Error::new_spanned(at, message));
    }

    /// Notes a mistake under the one token that has the span.
    pub(crate) fn add_at(&mut self, span: Span, message: impl Display) {
        self.add_error(syn::Error::new(span, message));
    }

    /// Notes what `syn` said.
    pub(crate) fn add_error(&mut self, error: syn::Error) {
        match &mut self.error {
            Some(first) => first.combine(error),
            None => self.error = Some(error),
        }
    }

    /// The model if there was no mistake, all of the mistakes otherwise.
    pub(crate) fn unless_any<T>(self, model: Option<T>) -> syn::Result<T> {
        match (self.error, model) {
            (None, Some(model)) => Ok(model),
            (Some(mistakes), _) => Err(mistakes),
            (None, None) => Err(syn::Error::new(
                Span::call_site(),
                "nothing could be made of this",
            )),
        }
    }
}
