//! How many entries are read at a time. What is in them is known only once they are read, and Redis knows no limit but their
//! number.

use bytes::Bytes;

use crate::stream::Entry;

/// As in `read.lua`.
const ENOUGH_BYTES: usize = 4 * 1024 * 1024;
/// So many come at most where they are large all at once.
const FEW: usize = 24;
/// Where a round trip takes long, a page of these takes no time beside it.
const MANY: usize = 128;
/// Where entries were small for so many times as long as a page, the next one is as long.
const PROVEN_BY: usize = 16;
const SMALL_BYTES: usize = ENOUGH_BYTES / MANY;

/// What entries come to.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Weight {
    pub(super) frames: usize,
    pub(super) bytes: usize,
}

impl Weight {
    pub(super) fn of(entry: &Entry) -> Self {
        Self {
            frames: entry.weight(),
            bytes: entry.frames.iter().map(Bytes::len).sum(),
        }
    }

    /// So many frames, or as many bytes as are held at a time.
    pub(super) fn enough(frames: usize) -> Self {
        Self {
            frames,
            bytes: ENOUGH_BYTES,
        }
    }

    pub(super) fn add(&mut self, other: Self) {
        self.frames += other.frames;
        self.bytes += other.bytes;
    }

    /// Whether it is below in both.
    pub(super) fn is_below(self, limit: Self) -> bool {
        self.frames < limit.frames && self.bytes < limit.bytes
    }

    fn half(self) -> Self {
        Self {
            frames: self.frames / 2,
            bytes: self.bytes / 2,
        }
    }

    fn max(self, other: Self) -> Self {
        Self {
            frames: self.frames.max(other.frames),
            bytes: self.bytes.max(other.bytes),
        }
    }
}

/// How large entries were lately.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Sizes {
    /// The largest: halved with each page that has none as large. None before the first.
    largest: Option<Weight>,
    /// So many in a row were small.
    small: usize,
}

impl Sizes {
    /// How many to read next, where there are so many already: as many as would be enough if they were as large as the
    /// largest lately; one where that is not known.
    pub(super) fn page(&self, enough: Weight, read: Weight) -> usize {
        let Some(largest) = self.largest else {
            return 1;
        };
        let frames = enough.frames.saturating_sub(read.frames) / largest.frames.max(1);
        let bytes = enough.bytes.saturating_sub(read.bytes) / largest.bytes.max(1);
        let most = (self.small / PROVEN_BY).clamp(FEW, MANY);
        frames.min(bytes).clamp(1, most)
    }

    /// Learns from a page.
    pub(super) fn see(&mut self, page: impl Iterator<Item = Weight>) {
        for (place, weight) in page.enumerate() {
            let is_small = weight.bytes <= SMALL_BYTES;
            self.small = if is_small {
                self.small.saturating_add(1)
            } else {
                0
            };
            let lately = match self.largest {
                Some(largest) if place == 0 => largest.half(),
                Some(largest) => largest,
                None => weight,
            };
            self.largest = Some(lately.max(weight));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOTHING: Weight = Weight {
        frames: 0,
        bytes: 0,
    };

    fn of(bytes: usize) -> Weight {
        Weight { frames: 1, bytes }
    }

    fn page(sizes: Sizes) -> usize {
        sizes.page(Weight::enough(1000), NOTHING)
    }

    fn see(sizes: &mut Sizes, bytes: usize, times: usize) {
        sizes.see(std::iter::repeat_n(of(bytes), times));
    }

    #[test]
    fn what_was_small_for_long_is_read_in_longer_pages() {
        let mut sizes = Sizes::default();
        assert_eq!(page(sizes), 1, "nothing is known");
        see(&mut sizes, 200, 1);
        assert_eq!(page(sizes), FEW);
        see(&mut sizes, 200, 500);
        assert_eq!(page(sizes), 31);
        see(&mut sizes, 200, 5000);
        assert_eq!(page(sizes), MANY);
        assert_eq!(
            sizes.page(
                Weight::enough(1000),
                Weight {
                    frames: 990,
                    bytes: 0
                }
            ),
            10
        );
        see(&mut sizes, SMALL_BYTES + 1, 1);
        see(&mut sizes, 200, 100);
        see(&mut sizes, 200, 100);
        assert_eq!(page(sizes), FEW, "one of them was large");
    }

    #[test]
    fn large_ones_are_read_as_there_is_room_for_them() {
        let mut sizes = Sizes::default();
        see(&mut sizes, ENOUGH_BYTES / 4, 1);
        assert_eq!(page(sizes), 4);
        let three = Weight {
            frames: 3,
            bytes: ENOUGH_BYTES / 4 * 3,
        };
        assert_eq!(sizes.page(Weight::enough(1000), three), 1);
        see(&mut sizes, 10, 4);
        assert_eq!(page(sizes), 8, "they are forgotten by and by");
        see(&mut sizes, 2 * ENOUGH_BYTES, 1);
        assert_eq!(page(sizes), 1);
    }
}
