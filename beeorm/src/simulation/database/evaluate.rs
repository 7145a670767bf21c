//! Expressions and queries, as a transaction sees the database.

use std::collections::BTreeMap;

use super::{
    datum::{Datum, Row},
    locks::Tx,
    refusal::Refusal,
    sql::{Expression, Operator, Select},
    store::{Store, Table},
};

type Evaluated<T> = Result<T, Refusal>;

/// Where an expression stands.
#[derive(Clone, Copy)]
pub(super) struct Scope<'s> {
    pub(super) store: &'s Store,
    pub(super) tx: Tx,
    pub(super) binds: &'s [Datum],
    /// The row that is looked at, its table and that one's name.
    pub(super) row: Option<(&'s str, &'s Table, &'s Row)>,
    pub(super) outer: Option<&'s Scope<'s>>,
}

impl<'s> Scope<'s> {
    /// Within a row.
    pub(super) fn of(&self, name: &'s str, table: &'s Table, row: &'s Row) -> Self {
        Scope {
            row: Some((name, table, row)),
            ..*self
        }
    }

    pub(super) fn holds(&self, filter: Option<&Expression>) -> Evaluated<bool> {
        filter.map_or(Ok(true), |filter| Ok(is_true(&self.value(filter)?)))
    }

    pub(super) fn value(&self, expression: &Expression) -> Evaluated<Datum> {
        Ok(match expression {
            Expression::Bind(place) => self
                .binds
                .get(*place)
                .cloned()
                .ok_or_else(|| Refusal::unsupported("fewer values than placeholders"))?,
            Expression::Literal(datum) => datum.clone(),
            Expression::Column(table, column) => self.column(table.as_deref(), column)?,
            Expression::Operation(operator, left, right) => {
                operate(*operator, &self.value(left)?, &self.value(right)?)?
            }
            Expression::Not(inner) => match self.value(inner)? {
                Datum::Null => Datum::Null,
                value => truth(!is_true(&value)),
            },
            Expression::IsNull(inner) => truth(self.value(inner)?.is_null()),
            Expression::In(wanted, list) => {
                let values: Evaluated<Vec<Datum>> =
                    list.iter().map(|item| self.value(item)).collect();
                contains(&self.value(wanted)?, values?.iter())
            }
            Expression::InSelect(wanted, select) => {
                let rows = self.select(select)?;
                contains(
                    &self.value(wanted)?,
                    rows.iter().filter_map(|row| row.first()),
                )
            }
            Expression::Exists(select) => truth(!self.select(select)?.is_empty()),
            Expression::Scalar(select) => {
                let mut rows = self.select(select)?.into_iter();
                let first = rows.next().and_then(|row| row.into_iter().next());
                first.unwrap_or(Datum::Null)
            }
            Expression::Case {
                of,
                branches,
                otherwise,
            } => {
                let of = of.as_ref().map(|of| self.value(of)).transpose()?;
                for (when, then) in branches {
                    let when = self.value(when)?;
                    let taken = of
                        .as_ref()
                        .map_or_else(|| is_true(&when), |of| !of.is_null() && *of == when);
                    if taken {
                        return self.value(then);
                    }
                }
                let otherwise = otherwise.as_ref().map(|otherwise| self.value(otherwise));
                otherwise.transpose()?.unwrap_or(Datum::Null)
            }
            Expression::Call(function, arguments) => match function.as_str() {
                "COALESCE" | "IFNULL" => {
                    for argument in arguments {
                        let value = self.value(argument)?;
                        if !value.is_null() {
                            return Ok(value);
                        }
                    }
                    Datum::Null
                }
                // Of several values, unlike the aggregate.
                "MAX" | "GREATEST" if arguments.len() > 1 => {
                    let values: Evaluated<Vec<Datum>> = arguments
                        .iter()
                        .map(|argument| self.value(argument))
                        .collect();
                    values?.into_iter().max().unwrap_or(Datum::Null)
                }
                _ => return Err(Refusal::unsupported(format!("the function {function}"))),
            },
        })
    }

    fn column(&self, table: Option<&str>, column: &str) -> Evaluated<Datum> {
        if let Some((name, of, row)) = self.row
            && table.is_none_or(|table| table == name)
            && let Some(place) = of.column(column)
        {
            return Ok(row[place].clone());
        }
        match self.outer {
            Some(outer) => outer.column(table, column),
            None => Err(Refusal::NoColumn(column.to_owned())),
        }
    }

