use syn::{Attribute, LitStr, Path, parse_quote};

use super::{Given, Place, Word};
use crate::mistakes::Mistakes;

/// The words on a struct or enum.
pub(crate) struct ContainerAttributes {
    pub(crate) table: Option<Given<LitStr>>,
    pub(crate) mysql: Option<Given<LitStr>>,
    /// The path to beeorm.
    pub(crate) path: Path,
}

impl ContainerAttributes {
    pub(crate) fn read(attributes: &[Attribute], place: Place, mistakes: &mut Mistakes) -> Self {
        let (mut table, mut mysql, mut path) = (None, None, None);
        for word in Word::all(attributes, mistakes) {
            if !place.knows(&word, mistakes) {
                continue;
            }
            if word.name == "table" {
                word.fill(&mut table, word.text(mistakes), mistakes);
            } else if word.name == "mysql" {
                word.fill(&mut mysql, word.text(mistakes), mistakes);
            } else {
                word.fill(&mut path, word.path(mistakes), mistakes);
            }
        }
        let path = path.map_or_else(|| parse_quote!(::beeorm), |given| given.value);
        Self { table, mysql, path }
    }
}
