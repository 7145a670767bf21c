use beeorm_tests::Random;

/// Draws every fault once before any of them comes again, so that each run of some minutes has had all of them.
pub(super) struct Bag<T: 'static> {
    all: &'static [T],
    left: Vec<T>,
}

impl<T: Copy> Bag<T> {
    pub(super) fn of(all: &'static [T]) -> Self {
        Self {
            all,
            left: Vec::new(),
        }
    }

    pub(super) fn draw(&mut self, random: &mut Random) -> Option<T> {
        if self.left.is_empty() {
            self.left.extend_from_slice(self.all);
        }
        let last = u64::try_from(self.left.len()).ok()?.checked_sub(1)?;
        let place = usize::try_from(random.between(0, last)).ok()?;
        Some(self.left.swap_remove(place))
    }
}
