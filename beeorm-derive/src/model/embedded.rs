use proc_macro2::Ident;
use syn::{DeriveInput, Path, Visibility};

use super::{Field, IndexModel, Kind, is_deprecated};
use crate::{
    attribute::{ContainerAttributes, Place},
    check,
    mistakes::Mistakes,
};

/// A struct whose fields are columns of the entity that holds it.
pub(crate) struct EmbeddedModel<'a> {
    pub(crate) ident: &'a Ident,
    pub(crate) visibility: &'a Visibility,
    /// The path to beeorm.
    pub(crate) path: Path,
    pub(crate) fields: Vec<Field<'a>>,
    pub(crate) indexes: Vec<IndexModel>,
    /// Whether the user calls any of it deprecated, which the printed code then has to bear.
    pub(crate) deprecated: bool,
}

/// The model of a struct under `#[derive(Embedded)]`.
pub(crate) fn embedded(input: &DeriveInput) -> syn::Result<EmbeddedModel<'_>> {
    let mut mistakes = Mistakes::default();
    let attributes = ContainerAttributes::read(&input.attrs, Place::Embedded, &mut mistakes);
    check::not_generic(input, "an embedded struct cannot be generic", &mut mistakes);
    let model = Field::all(input, Place::EmbeddedField, &mut mistakes).map(|fields| {
        let skipped =
            |field: &Field<'_>| matches!(field.kind, Kind::Skipped) && field.attributes.has("skip");
        if fields.iter().all(skipped) {
            mistakes.add(&input.ident, "an embedded struct has at least one column");
        }
        let indexes = IndexModel::all(&fields, None, &mut mistakes);
        let (ident, visibility, path) = (&input.ident, &input.vis, attributes.path);
        EmbeddedModel {
            ident,
            visibility,
            path,
            fields,
            indexes,
            deprecated: is_deprecated(input),
        }
    });
    mistakes.unless_any(model)
}
