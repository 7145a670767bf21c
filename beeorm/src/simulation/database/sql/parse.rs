//! Words to statements, by recursive descent.

use super::{
    syntax::{Column, Expression, Insert, Operator, Select, Source, Statement},
    token::{Token, tokens},
};
use crate::simulation::database::datum::Datum;

type Parsed<T> = Result<T, String>;

/// The statement, or what of it is not understood.
pub(in crate::simulation::database) fn parse(sql: &str) -> Parsed<Statement> {
    let mut parser = Parser {
        tokens: tokens(sql)?,
        at: 0,
        binds: 0,
    };
    let statement = parser.statement()?;
    if parser.at < parser.tokens.len() {
        return Err(parser.unexpected());
    }
    Ok(statement)
}

struct Parser {
    tokens: Vec<Token>,
    at: usize,
    binds: usize,
}

impl Parser {
    fn peek(&self) -> Option<&Token> {
        self.tokens.get(self.at)
    }

    fn unexpected(&self) -> String {
        format!("unexpected {:?} at {}", self.peek(), self.at)
    }

    fn is_word(&self, ahead: usize, word: &str) -> bool {
        matches!(self.tokens.get(self.at + ahead), Some(Token::Word(found)) if found.eq_ignore_ascii_case(word))
    }

    /// Takes the words if they are all there.
    fn takes(&mut self, words: &str) -> bool {
        let count = words.split(' ').count();
        let mut all = words.split(' ').enumerate();
        let found = all.all(|(ahead, word)| self.is_word(ahead, word));
        if found {
            self.at += count;
        }
        found
    }

    fn word(&mut self, words: &str) -> Parsed<()> {
        if self.takes(words) {
            Ok(())
        } else {
            Err(format!("wanted {words}: {}", self.unexpected()))
        }
    }

    fn takes_sign(&mut self, sign: &str) -> bool {
        let found = matches!(self.peek(), Some(Token::Sign(found)) if found == sign);
        self.at += usize::from(found);
        found
    }

    fn sign(&mut self, sign: &str) -> Parsed<()> {
        if self.takes_sign(sign) {
            Ok(())
        } else {
            Err(format!("wanted {sign}: {}", self.unexpected()))
        }
    }

    fn name(&mut self) -> Parsed<String> {
        match self.peek() {
            Some(Token::Name(name) | Token::Word(name)) => {
                let name = name.clone();
                self.at += 1;
                Ok(name)
            }
            _ => Err(format!("wanted a name: {}", self.unexpected())),
        }
    }

    fn list<T>(&mut self, mut item: impl FnMut(&mut Self) -> Parsed<T>) -> Parsed<Vec<T>> {
        let mut items = vec![item(self)?];
        while self.takes_sign(",") {
            items.push(item(self)?);
        }
        Ok(items)
    }

    fn names(&mut self) -> Parsed<Vec<String>> {
        self.sign("(")?;
        let names = self.list(Self::name)?;
        self.sign(")")?;
        Ok(names)
    }

    fn statement(&mut self) -> Parsed<Statement> {
        if self.takes("CREATE TABLE IF NOT EXISTS") {
            return self.create_table();
        }
        if self.takes("INSERT") {
            return self.insert().map(Statement::Insert);
        }
        if self.takes("UPDATE") {
            let table = self.name()?;
            self.word("SET")?;
            let assignments = self.assignments()?;
            let filter = self.filter()?;
            return Ok(Statement::Update {
                table,
                assignments,
                filter,
            });
        }
        if self.takes("DELETE FROM") {
            let table = self.name()?;
            let filter = self.filter()?;
            return Ok(Statement::Delete { table, filter });
        }
        self.select().map(Statement::Select)
    }

