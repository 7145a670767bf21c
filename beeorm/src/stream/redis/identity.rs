use bytes::Bytes;

use crate::stream::Entry;

/// What one script looks at, at most.
const PART_ENTRIES: usize = 500;
const PART_BYTES: usize = 8 * 1024 * 1024;

/// What tells an entry from another one with its id, which a failover can bring about: of each frame the
/// length and the beginning, which holds the frame's own id. As in `identity.lua`.
pub(super) fn identity(entry: &Entry) -> Vec<u8> {
    let mut identity = Vec::new();
    for frame in &entry.frames {
        identity.extend_from_slice(format!("{}:", frame.len()).as_bytes());
        identity.extend(frame.iter().take(32));
    }
    identity
}

/// The entries in parts, each small enough for one script.
pub(super) fn parts(entries: &[Entry]) -> impl Iterator<Item = &[Entry]> {
    let mut rest = entries;
    std::iter::from_fn(move || {
        let mut bytes = 0;
        let more = |entry: &&Entry| {
            let fits = bytes < PART_BYTES;
            bytes += entry.frames.iter().map(Bytes::len).sum::<usize>();
            fits
        };
        let count = rest.iter().take(PART_ENTRIES).take_while(more).count();
        let (part, behind) = rest.split_at_checked(count)?;
        rest = behind;
        (count > 0).then_some(part)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stream::EntryId;

    #[test]
    fn parts_are_bounded_in_entries_and_bytes_and_none_is_lost() {
        let entry = |size| Entry {
            id: EntryId::default(),
            frames: vec![vec![0; size].into()],
            deleted: false,
            reading: 0,
        };
        let sizes = |entries: &[Entry]| parts(entries).map(<[Entry]>::len).collect::<Vec<_>>();
        assert_eq!(sizes(&[]), [0; 0]);
        assert_eq!(sizes(&vec![entry(10); 1001]), [500, 500, 1]);
        assert_eq!(sizes(&vec![entry(5 * 1024 * 1024); 3]), [2, 1]);
        assert_eq!(sizes(&vec![entry(9 * 1024 * 1024); 2]), [1, 1]);
    }
}
