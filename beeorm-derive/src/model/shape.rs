use syn::{GenericArgument, PathArguments, PathSegment, Type};

use crate::check;

/// What can be told of a field's type from how it is written.
///
/// A macro sees no types, only their names: what is not recognized is left to the compiler.
pub(crate) struct Shape {
    /// `Option<..>`.
    pub(crate) optional: bool,
    pub(crate) core: Core,
}

/// The type, or what is within its `Option`.
pub(crate) enum Core {
    Bool,
    Integer {
        bits: u32,
        signed: bool,
    },
    Float {
        /// `f32`.
        single: bool,
    },
    Text,
    Bytes,
    Uuid,
    Decimal,
    Moment(Moment),
    Json,
    Reference,
    /// No column type, with what to do about it.
    Refused(String),
    Unknown,
}

/// A date, or a date and time.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Moment {
    Date,
    DateTime,
    Timestamp,
}

impl Shape {
    pub(crate) fn of(ty: &Type) -> Self {
        let ty = ungrouped(ty);
        let Some(inner) = within("Option", ty) else {
            return Self {
                optional: false,
                core: Core::of(ty),
            };
        };
        let core = match within("Option", inner) {
            Some(_) => {
                Core::Refused("a column is NULL or it is not; one `Option` says so".to_owned())
            }
            None => Core::of(inner),
        };
        Self {
            optional: true,
            core,
        }
    }
}

impl Core {
    fn of(ty: &Type) -> Self {
        if let Some(advice) = check::unsupported_type(ty) {
            return Self::Refused(advice);
        }
        let Some(segment) = last_segment(ty) else {
            return Self::Unknown;
        };
        let name = segment.ident.to_string();
        let plain = matches!(segment.arguments, PathArguments::None);
        match name.as_str() {
            "bool" if plain => Self::Bool,
            "f32" | "f64" if plain => Self::Float {
                single: name == "f32",
            },
            "String" if plain => Self::Text,
            "Vec" if first_argument(segment).is_some_and(is_byte) => Self::Bytes,
            "Uuid" if plain => Self::Uuid,
            "Decimal" if plain => Self::Decimal,
            "NaiveDate" if plain => Self::Moment(Moment::Date),
            "NaiveDateTime" if plain => Self::Moment(Moment::DateTime),
            "DateTime" if first_argument(segment).is_some() => Self::Moment(Moment::Timestamp),
            "Value" if is_within(ty, "serde_json") => Self::Json,
            "Reference" => Self::Reference,
            _ if plain => integer(&name),
            _ => Self::Unknown,
        }
    }
}

fn integer(name: &str) -> Core {
    let Some((sign, bits)) = name.split_at_checked(1) else {
        return Core::Unknown;
    };
    match (sign, bits) {
        ("i" | "u", "8" | "16" | "32" | "64") => Core::Integer {
            bits: bits.parse().unwrap_or_default(),
            signed: sign == "i",
        },
        _ => Core::Unknown,
    }
}

/// Without parentheses, and without the invisible groups that a `macro_rules!` puts around what it was given.
pub(crate) fn ungrouped(mut ty: &Type) -> &Type {
    loop {
        ty = match ty {
            Type::Group(group) => &group.elem,
            Type::Paren(paren) => &paren.elem,
            _ => return ty,
        };
    }
}

/// The last segment of a path: the `Uuid` of `uuid::Uuid`.
pub(crate) fn last_segment(ty: &Type) -> Option<&PathSegment> {
    match ungrouped(ty) {
        Type::Path(path) if path.qself.is_none() => path.path.segments.last(),
        _ => None,
    }
}

/// The first type between the angle brackets.
pub(crate) fn first_argument(segment: &PathSegment) -> Option<&Type> {
    let PathArguments::AngleBracketed(arguments) = &segment.arguments else {
        return None;
    };
    arguments.args.iter().find_map(|argument| match argument {
        GenericArgument::Type(ty) => Some(ty),
        _ => None,
    })
}

fn within<'a>(wrapper: &str, ty: &'a Type) -> Option<&'a Type> {
    last_segment(ty)
        .filter(|segment| segment.ident == wrapper)
        .and_then(first_argument)
}

fn is_byte(ty: &Type) -> bool {
    last_segment(ty).is_some_and(|segment| segment.ident == "u8")
}

fn is_within(ty: &Type, module: &str) -> bool {
    matches!(ungrouped(ty), Type::Path(path) if path.path.segments.iter().any(|segment| segment.ident == module))
}
