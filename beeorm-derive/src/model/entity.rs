use proc_macro2::Ident;
use syn::{DeriveInput, Path, Visibility, ext::IdentExt};

use super::{Field, IndexModel, KeyModel, is_deprecated};
use crate::{
    attribute::{ContainerAttributes, Place},
    check::{self, Named},
    mistakes::Mistakes,
    spelling::snake_case,
};

/// The pool of an entity that names none.
const DEFAULT_POOL: &str = "default";

/// A struct that is an entity.
pub(crate) struct EntityModel<'a> {
    pub(crate) ident: &'a Ident,
    pub(crate) visibility: &'a Visibility,
    /// The path to beeorm.
    pub(crate) path: Path,
    pub(crate) table: String,
    pub(crate) pool: String,
    pub(crate) fields: Vec<Field<'a>>,
    pub(crate) key: KeyModel,
    pub(crate) indexes: Vec<IndexModel>,
    /// Whether the user calls any of it deprecated, which the printed code then has to bear.
    pub(crate) deprecated: bool,
}

/// The model of a struct under `#[derive(Entity)]`.
pub(crate) fn entity(input: &DeriveInput) -> syn::Result<EntityModel<'_>> {
    let mut mistakes = Mistakes::default();
    let attributes = ContainerAttributes::read(&input.attrs, Place::Entity, &mut mistakes);
    let table = table(input, &attributes, &mut mistakes);
    let pool = pool(&attributes, &mut mistakes);
    check::not_generic(
        input,
        "an entity is one table, so it cannot be generic",
        &mut mistakes,
    );
    let model = Field::all(input, Place::Field, &mut mistakes).and_then(|fields| {
        let key = KeyModel::of(&input.ident, &fields, &mut mistakes);
        let indexes = IndexModel::all(&fields, key.as_ref(), &mut mistakes);
        let (ident, visibility, path) = (&input.ident, &input.vis, attributes.path);
        let deprecated = is_deprecated(input);
        Some(EntityModel {
            ident,
            visibility,
            path,
            table,
            pool,
            fields,
            key: key?,
            indexes,
            deprecated,
        })
    });
    mistakes.unless_any(model)
}

fn table(input: &DeriveInput, attributes: &ContainerAttributes, mistakes: &mut Mistakes) -> String {
    match &attributes.table {
        Some(given) => {
            let table = given.value.value();
            check::name(Named::Table, &table, &given.value, mistakes);
            table
        }
        None => {
            let table = snake_case(&input.ident.unraw().to_string());
            check::name(Named::Table, &table, &input.ident, mistakes);
            table
        }
    }
}

fn pool(attributes: &ContainerAttributes, mistakes: &mut Mistakes) -> String {
    let Some(given) = &attributes.mysql else {
        return DEFAULT_POOL.to_owned();
    };
    let pool = given.value.value();
    if pool.is_empty() {
        mistakes.add(&given.value, "the name of a pool cannot be empty");
    }
    pool
}