    fn create_table(&mut self) -> Parsed<Statement> {
        let table = self.name()?;
        let (mut columns, mut key, mut unique) = (Vec::new(), Vec::new(), Vec::new());
        self.sign("(")?;
        loop {
            if self.takes("PRIMARY KEY") {
                key = self.names()?;
            } else if self.takes("UNIQUE KEY") || self.takes("UNIQUE INDEX") {
                self.name()?;
                unique.push(self.names()?);
            } else if self.takes("KEY") || self.takes("INDEX") {
                if !matches!(self.peek(), Some(Token::Sign(_))) {
                    self.name()?;
                }
                self.names()?;
            } else {
                let (column, is_key, is_unique) = self.column()?;
                if is_key {
                    key.push(column.name.clone());
                }
                if is_unique {
                    unique.push(vec![column.name.clone()]);
                }
                columns.push(column);
            }
            if !self.takes_sign(",") {
                break;
            }
        }
        self.sign(")")?;
        // ENGINE, CHARACTER SET and the like.
        self.at = self.tokens.len();
        Ok(Statement::CreateTable {
            table,
            columns,
            key,
            unique,
        })
    }

    /// With whether it is the key, and whether it is unique.
    fn column(&mut self) -> Parsed<(Column, bool, bool)> {
        let mut column = Column {
            name: self.name()?,
            not_null: false,
            auto_increment: false,
        };
        let (mut is_key, mut is_unique) = (false, false);
        while !matches!(self.peek(), None | Some(Token::Sign(_)))
            || matches!(self.peek(), Some(Token::Sign(sign)) if sign == "(")
        {
            if self.takes("NOT NULL") {
                column.not_null = true;
            } else if self.takes("PRIMARY KEY") {
                is_key = true;
            } else if self.takes("UNIQUE") {
                is_unique = true;
            } else if self.takes("AUTO_INCREMENT") || self.takes("AUTOINCREMENT") {
                column.auto_increment = true;
            } else if self.takes_sign("(") {
                while !self.takes_sign(")") {
                    self.at += 1;
                }
            } else {
                self.at += 1;
            }
        }
        Ok((column, is_key, is_unique))
    }

    fn insert(&mut self) -> Parsed<Insert> {
        let mut ignore = self.takes("IGNORE") || self.takes("OR IGNORE");
        self.word("INTO")?;
        let table = self.name()?;
        if self.takes("DEFAULT VALUES") {
            return Ok(Insert {
                table,
                columns: Vec::new(),
                source: Source::Values(vec![Vec::new()]),
                ignore,
                otherwise: Vec::new(),
            });
        }
        let columns = self.names()?;
        let source = if self.takes("VALUES") {
            Source::Values(self.list(|parser| {
                parser.sign("(")?;
                let row = parser.list(Self::expression)?;
                parser.sign(")")?;
                Ok(row)
            })?)
        } else {
            Source::Select(Box::new(self.select()?))
        };
        ignore |= self.takes("ON CONFLICT DO NOTHING");
        let mut otherwise = Vec::new();
        if self.takes("ON CONFLICT") {
            self.names()?;
            self.word("DO UPDATE SET")?;
            otherwise = self.assignments()?;
        }
        Ok(Insert {
            table,
            columns,
            source,
            ignore,
            otherwise,
        })
    }

    fn assignments(&mut self) -> Parsed<Vec<(String, Expression)>> {
        self.list(|parser| {
            let column = parser.name()?;
            parser.sign("=")?;
            Ok((column, parser.expression()?))
        })
    }

    fn filter(&mut self) -> Parsed<Option<Expression>> {
        let filtered = self.takes("WHERE");
        filtered.then(|| self.expression()).transpose()
    }

    fn select(&mut self) -> Parsed<Select> {
        self.word("SELECT")?;
        let items = if self.takes_sign("*") {
            None
        } else {
            Some(self.list(|parser| {
                let item = parser.expression()?;
                if parser.takes("AS") {
                    parser.name()?;
                }
                Ok(item)
            })?)
        };
        let mut table = None;
        if self.takes("FROM") {
            table = Some(self.name()?);
        }
        let filter = self.filter()?;
        let mut order = Vec::new();
        if self.takes("ORDER BY") {
            order = self.list(|parser| {
                let by = parser.expression()?;
                let descending = parser.takes("DESC");
                if !descending {
                    parser.takes("ASC");
                }
                Ok((by, descending))
            })?;
        }
        let limited = self.takes("LIMIT");
        let limit = limited.then(|| self.expression()).transpose()?;
        let shifted = self.takes("OFFSET");
        let offset = shifted.then(|| self.expression()).transpose()?;
        let locking = self.takes("FOR UPDATE") || self.takes("LOCK IN SHARE MODE");
        Ok(Select {
            items,
            table,
            filter,
            order,
            limit,
            offset,
            locking,
        })
    }

