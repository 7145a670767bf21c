//! Rust source as words: comments and literals left out, so that what is only talked about is not taken for code.

/// A word (an identifier), or one character of punctuation.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Token {
    pub(crate) text: String,
    /// Counted from 1.
    pub(crate) line: usize,
}

/// The words of a file.
pub(crate) fn tokens(source: &str) -> Vec<Token> {
    let characters: Vec<char> = source.chars().collect();
    let mut reader = Reader {
        characters: &characters,
        at: 0,
        line: 1,
    };
    let mut tokens = Vec::new();
    while let Some(character) = reader.peek(0) {
        if reader.skip_comment() || reader.skip_literal() {
            continue;
        }
        let line = reader.line;
        if is_word(character) {
            let text = reader.word();
            tokens.push(Token { text, line });
        } else {
            reader.step();
            if !character.is_whitespace() {
                tokens.push(Token {
                    text: character.to_string(),
                    line,
                });
            }
        }
    }
    tokens
}

fn is_word(character: char) -> bool {
    character.is_alphanumeric() || character == '_'
}

struct Reader<'a> {
    characters: &'a [char],
    at: usize,
    line: usize,
}

impl Reader<'_> {
    fn peek(&self, ahead: usize) -> Option<char> {
        self.characters.get(self.at + ahead).copied()
    }

    fn step(&mut self) {
        if self.peek(0) == Some('\n') {
            self.line += 1;
        }
        self.at += 1;
    }

    fn steps(&mut self, count: usize) {
        (0..count).for_each(|_| self.step());
    }

    fn starts_with(&self, text: &str) -> bool {
        text.chars()
            .enumerate()
            .all(|(ahead, character)| self.peek(ahead) == Some(character))
    }

    fn word(&mut self) -> String {
        let mut word = String::new();
        while let Some(character) = self.peek(0).filter(|character| is_word(*character)) {
            word.push(character);
            self.step();
        }
        word
    }

    fn skip_comment(&mut self) -> bool {
        if self.starts_with("//") {
            while self.peek(0).is_some_and(|character| character != '\n') {
                self.step();
            }
            return true;
        }
        if !self.starts_with("/*") {
            return false;
        }
        let mut depth = 0;
        while self.peek(0).is_some() {
            if self.starts_with("/*") {
                depth += 1;
                self.steps(2);
            } else if self.starts_with("*/") {
                depth -= 1;
                self.steps(2);
                if depth == 0 {
                    break;
                }
            } else {
                self.step();
            }
        }
        true
    }

    /// Strings of all sorts, and characters. A prefix (`b`, `c`) is met as a word before, which does no harm, but the
    /// `r` of a raw string tells that its backslashes mean nothing.
    fn skip_literal(&mut self) -> bool {
        match self.peek(0) {
            Some('"') => self.skip_quoted('"'),
            Some('\'') if self.peek(1) == Some('\\') || self.peek(2) == Some('\'') => {
                self.skip_quoted('\'')
            }
            Some('r' | 'b' | 'c') => self.skip_raw(),
            Some(_) | None => false,
        }
    }

    fn skip_quoted(&mut self, quote: char) -> bool {
        self.step();
        while let Some(character) = self.peek(0) {
            self.steps(if character == '\\' { 2 } else { 1 });
            if character == quote {
                break;
            }
        }
        true
    }

    fn skip_raw(&mut self) -> bool {
        let prefix = if self.peek(0) == Some('r') { 1 } else { 2 };
        if prefix == 2 && self.peek(1) != Some('r') {
            return false;
        }
        let hashes = (prefix..)
            .take_while(|ahead| self.peek(*ahead) == Some('#'))
            .count();
        if self.peek(prefix + hashes) != Some('"') {
            return false;
        }
        let end = format!("\"{}", "#".repeat(hashes));
        self.steps(prefix + hashes + 1);
        while self.peek(0).is_some() && !self.starts_with(&end) {
            self.step();
        }
        self.steps(end.len());
        true
    }
}

#[cfg(test)]
mod tests {
    use super::tokens;

    fn words(source: &str) -> String {
        tokens(source)
            .into_iter()
            .map(|token| token.text)
            .collect::<Vec<_>>()
            .join(" ")
    }

    #[test]
    fn comments_and_literals_are_left_out() {
        assert_eq!(words("a // b\n/* c /* d */ e */ f"), "a f");
        assert_eq!(words(r#"a "b \" c" d b"e" f"#), "a d b f");
        assert_eq!(words("a r#\"b \" c\"# d r\"e\\\" f br\"g\""), "a d f");
    }

    #[test]
    fn lifetimes_are_no_characters() {
        assert_eq!(
            words(r"fn f<'a>(x: &'a u8) { '\'' ; 'x' ; y }"),
            "fn f < ' a > ( x : & ' a u8 ) { ; ; y }"
        );
    }

    #[test]
    fn lines_are_counted_through_what_is_left_out() {
        let found = tokens("/* one\ntwo */ \"\nthree\" a");
        assert_eq!(found.first().map(|token| token.line), Some(3));
    }
}
