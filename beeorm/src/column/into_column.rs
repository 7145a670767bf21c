use super::Column;

/// What a column of the type `T` can be set to: a `T`; a `&str` where it is text; and without
/// `Some(..)` where it is an `Option`.
///
/// Unlike `Into`, it lets a plain `1` take the type of the column.
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
