use syn::Type;

use crate::model::shape::{first_argument, last_segment, ungrouped};

/// What to use instead of a type that is recognizably no column type.
pub(crate) fn unsupported_type(ty: &Type) -> Option<String> {
    let advice = match ungrouped(ty) {
        Type::Reference(reference) => match &*reference.elem {
            Type::Slice(_) => "an entity owns its values: use `Vec<u8>` for bytes",
            elem if is_named(elem, "str") => "an entity owns its values: use `String`",
            _ => "an entity owns its values: a reference cannot be a column",
        },
        Type::Array(_) => {
            "an array is no column type: use `Vec<u8>` for bytes, or `#[entity(json)]`"
        }
        Type::Tuple(tuple) if tuple.elems.is_empty() => {
            "`()` holds nothing to store: leave it out, or use `#[entity(skip)]`"
        }
        Type::Tuple(_) => {
            "a tuple is no column type: use `#[entity(json)]`, or a struct with `#[derive(Embedded)]`"
        }
        Type::FnPtr(_) | Type::Ptr(_) | Type::Never(_) | Type::TraitObject(_) => {
            "nothing that a column could hold: use `#[entity(skip)]`"
        }
        ty => return named(ty),
    };
    Some(advice.to_owned())
}

fn named(ty: &Type) -> Option<String> {
    let segment = last_segment(ty)?;
    let name = segment.ident.to_string();
    let advice = match name.as_str() {
        "usize" => "the width of `usize` depends on the machine: use `u64`",
        "isize" => "the width of `isize` depends on the machine: use `i64`",
        "u128" => "no column holds a `u128`: use `u64`, or `Decimal`",
        "i128" => "no column holds an `i128`: use `i64`, or `Decimal`",
        "f16" => "no column holds an `f16`: use `f32`",
        "f128" => "no column holds an `f128`: use `f64`, or `Decimal`",
        "char" => "no column holds a `char`: use `String` with `#[entity(length = 1)]`",
        "str" => "use `String`",
        "Vec" if first_argument(segment).is_some_and(|item| is_named(item, "u8")) => return None,
        "Vec" | "VecDeque" | "HashMap" | "BTreeMap" | "IndexMap" | "HashSet" | "BTreeSet"
            if first_argument(segment).is_some() =>
        {
            return Some(format!(
                "a `{name}` is no column type: use `#[entity(json)]`"
            ));
        }
        "SystemTime" | "Instant" | "OffsetDateTime" => {
            return Some(format!(
                "`{name}` is no column type: use `chrono::DateTime<Utc>`"
            ));
        }
        "PrimitiveDateTime" => "`PrimitiveDateTime` is no column type: use `chrono::NaiveDateTime`",
        "NaiveTime" => "`NaiveTime` is not supported: use a `u32` of seconds, or `NaiveDateTime`",
        "BigDecimal" => "`BigDecimal` is no column type: use `rust_decimal::Decimal`",
        "DateTime" => match first_argument(segment).and_then(last_segment) {
            Some(zone) if zone.ident != "Utc" => {
                let zone = &zone.ident;
                return Some(format!(
                    "a column keeps no time zone: use `DateTime<Utc>` instead of `DateTime<{zone}>`"
                ));
            }
            _ => return None,
        },
        _ => return None,
    };
    Some(advice.to_owned())
}

fn is_named(ty: &Type, name: &str) -> bool {
    last_segment(ty).is_some_and(|segment| segment.ident == name)
}
