//! Letters to words.

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Token {
    /// A keyword or a bare name, as it is written.
    Word(String),
    /// In backticks.
    Name(String),
    Number(i128),
    Text(String),
    Bind,
    /// One or two signs.
    Sign(String),
}

const PAIRS: [&str; 4] = ["<=", ">=", "<>", "!="];

pub(super) fn tokens(sql: &str) -> Result<Vec<Token>, String> {
    let letters: Vec<char> = sql.chars().collect();
    let mut tokens = Vec::new();
    let mut at = 0;
    while let Some(&letter) = letters.get(at) {
        let end = |from: usize, part: &dyn Fn(char) -> bool| {
            let rest = letters[from..].iter();
            from + rest.take_while(|letter| part(**letter)).count()
        };
        at = match letter {
            letter if letter.is_whitespace() => at + 1,
            '?' => {
                tokens.push(Token::Bind);
                at + 1
            }
            quote @ ('`' | '\'') => {
                let (text, behind) = quoted(&letters, at + 1, quote)?;
                tokens.push(if quote == '`' {
                    Token::Name(text)
                } else {
                    Token::Text(text)
                });
                behind
            }
            digit if digit.is_ascii_digit() => {
                let behind = end(at, &|letter| letter.is_ascii_digit());
                let digits: String = letters[at..behind].iter().collect();
                tokens.push(Token::Number(digits.parse().map_err(|_| digits)?));
                behind
            }
            letter if letter.is_ascii_alphabetic() || letter == '_' => {
                let behind = end(at, &|letter| {
                    letter.is_ascii_alphanumeric() || letter == '_'
                });
                tokens.push(Token::Word(letters[at..behind].iter().collect()));
                behind
            }
            _ => {
                let two: String = letters[at..].iter().take(2).collect();
                let sign = if PAIRS.contains(&two.as_str()) {
                    two
                } else {
                    letter.to_string()
                };
                let length = sign.len();
                tokens.push(Token::Sign(sign));
                at + length
            }
        };
    }
    Ok(tokens)
}

/// What stands in quotes, and where it ends; the quote itself is written twice.
fn quoted(letters: &[char], mut at: usize, quote: char) -> Result<(String, usize), String> {
    let mut text = String::new();
    while let Some(&letter) = letters.get(at) {
        if letter != quote {
            text.push(letter);
            at += 1;
        } else if letters.get(at + 1) == Some(&quote) {
            text.push(quote);
            at += 2;
        } else {
            return Ok((text, at + 1));
        }
    }
    Err(format!("an open {quote}"))
}
