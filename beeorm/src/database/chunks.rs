//! Lists of any length onto statements of few texts, so that these stay prepared.

const MOST: usize = 512;

/// The items in chunks of 1, 2, 4, … up to 512, each as large as they come.
pub(super) fn chunks<T>(items: &[T]) -> impl Iterator<Item = &[T]> {
    let mut rest = items;
    std::iter::from_fn(move || {
        let power = rest.len().min(MOST).checked_ilog2()?;
        let (chunk, behind) = rest.split_at_checked(1 << power)?;
        rest = behind;
        Some(chunk)
    })
}

/// `count` times the text, with commas between.
pub(super) fn list(text: &str, count: usize) -> String {
    vec![text; count].join(",")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_item_is_in_one_chunk() {
        let items: Vec<u32> = (0..1723).collect();
        let sizes: Vec<usize> = chunks(&items).map(<[u32]>::len).collect();
        assert_eq!(sizes, [512, 512, 512, 128, 32, 16, 8, 2, 1], "{sizes:?}");
        assert_eq!(chunks(&items).flatten().copied().collect::<Vec<_>>(), items);
        assert_eq!(chunks::<u32>(&[]).count(), 0);
        assert_eq!(list("(?,?)", 3), "(?,?),(?,?),(?,?)");
    }
}