    /// The rows of a query.
    pub(super) fn select(&self, select: &Select) -> Evaluated<Vec<Row>> {
        let inner = Scope {
            outer: Some(self),
            row: None,
            ..*self
        };
        let Some(name) = &select.table else {
            let row = inner.items(select)?;
            let holds = inner.holds(select.filter.as_ref())?;
            return Ok(if holds { vec![row] } else { Vec::new() });
        };
        let table = self.table(name)?;
        let mut found = Vec::new();
        for row in self.store.rows(self.tx, name).into_values() {
            let scope = inner.of(name, table, row);
            if scope.holds(select.filter.as_ref())? {
                let by: Evaluated<Vec<Datum>> =
                    select.order.iter().map(|(by, _)| scope.value(by)).collect();
                found.push((by?, row));
            }
        }
        found.sort_by(|(left, _), (right, _)| {
            let mut parts = left.iter().zip(right).zip(&select.order);
            let differs = parts.find_map(|((left, right), (_, descending))| {
                let order = left.cmp(right);
                let order = if *descending { order.reverse() } else { order };
                order.is_ne().then_some(order)
            });
            differs.unwrap_or(std::cmp::Ordering::Equal)
        });
        if let Some(offset) = &select.offset
            && let Datum::Integer(offset) = self.value(offset)?
        {
            let passed = usize::try_from(offset).unwrap_or(usize::MAX);
            found.drain(..passed.min(found.len()));
        }
        if let Some(limit) = &select.limit
            && let Datum::Integer(limit) = self.value(limit)?
        {
            found.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
        }
        let rows: Vec<&Row> = found.into_iter().map(|(_, row)| row).collect();
        let items = select.items.iter().flatten();
        let mut aggregates = items.filter(|item| {
            matches!(item, Expression::Call(function, _) if ["COUNT", "MIN", "MAX", "SUM"].contains(&function.as_str()))
        });
        if aggregates.next().is_some() {
            let row: Evaluated<Row> = select
                .items
                .iter()
                .flatten()
                .map(|item| inner.aggregate(item, name, table, &rows))
                .collect();
            return Ok(vec![row?]);
        }
        let row = |row: &Row| inner.of(name, table, row).items(select);
        rows.into_iter().map(row).collect()
    }

    fn items(&self, select: &Select) -> Evaluated<Row> {
        match (&select.items, self.row) {
            (None, Some((_, _, row))) => Ok(row.clone()),
            (None, None) => Err(Refusal::unsupported("SELECT * of no table")),
            (Some(items), _) => items.iter().map(|item| self.value(item)).collect(),
        }
    }

    fn aggregate(
        &self,
        item: &Expression,
        name: &str,
        table: &Table,
        rows: &[&Row],
    ) -> Evaluated<Datum> {
        let Expression::Call(function, arguments) = item else {
            return Err(Refusal::unsupported("a column beside an aggregate"));
        };
        let mut values = Vec::new();
        for row in rows {
            let value = match arguments.first() {
                Some(argument) => self.of(name, table, row).value(argument)?,
                None => Datum::Integer(1),
            };
            if !value.is_null() {
                values.push(value);
            }
        }
        Ok(match function.as_str() {
            "COUNT" => Datum::Integer(values.len() as i128),
            "MIN" => values.into_iter().min().unwrap_or(Datum::Null),
            "MAX" => values.into_iter().max().unwrap_or(Datum::Null),
            "SUM" => values
                .into_iter()
                .try_fold(Datum::Integer(0), |sum, value| {
                    operate(Operator::Plus, &sum, &value)
                })?,
            _ => return Err(Refusal::unsupported(format!("the aggregate {function}"))),
        })
    }

    pub(super) fn table(&self, name: &str) -> Evaluated<&'s Table> {
        table(&self.store.tables, name)
    }
}

pub(super) fn table<'t>(tables: &'t BTreeMap<String, Table>, name: &str) -> Evaluated<&'t Table> {
    let found = tables.get(name);
    found.ok_or_else(|| Refusal::NoTable(name.to_owned()))
}

fn truth(value: bool) -> Datum {
    Datum::Integer(i128::from(value))
}

fn is_true(value: &Datum) -> bool {
    matches!(value, Datum::Integer(number) if *number != 0)
}

fn contains<'d>(wanted: &Datum, mut values: impl Iterator<Item = &'d Datum>) -> Datum {
    if wanted.is_null() {
        return Datum::Null;
    }
    truth(values.any(|value| value == wanted))
}

fn operate(operator: Operator, left: &Datum, right: &Datum) -> Evaluated<Datum> {
    match operator {
        Operator::Or if is_true(left) || is_true(right) => return Ok(truth(true)),
        Operator::And if *left == truth(false) || *right == truth(false) => {
            return Ok(truth(false));
        }
        _ if left.is_null() || right.is_null() => return Ok(Datum::Null),
        _ => {}
    }
    let number = |datum: &Datum| match datum {
        Datum::Integer(number) => Ok(*number),
        other => Err(Refusal::unsupported(format!("counting with {other}"))),
    };
    Ok(match operator {
        Operator::Or => truth(false),
        Operator::And => truth(is_true(left) && is_true(right)),
        Operator::Equal => truth(left == right),
        Operator::Unequal => truth(left != right),
        Operator::Less => truth(left < right),
        Operator::LessOrEqual => truth(left <= right),
        Operator::Greater => truth(left > right),
        Operator::GreaterOrEqual => truth(left >= right),
        Operator::Plus => Datum::Integer(number(left)? + number(right)?),
        Operator::Minus => Datum::Integer(number(left)? - number(right)?),
        Operator::Times => Datum::Integer(number(left)? * number(right)?),
    })
}
