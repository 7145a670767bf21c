use syn::Type;

use super::contradiction::blob_size;
use crate::{
    attribute::{FieldAttributes, Length},
    mistakes::Mistakes,
    model::{Core, Shape, Storage},
};

/// What a key can be.
pub(crate) const KEY_TYPES: &str = "a key is a `Uuid`, an integer or a `String`";

/// The words of the key.
const KEY_WORDS: [&str; 3] = ["uuid", "primary_key", "auto_increment"];

/// Holds what the words say of the column against its type.
pub(crate) fn storage_fits(
    shape: &Shape,
    attributes: &FieldAttributes,
    ty: &Type,
    mistakes: &mut Mistakes,
) {
    if let Core::Refused(advice) = &shape.core {
        let is_key = KEY_WORDS.iter().any(|word| attributes.has(word));
        // No other attribute makes a key of it.
        if is_key && advice.contains("#[entity(") {
            mistakes.add(ty, KEY_TYPES);
        } else {
            mistakes.add(ty, advice);
        }
        return;
    }
    let unknown = matches!(shape.core, Core::Unknown);
    if let Some(word) = attributes
        .word("length")
        .filter(|_| !unknown && !matches!(shape.core, Core::Text | Core::Reference))
    {
        mistakes.add(word, "`length` is for columns of `String`");
    }
    if let (Core::Reference, Some(Length::Max), Some(word)) = (
        &shape.core,
        attributes.length.as_ref().map(|given| given.value),
        attributes.word("length"),
    ) {
        mistakes.add(
            word,
            "a reference takes the `length` that its key has, at most 768",
        );
    }
    if let Some(word) =
        blob_size(attributes).filter(|_| !unknown && !matches!(shape.core, Core::Bytes))
    {
        mistakes.add(word, format!("`{word}` is for columns of `Vec<u8>`"));
    }
    let digits = attributes
        .word("precision")
        .or_else(|| attributes.word("scale"));
    match (&shape.core, digits) {
        (Core::Decimal | Core::Unknown, Some(_)) => {}
        (Core::Decimal, None) => {
            mistakes.add(
                ty,
                "say how many digits the column has: `#[entity(precision = 10, scale = 2)]`",
            );
        }
        (_, Some(word)) => mistakes.add(word, format!("`{word}` is for columns of `Decimal`")),
        (_, None) => {}
    }
}

/// Why MySQL refuses an index on the column.
pub(crate) fn unindexable(storage: &Storage, core: &Core) -> Option<&'static str> {
    match (storage, core) {
        (Storage::Text(Length::Max), _) => {
            Some("MySQL does not index a text without a length; give it `length = ..`")
        }
        (Storage::Blob(_), _) | (_, Core::Bytes) => Some("MySQL does not index a BLOB column"),
        (_, Core::Json) => Some("MySQL does not index a JSON column"),
        _ => None,
    }
}
