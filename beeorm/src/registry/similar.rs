/// The candidate that was most likely meant by a misspelt word.
pub(super) fn closest<'a>(
    word: &str,
    candidates: impl IntoIterator<Item = &'a str>,
) -> Option<&'a str> {
    let most = (word.chars().count() / 3).max(1);
    let distances = candidates
        .into_iter()
        .map(|candidate| (distance(word, candidate), candidate));
    distances
        .filter(|(distance, _)| *distance <= most)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, found)| found)
}

/// How many characters have to be put in, taken out or replaced (Levenshtein), cases being equal.
fn distance(left: &str, right: &str) -> usize {
    let right: Vec<char> = right.to_lowercase().chars().collect();
    let mut row: Vec<usize> = (0..=right.len()).collect();
    for (number, letter) in left.to_lowercase().chars().enumerate() {
        let mut diagonal = number;
        let mut before = number + 1;
        for (cell, other) in row.iter_mut().skip(1).zip(&right) {
            let replaced = diagonal + usize::from(letter != *other);
            diagonal = *cell;
            *cell = replaced.min(diagonal + 1).min(before + 1);
            before = *cell;
        }
        if let Some(first) = row.first_mut() {
            *first = number + 1;
        }
    }
    row.last().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn misspelt_words() {
        let keys = [
            "mysql",
            "mysqlEncoding",
            "redis",
            "sentinel",
            "streams",
            "local_cache",
        ];
        let meant = |word| closest(word, keys);
        assert_eq!(meant("mysq"), Some("mysql"));
        assert_eq!(meant("mysql_encoding"), Some("mysqlEncoding"));
        assert_eq!(meant("localCache"), Some("local_cache"));
        assert_eq!(meant("REDIS"), Some("redis"));
        assert_eq!(meant("stream"), Some("streams"));
        assert_eq!(meant("postgres"), None);
        assert_eq!(meant(""), None);
        assert_eq!(distance("kitten", "sitting"), 3);
    }
}
