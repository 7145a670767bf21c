//! The word that the user meant.

/// The candidate that differs from the word the least, where that is little enough for a slip.
pub(crate) fn nearest<'a>(word: &str, candidates: &[&'a str]) -> Option<&'a str> {
    let word = snake_case(word);
    let by_distance = candidates
        .iter()
        .map(|candidate| (distance(&word, candidate), *candidate));
    let (distance, candidate) = by_distance.min_by_key(|(distance, _)| *distance)?;
    (distance <= candidate.len().min(word.len()).div_ceil(3).min(3)).then_some(candidate)
}

/// `UserProfile` as `user_profile`, `HTTPServer` as `http_server`.
pub(crate) fn snake_case(name: &str) -> String {
    let mut snake = String::with_capacity(name.len() + 4);
    let mut letters = name.chars().peekable();
    let mut previous: Option<char> = None;
    while let Some(letter) = letters.next() {
        let starts_word = letter.is_uppercase()
            && previous.is_some_and(|previous| {
                previous.is_lowercase()
                    || previous.is_numeric()
                    || previous.is_uppercase()
                        && letters.peek().is_some_and(|next| next.is_lowercase())
            });
        if starts_word {
            snake.push('_');
        }
        snake.extend(letter.to_lowercase());
        previous = Some(letter);
    }
    snake
}

/// How many letters to insert, drop, exchange or swap with their neighbour (optimal string alignment).
fn distance(left: &str, right: &str) -> usize {
    let (left, right): (Vec<char>, Vec<char>) = (left.chars().collect(), right.chars().collect());
    let mut before: Vec<usize> = Vec::new();
    let mut above: Vec<usize> = (0..=right.len()).collect();
    for (row, letter) in left.iter().enumerate() {
        let mut current = vec![row + 1];
        for (column, other) in right.iter().enumerate() {
            let exchanged = above[column] + usize::from(letter != other);
            let mut least = exchanged
                .min(above[column + 1] + 1)
                .min(current[column] + 1);
            if row > 0 && column > 0 && *letter == right[column - 1] && left[row - 1] == *other {
                least = least.min(before[column - 1] + 1);
            }
            current.push(least);
        }
        before = std::mem::replace(&mut above, current);
    }
    above[right.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_become_snake_case() {
        for (name, snake) in [
            ("User", "user"),
            ("UserProfile", "user_profile"),
            ("HTTPServer", "http_server"),
            ("OAuth2Token", "o_auth2_token"),
            ("UserV2", "user_v2"),
            ("already_snake", "already_snake"),
            ("Ä", "ä"),
        ] {
            assert_eq!(snake_case(name), snake);
        }
    }

    #[test]
    fn slips_are_recognized_and_other_words_are_not() {
        let words = [
            "length",
            "unique",
            "index",
            "auto_increment",
            "primary_key",
            "json",
        ];
        assert_eq!(nearest("lenght", &words), Some("length"));
        assert_eq!(nearest("uniqe", &words), Some("unique"));
        assert_eq!(nearest("autoincrement", &words), Some("auto_increment"));
        assert_eq!(nearest("primaryKey", &words), Some("primary_key"));
        assert_eq!(nearest("banana", &words), None);
        assert_eq!(nearest("x", &words), None);
    }

    #[test]
    fn distances_count_edits() {
        assert_eq!(distance("", "abc"), 3);
        assert_eq!(distance("abc", ""), 3);
        assert_eq!(distance("lenght", "length"), 1);
        assert_eq!(distance("kitten", "sitting"), 3);
    }
}
