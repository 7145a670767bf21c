use proc_macro2::Ident;
use quote::ToTokens;
use syn::{Data, DeriveInput, Fields, FieldsNamed, Type, Visibility, ext::IdentExt};

use super::{Core, Shape};
use crate::{
    attribute::{BlobSize, FieldAttributes, Length, Place},
    check::{self, Named},
    mistakes::Mistakes,
};

/// A field, and what it is in the table.
pub(crate) struct Field<'a> {
    pub(crate) ident: &'a Ident,
    pub(crate) visibility: &'a Visibility,
    pub(crate) ty: &'a Type,
    pub(crate) kind: Kind,
    pub(crate) shape: Shape,
    pub(crate) attributes: FieldAttributes,
}

/// What a field is.
pub(crate) enum Kind {
    Column(ColumnModel),
    /// Any serde type in a JSON column.
    Json {
        name: String,
    },
    /// The columns of an embedded struct.
    Embedded {
        prefix: String,
    },
    Skipped,
}

/// A column of a type that knows how it is stored.
pub(crate) struct ColumnModel {
    pub(crate) name: String,
    pub(crate) storage: Storage,
    /// An SQL literal.
    pub(crate) default: Option<String>,
}

/// How the words say that a column is stored.
#[derive(Clone, Copy)]
pub(crate) enum Storage {
    /// As its type is.
    Typed,
    Text(Length),
    Blob(BlobSize),
    Decimal {
        precision: u32,
        scale: u32,
    },
}

impl<'a> Field<'a> {
    /// The fields of a struct with named fields; notes a mistake and gives none for anything else.
    pub(super) fn all(
        input: &'a DeriveInput,
        place: Place,
        mistakes: &mut Mistakes,
    ) -> Option<Vec<Self>> {
        let fields = named_fields(input, mistakes)?;
        let fields: Vec<Self> = fields
            .named
            .iter()
            .filter_map(|field| Self::read(field, place, mistakes))
            .collect();
        check_columns(&fields, mistakes);
        Some(fields)
    }

    fn read(field: &'a syn::Field, place: Place, mistakes: &mut Mistakes) -> Option<Self> {
        let ident = field.ident.as_ref()?;
        let attributes = FieldAttributes::read(&field.attrs, place, mistakes);
        let shape = Shape::of(&field.ty);
        // After a contradiction, nothing more is made of the field.
        let kind = if check::contradicts(&attributes, mistakes) {
            Kind::Skipped
        } else {
            check::needs(&attributes, mistakes);
            Kind::of(ident, &field.ty, &shape, &attributes, mistakes)
        };
        Some(Self {
            ident,
            visibility: &field.vis,
            ty: &field.ty,
            kind,
            shape,
            attributes,
        })
    }

    /// The column's name, where the field is one column.
    pub(crate) fn column_name(&self) -> Option<&str> {
        match &self.kind {
            Kind::Column(ColumnModel { name, .. }) | Kind::Json { name } => Some(name),
            Kind::Embedded { .. } | Kind::Skipped => None,
        }
    }

    /// Whether it may hold references to other entities.
    pub(crate) fn may_refer(&self) -> bool {
        match &self.kind {
            Kind::Column(_) => matches!(self.shape.core, Core::Reference),
            Kind::Embedded { .. } => true,
            Kind::Json { .. } | Kind::Skipped => false,
        }
    }
}

impl Kind {
    fn of(
        ident: &Ident,
        ty: &Type,
        shape: &Shape,
        attributes: &FieldAttributes,
        mistakes: &mut Mistakes,
    ) -> Self {
        if attributes.has("skip") {
            return Self::Skipped;
        }
        if attributes.has("embedded") {
            return Self::embedded(ident, ty, shape, attributes, mistakes);
        }
        let name = match &attributes.column {
            Some(given) => given.value.value(),
            None => ident.unraw().to_string(),
        };
        check::name(
            Named::Column,
            &name,
            column_tokens(ident, attributes),
            mistakes,
        );
        if attributes.has("json") {
            return Self::Json { name };
        }
        check::storage_fits(shape, attributes, ty, mistakes);
        let storage = Storage::of(attributes);
        let default = attributes.default.as_ref().map(|default| {
            check::default_fits(
                &default.value,
                &storage,
                &shape.core,
                &default.word,
                mistakes,
            );
            default.value.sql.clone()
        });
        Self::Column(ColumnModel {
            name,
            storage,
            default,
        })
    }

