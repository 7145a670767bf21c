use bytes::Bytes;
use fred::types::Value;

/// A command's arguments, in order.
#[derive(Clone, Debug, Default)]
pub(crate) struct Arguments(Vec<Value>);

impl Arguments {
    pub(crate) fn new() -> Self {
        Self::default()
    }

    /// With room for so many.
    pub(crate) fn with_capacity(arguments: usize) -> Self {
        Self(Vec::with_capacity(arguments))
    }

    /// An id, a number, or a name.
    pub(crate) fn text(mut self, text: impl ToString) -> Self {
        self.0.push(Value::from(text.to_string()));
        self
    }

    /// A word of the command's own.
    pub(crate) fn word(self, word: &'static str) -> Self {
        self.bytes(Bytes::from_static(word.as_bytes()))
    }

    pub(crate) fn bytes(mut self, bytes: impl Into<Bytes>) -> Self {
        self.0.push(Value::Bytes(bytes.into()));
        self
    }

    pub(super) fn into_values(self) -> Vec<Value> {
        self.0
    }

    pub(super) fn join(mut self, other: Self) -> Self {
        self.0.extend(other.0);
        self
    }
}
