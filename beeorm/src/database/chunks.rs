//! Lists of any length onto statements of few texts, so that these stay prepared.

const SIZES: [usize; 4] = [500, 100, 10, 1];

/// The items in chunks, each as large as they come.
pub(super) fn chunks<T>(items: &[T]) -> impl Iterator<Item = &[T]> {
    let mut rest = items;
    std::iter::from_fn(move || {
        let size = SIZES.into_iter().find(|size| *size <= rest.len())?;
        let (chunk, behind) = rest.split_at_checked(size)?;
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
        assert_eq!(
            sizes,
            [500, 500, 500, 100, 100, 10, 10, 1, 1, 1],
            "{sizes:?}"
        );
        assert_eq!(chunks(&items).flatten().copied().collect::<Vec<_>>(), items);
        assert_eq!(chunks::<u32>(&[]).count(), 0);
        assert_eq!(list("(?,?)", 3), "(?,?),(?,?),(?,?)");
    }
}