    fn embedded(
        ident: &Ident,
        ty: &Type,
        shape: &Shape,
        attributes: &FieldAttributes,
        mistakes: &mut Mistakes,
    ) -> Self {
        if shape.optional {
            mistakes.add(
                ty,
                "an embedded struct cannot be an `Option`: make its fields optional",
            );
        } else if !matches!(shape.core, Core::Unknown) {
            mistakes.add(ty, "`embedded` is for a struct with `#[derive(Embedded)]`");
        }
        let prefix = match &attributes.prefix {
            Some(given) => {
                let prefix = given.value.value();
                check::name(Named::Prefix, &prefix, &given.value, mistakes);
                prefix
            }
            None => format!("{}_", ident.unraw()),
        };
        Self::Embedded { prefix }
    }
}

impl Storage {
    fn of(attributes: &FieldAttributes) -> Self {
        if let Some(length) = &attributes.length {
            Self::Text(length.value)
        } else if let Some(blob) = &attributes.blob {
            Self::Blob(blob.value)
        } else if let (Some(precision), Some(scale)) = (&attributes.precision, &attributes.scale) {
            Self::Decimal {
                precision: precision.value,
                scale: scale.value,
            }
        } else {
            Self::Typed
        }
    }
}

fn named_fields<'a>(input: &'a DeriveInput, mistakes: &mut Mistakes) -> Option<&'a FieldsNamed> {
    match &input.data {
        Data::Struct(data) => match &data.fields {
            Fields::Named(fields) => return Some(fields),
            Fields::Unnamed(fields) => mistakes.add(
                fields,
                "columns have names: write the struct with named fields",
            ),
            Fields::Unit => mistakes.add(
                &input.ident,
                "a row has columns: write the struct with named fields",
            ),
        },
        Data::Enum(data) => {
            let message =
                "only a struct can have columns; for an enum there is `#[derive(EntityEnum)]`";
            mistakes.add_at(data.enum_token.span, message);
        }
        Data::Union(data) => {
            mistakes.add_at(data.union_token.span, "only a struct can have columns")
        }
    }
    None
}

fn column_tokens(ident: &Ident, attributes: &FieldAttributes) -> proc_macro2::TokenStream {
    attributes.column.as_ref().map_or_else(
        || ident.to_token_stream(),
        |given| given.value.to_token_stream(),
    )
}

/// Refuses what would give two columns one name.
fn check_columns(fields: &[Field<'_>], mistakes: &mut Mistakes) {
    for (position, field) in fields.iter().enumerate() {
        let Some(earlier) = fields[..position]
            .iter()
            .find(|earlier| collide(earlier, field))
        else {
            continue;
        };
        let message = match field.column_name() {
            Some(name) => format!(
                "the column `{name}` is there already: the field `{}` has it",
                earlier.ident
            ),
            None => format!(
                "the columns of `{}` have the same prefix; give one another `prefix`",
                earlier.ident
            ),
        };
        mistakes.add(column_tokens(field.ident, &field.attributes), message);
    }
}

fn collide(earlier: &Field<'_>, field: &Field<'_>) -> bool {
    match (&earlier.kind, &field.kind) {
        (Kind::Embedded { prefix: left }, Kind::Embedded { prefix: right }) => {
            let same_type =
                earlier.ty.to_token_stream().to_string() == field.ty.to_token_stream().to_string();
            same_type && left.eq_ignore_ascii_case(right)
        }
        _ => match (earlier.column_name(), field.column_name()) {
            // MySQL's column names have no case.
            (Some(left), Some(right)) => left.to_lowercase() == right.to_lowercase(),
            _ => false,
        },
    }
}
