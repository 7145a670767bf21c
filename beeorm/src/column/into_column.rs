use super::Column;

/// What a column of the type `T` can be set to: a `T`; a `&str` where it is text; and without
/// `Some(..)` where it is an `Option`.
///
/// Unlike `Into`, it lets a plain `1` take the type of the column.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no value of a column or key of the type `{T}`",
    label = "not a `{T}`",
    note = "a column takes what its field holds; besides, a text takes a `&str`, an `Option` takes the value without `Some`, and a reference takes `&entity`, or a key by `Reference::to(key)`"
)]
pub trait IntoColumn<T> {
    /// The column's value.
    fn into_column(self) -> T;
}

impl<T: Column> IntoColumn<T> for T {
    fn into_column(self) -> T {
        self
    }
}

impl<T: Column> IntoColumn<Option<T>> for T {
    fn into_column(self) -> Option<T> {
        Some(self)
    }
}

impl IntoColumn<String> for &str {
    fn into_column(self) -> String {
        self.to_owned()
    }
}

impl IntoColumn<Option<String>> for &str {
    fn into_column(self) -> Option<String> {
        Some(self.to_owned())
    }
}