    fn expression(&mut self) -> Parsed<Expression> {
        let mut left = self.conjunction()?;
        while self.takes("OR") {
            left = operation(Operator::Or, left, self.conjunction()?);
        }
        Ok(left)
    }

    fn conjunction(&mut self) -> Parsed<Expression> {
        let mut left = self.negation()?;
        while self.takes("AND") {
            left = operation(Operator::And, left, self.negation()?);
        }
        Ok(left)
    }

    fn negation(&mut self) -> Parsed<Expression> {
        if self.takes("NOT") {
            return Ok(Expression::Not(Box::new(self.negation()?)));
        }
        self.comparison()
    }

    fn comparison(&mut self) -> Parsed<Expression> {
        const OPERATORS: [(&str, Operator); 7] = [
            ("=", Operator::Equal),
            ("<>", Operator::Unequal),
            ("!=", Operator::Unequal),
            ("<", Operator::Less),
            ("<=", Operator::LessOrEqual),
            (">", Operator::Greater),
            (">=", Operator::GreaterOrEqual),
        ];
        let left = self.sum()?;
        for (sign, operator) in OPERATORS {
            if self.takes_sign(sign) {
                return Ok(operation(operator, left, self.sum()?));
            }
        }
        if self.takes("IS NULL") {
            return Ok(Expression::IsNull(Box::new(left)));
        }
        if self.takes("IS NOT NULL") {
            return Ok(not(Expression::IsNull(Box::new(left))));
        }
        if self.takes("BETWEEN") {
            let least = self.sum()?;
            self.word("AND")?;
            let most = self.sum()?;
            let above = operation(Operator::GreaterOrEqual, left.clone(), least);
            let below = operation(Operator::LessOrEqual, left, most);
            return Ok(operation(Operator::And, above, below));
        }
        let negated = self.takes("NOT IN");
        if negated || self.takes("IN") {
            self.sign("(")?;
            let found = if self.is_word(0, "SELECT") {
                Expression::InSelect(Box::new(left), Box::new(self.select()?))
            } else {
                Expression::In(Box::new(left), self.list(Self::expression)?)
            };
            self.sign(")")?;
            return Ok(if negated { not(found) } else { found });
        }
        Ok(left)
    }

    fn sum(&mut self) -> Parsed<Expression> {
        let mut left = self.product()?;
        loop {
            let operator = if self.takes_sign("+") {
                Operator::Plus
            } else if self.takes_sign("-") {
                Operator::Minus
            } else {
                return Ok(left);
            };
            left = operation(operator, left, self.product()?);
        }
    }

    fn product(&mut self) -> Parsed<Expression> {
        let mut left = self.primary()?;
        while self.takes_sign("*") {
            left = operation(Operator::Times, left, self.primary()?);
        }
        Ok(left)
    }

