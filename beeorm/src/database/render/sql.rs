use crate::entity::TableSchema;

/// A statement's text as it is put together: a flush of one row makes one, so none of its pieces has a string of its own.
pub(super) struct Sql(String);

impl Sql {
    pub(super) fn new() -> Self {
        // More than most take.
        Self(String::with_capacity(256))
    }

    pub(super) fn text(&mut self, text: &str) -> &mut Self {
        self.0.push_str(text);
        self
    }

    /// A name in backticks, which MySQL, MariaDB and SQLite all take, in every SQL mode.
    pub(super) fn name(&mut self, name: &str) -> &mut Self {
        self.0.push('`');
        for (place, part) in name.split('`').enumerate() {
            self.text(if place == 0 { "" } else { "``" }).text(part);
        }
        self.0.push('`');
        self
    }

    /// The name of the column at this place.
    pub(super) fn column(&mut self, table: &TableSchema, position: usize) -> &mut Self {
        match table.columns.get(position) {
            Some(column) => self.name(&column.name),
            None => self,
        }
    }

    /// The items, with commas between.
    pub(super) fn list<T>(
        &mut self,
        items: impl IntoIterator<Item = T>,
        mut write: impl FnMut(&mut Self, T),
    ) -> &mut Self {
        for (place, item) in items.into_iter().enumerate() {
            if place > 0 {
                self.0.push(',');
            }
            write(self, item);
        }
        self
    }

    /// So many times the text, with commas between.
    pub(super) fn repeat(&mut self, text: &str, times: usize) -> &mut Self {
        self.0.reserve(times * (text.len() + 1));
        self.list(0..times, |sql, _| {
            sql.text(text);
        })
    }

    /// So many places for values.
    pub(super) fn places(&mut self, count: usize) -> &mut Self {
        self.repeat("?", count)
    }
}

impl From<Sql> for String {
    fn from(sql: Sql) -> Self {
        sql.0
    }
}

pub(crate) fn quoted(name: &str) -> String {
    let mut sql = Sql(String::with_capacity(name.len() + 2));
    sql.name(name);
    sql.into()
}

#[cfg(test)]
mod tests {
    use super::quoted;

    #[test]
    fn a_name_ends_where_it_ends() {
        assert_eq!(quoted("bees"), "`bees`");
        assert_eq!(
            quoted("bees` SET `admin` = 1; -- "),
            "`bees`` SET ``admin`` = 1; -- `"
        );
    }
}
