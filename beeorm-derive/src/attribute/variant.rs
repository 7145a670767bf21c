use syn::{Attribute, LitStr};

use super::{Given, Place, Word};
use crate::mistakes::Mistakes;

/// The words on a variant of an enum.
#[derive(Default)]
pub(crate) struct VariantAttributes {
    pub(crate) rename: Option<Given<LitStr>>,
}

impl VariantAttributes {
    pub(crate) fn read(attributes: &[Attribute], mistakes: &mut Mistakes) -> Self {
        let mut read = Self::default();
        for word in Word::all(attributes, mistakes) {
            if Place::Variant.knows(&word, mistakes) {
                word.fill(&mut read.rename, word.text(mistakes), mistakes);
            }
        }
        read
    }
}
