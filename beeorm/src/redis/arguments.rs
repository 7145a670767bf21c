use fred::{bytes::Bytes, types::Value};

/// A command's arguments, in order.
#[derive(Clone, Debug, Default)]
pub(crate) struct Arguments(Vec<Value>);

impl Arguments {
    pub(crate) fn new() -> Self {
        Self::default()
    }

    /// A word, an id or a number.
    pub(crate) fn text(mut self, text: impl ToString) -> Self {
        self.0.push(Value::from(text.to_string()));
        self
    }

    pub(crate) fn bytes(mut self, bytes: &[u8]) -> Self {
        self.0.push(Value::Bytes(Bytes::copy_from_slice(bytes)));
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
