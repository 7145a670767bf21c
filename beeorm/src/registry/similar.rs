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

/// Whether one is the other with a slip or two.
pub(super) fn is_slip(word: &str, meant: &str) -> bool {
    word != meant && distance(word, meant) <= 2
}

/// `did you mean …?`, or what there is.
pub(super) fn advice(word: &str, known: &[&str]) -> String {
    closest(word, known.iter().copied()).map_or_else(
        || format!("there are: {}", known.join(", ")),
        |meant| format!("did you mean {meant:?}?"),
    )
}

/// How many characters have to be put in, taken out, replaced or swapped with the next one, cases being equal.
fn distance(left: &str, right: &str) -> usize {
    let right: Vec<char> = right.to_lowercase().chars().collect();
    let mut earlier: Vec<usize> = Vec::new();
    let mut row: Vec<usize> = (0..=right.len()).collect();
    let mut letter_before = None;
    for (number, letter) in left.to_lowercase().chars().enumerate() {
        let mut next = Vec::with_capacity(row.len());
        let mut before = number + 1;
        next.push(before);
        let mut other_before = None;
        // What it takes to the letter before this one in both words.
        let mut two_before = None;
        let cells = row.iter().zip(row.iter().skip(1)).zip(&right).enumerate();
        for (position, ((diagonal, above), other)) in cells {
            let replaced = diagonal + usize::from(letter != *other);
            let mut least = replaced.min(above + 1).min(before + 1);
            let is_swapped = letter_before == Some(*other) && other_before == Some(letter);
            if let (true, Some(two_before)) = (is_swapped, two_before) {
                least = least.min(two_before + 1);
            }
            two_before = earlier.get(position).copied();
            other_before = Some(*other);
            before = least;
            next.push(least);
        }
        letter_before = Some(letter);
        earlier = std::mem::replace(&mut row, next);
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
        assert_eq!(meant("redsi"), Some("redis"));
        assert_eq!(meant("sqlmy"), None);
        assert_eq!(meant("stream"), Some("streams"));
        assert_eq!(meant("postgres"), None);
        assert_eq!(meant(""), None);
        assert_eq!(distance("kitten", "sitting"), 3);
        assert_eq!(distance("abcd", "badc"), 2);
    }
}
