use std::collections::HashMap;

use proc_macro2::Ident;
use quote::ToTokens;
use syn::{Data, DeriveInput, Fields, Path, Variant, ext::IdentExt};

use super::is_deprecated;
use crate::{
    attribute::{ContainerAttributes, Place, VariantAttributes},
    check,
    mistakes::Mistakes,
};

/// MySQL's limits of an ENUM.
const MOST_VALUES: usize = 65_535;
const LONGEST_VALUE: usize = 255;

/// An enum without fields, the values of a column.
pub(crate) struct EnumModel<'a> {
    pub(crate) ident: &'a Ident,
    /// The path to beeorm.
    pub(crate) path: Path,
    pub(crate) variants: Vec<VariantModel<'a>>,
    /// Whether the user calls any of it deprecated, which the printed code then has to bear.
    pub(crate) deprecated: bool,
}

/// A variant, and the name that it is stored by.
pub(crate) struct VariantModel<'a> {
    pub(crate) ident: &'a Ident,
    pub(crate) name: String,
}

/// The model of an enum under `#[derive(EntityEnum)]`.
pub(crate) fn enumeration(input: &DeriveInput) -> syn::Result<EnumModel<'_>> {
    let mut mistakes = Mistakes::default();
    let attributes = ContainerAttributes::read(&input.attrs, Place::Enum, &mut mistakes);
    check::not_generic(
        input,
        "the values of a column are fixed, so their enum cannot be generic",
        &mut mistakes,
    );
    let mut variants: Vec<VariantModel<'_>> = Vec::new();
    match &input.data {
        Data::Enum(data) => {
            let mut names = HashMap::new();
            variants.extend(
                data.variants
                    .iter()
                    .map(|variant| VariantModel::read(variant, &mut names, &mut mistakes)),
            );
            if variants.is_empty() {
                mistakes.add(
                    &input.ident,
                    "a column has at least one value: give the enum a variant",
                );
            }
            if let Some(variant) = variants.get(MOST_VALUES) {
                mistakes.add(
                    variant.ident,
                    format!("an ENUM has at most {MOST_VALUES} values"),
                );
            }
        }
        Data::Struct(data) => mistakes.add_at(
            data.struct_token.span,
            "only an enum can be the values of a column",
        ),
        Data::Union(data) => mistakes.add_at(
            data.union_token.span,
            "only an enum can be the values of a column",
        ),
    }
    let deprecated = is_deprecated(input);
    mistakes.unless_any(Some(EnumModel {
        ident: &input.ident,
        path: attributes.path,
        variants,
        deprecated,
    }))
}

impl<'a> VariantModel<'a> {
    /// `earlier`: the variants before this, by their names as MySQL compares them.
    fn read(
        variant: &'a Variant,
        earlier: &mut HashMap<String, (&'a Ident, String)>,
        mistakes: &mut Mistakes,
    ) -> Self {
        let attributes = VariantAttributes::read(&variant.attrs, mistakes);
        let (name, at) = match attributes.rename {
            Some(given) => (given.value.value(), given.value.to_token_stream()),
            None => (
                variant.ident.unraw().to_string(),
                variant.ident.to_token_stream(),
            ),
        };
        if !matches!(variant.fields, Fields::Unit) {
            mistakes.add(
                &variant.fields,
                "a value of a column is a name alone: no fields",
            );
        }
        if let Some(problem) = problem(&name) {
            mistakes.add(at, problem);
        } else if let Some((other, stored)) = earlier.get(&folded(&name)) {
            let message = format!(
                "`{other}` is stored as `{stored}`, which MySQL does not tell from `{name}`; \
                 `#[entity(rename = \"..\")]` one of them"
            );
            mistakes.add(at, message);
        } else {
            earlier.insert(folded(&name), (&variant.ident, name.clone()));
        }
        Self {
            ident: &variant.ident,
            name,
        }
    }
}

/// Without case, as collations compare: 'straße' is 'STRASSE'.
fn folded(name: &str) -> String {
    name.to_uppercase().to_lowercase()
}

/// Why MySQL does not take the value.
fn problem(name: &str) -> Option<String> {
    let length = name.chars().count();
    if name.is_empty() {
        Some(
            "a value cannot be empty: MySQL stores the empty text for what it cannot store"
                .to_owned(),
        )
    } else if name.contains(',') {
        Some("a value cannot hold a comma: it parts the values of a SET".to_owned())
    } else if name.contains('\0') {
        Some("a value cannot hold NUL".to_owned())
    } else if name.ends_with(' ') {
        Some("a value cannot end with a space: MySQL cuts it off".to_owned())
    } else if length > LONGEST_VALUE {
        Some(format!(
            "a value has at most {LONGEST_VALUE} characters, and this has {length}"
        ))
    } else {
        None
    }
}