    fn primary(&mut self) -> Parsed<Expression> {
        if self.takes_sign("(") {
            let inner = if self.is_word(0, "SELECT") {
                Expression::Scalar(Box::new(self.select()?))
            } else {
                self.expression()?
            };
            self.sign(")")?;
            return Ok(inner);
        }
        if self.takes_sign("-") {
            let zero = Expression::Literal(Datum::Integer(0));
            return Ok(operation(Operator::Minus, zero, self.primary()?));
        }
        if self.takes("CASE") {
            return self.case();
        }
        if self.takes("NULL") {
            return Ok(Expression::Literal(Datum::Null));
        }
        if self.takes("EXISTS") {
            self.sign("(")?;
            let select = self.select()?;
            self.sign(")")?;
            return Ok(Expression::Exists(Box::new(select)));
        }
        let token = self.peek().cloned();
        self.at += 1;
        match token {
            Some(Token::Bind) => {
                self.binds += 1;
                Ok(Expression::Bind(self.binds - 1))
            }
            Some(Token::Number(number)) => Ok(Expression::Literal(Datum::Integer(number))),
            Some(Token::Text(text)) => Ok(Expression::Literal(Datum::Text(text))),
            Some(Token::Word(function)) if self.takes_sign("(") => {
                let arguments = if self.takes_sign("*") || self.takes_sign(")") {
                    Vec::new()
                } else {
                    self.list(Self::expression)?
                };
                self.takes_sign(")");
                Ok(Expression::Call(function.to_ascii_uppercase(), arguments))
            }
            Some(Token::Name(name)) => {
                if self.takes_sign(".") {
                    return Ok(Expression::Column(Some(name), self.name()?));
                }
                Ok(Expression::Column(None, name))
            }
            _ => {
                self.at -= 1;
                Err(self.unexpected())
            }
        }
    }

    fn case(&mut self) -> Parsed<Expression> {
        let of = if self.is_word(0, "WHEN") {
            None
        } else {
            Some(Box::new(self.expression()?))
        };
        let mut branches = Vec::new();
        while self.takes("WHEN") {
            let when = self.expression()?;
            self.word("THEN")?;
            branches.push((when, self.expression()?));
        }
        let otherwise = self.takes("ELSE");
        let otherwise = otherwise.then(|| self.expression()).transpose()?;
        self.word("END")?;
        Ok(Expression::Case {
            of,
            branches,
            otherwise: otherwise.map(Box::new),
        })
    }
}

fn operation(operator: Operator, left: Expression, right: Expression) -> Expression {
    Expression::Operation(operator, Box::new(left), Box::new(right))
}

fn not(expression: Expression) -> Expression {
    Expression::Not(Box::new(expression))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statements_of_the_library_are_understood() {
        for sql in [
            "INSERT INTO `a` (`id`,`n`) VALUES (?,?),(?,?)",
            "INSERT INTO `a` (`n`) VALUES ((SELECT `id` FROM `b` WHERE `m` = ?))",
            "INSERT INTO `a` DEFAULT VALUES",
            "UPDATE `a` SET `n` = `n` + ?,`m` = ? WHERE `id` = ?",
            "UPDATE `a` SET `n` = CASE `id` WHEN ? THEN ? ELSE `n` END WHERE `id` IN (?,?)",
            "INSERT INTO `a` (`id`,`n`) VALUES (1, ?) ON CONFLICT (`id`) DO UPDATE SET `n` = MAX(`n`, ?)",
            "SELECT `id` FROM `a` WHERE (`n` = ? AND `m` = ?) OR (`n` = ? AND `m` = ?) LIMIT 1 OFFSET 1000",
            "DELETE FROM `a` WHERE `id` IN (?,?) AND `n` < 7",
            "SELECT `id`,COUNT(*) FROM `a` WHERE `n` IS NOT NULL ORDER BY `n` DESC, `id` LIMIT ?",
            "CREATE TABLE IF NOT EXISTS `a` (`id` binary(16) NOT NULL PRIMARY KEY, `n` bigint NULL) ENGINE=InnoDB",
        ] {
            parse(sql).unwrap();
        }
        assert!(parse("DROP TABLE `a`").is_err());
        assert!(parse("DELETE FROM `a` WHERE `id` = ? garbage").is_err());
    }

    #[test]
    fn and_binds_closer_than_or_and_sums_closer_than_comparisons() {
        let Statement::Select(select) =
            parse("SELECT 1 FROM `a` WHERE `x` = 1 OR `y` + 1 > 2 AND `z` = 3").unwrap()
        else {
            panic!("no SELECT");
        };
        let Some(Expression::Operation(Operator::Or, _, right)) = select.filter else {
            panic!("no OR on top");
        };
        assert!(matches!(*right, Expression::Operation(Operator::And, ..)));
    }
}
