use syn::DeriveInput;

use crate::mistakes::Mistakes;

/// Refuses parameters of types, lifetimes and constants.
pub(crate) fn not_generic(input: &DeriveInput, message: &str, mistakes: &mut Mistakes) {
    if !input.generics.params.is_empty() {
        mistakes.add(&input.generics, message);
    }
}
