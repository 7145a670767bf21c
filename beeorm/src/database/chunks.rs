//! Lists of any length onto statements of few texts, so that these stay prepared.

/// How many items go into one statement: all small numbers, the powers of two, and the numbers that people choose, so that
/// what comes in pages of 20 or 100 is one statement.
const SIZES: [usize; 23] = [
    1, 2, 3, 4, 5, 6, 7, 8, 10, 12, 16, 20, 25, 32, 50, 64, 100, 128, 200, 256, 500, 512, 1000,
];

/// The largest of these sizes that there are items for; 1 at least.
pub(super) fn size(items: usize) -> usize {
    let sizes = SIZES.iter().rev();
    sizes.copied().find(|size| *size <= items).unwrap_or(1)
}

/// The smallest of these sizes that has room for the items; a power of two where none has.
pub(crate) fn room(items: usize) -> usize {
    let mut sizes = SIZES.iter().copied();
    let room = sizes.find(|size| *size >= items);
    room.unwrap_or_else(|| items.next_power_of_two())
}

/// The items in chunks of these sizes, each as large as they come.
pub(super) fn chunks<T>(items: &[T]) -> impl Iterator<Item = &[T]> {
    let mut rest = items;
    std::iter::from_fn(move || {
        let (chunk, behind) = rest.split_at_checked(size(rest.len()))?;
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
        let items: Vec<u32> = (0..2949).collect();
        let sizes: Vec<usize> = chunks(&items).map(<[u32]>::len).collect();
        assert_eq!(sizes, [1000, 1000, 512, 256, 128, 50, 3], "{sizes:?}");
        assert_eq!(chunks(&items).flatten().copied().collect::<Vec<_>>(), items);
        assert_eq!(chunks::<u32>(&[]).count(), 0);
        assert_eq!(list("(?,?)", 3), "(?,?),(?,?),(?,?)");
    }

    #[test]
    fn there_is_room_for_every_item() {
        let rooms = [0, 1, 9, 100, 101, 1000, 1001, 16_384].map(room);
        assert_eq!(rooms, [1, 1, 10, 100, 128, 1000, 1024, 16_384]);
    }
}
