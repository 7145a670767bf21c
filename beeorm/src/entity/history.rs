//! What is known of a row's lazy flushes.

use std::collections::HashMap;

use uuid::Uuid;

/// A frame, and the database pool that it was for.
pub(crate) type FrameAt = (&'static str, Uuid);

/// What a lazy flush came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Effect {
    Applied,
    /// The inbox does not know it any more.
    Forgotten,
    Dead,
    Skipped,
    SetAside,
}

/// The lazy flushes of a row of which it is not known that they took effect: what is written synchronously comes after
/// them, and not at all where one of them failed.
#[derive(Clone, Debug, Default)]
pub(crate) struct History {
    /// Nobody has asked yet what became of them. The oldest first.
    queued: Vec<FrameAt>,
    /// They took no effect: the row is not what the entity says.
    failed: Vec<(FrameAt, Effect)>,
    /// Older ones were let go of, and may have failed.
    is_cut: bool,
}

/// So many are remembered, 32 kB of them.
pub(crate) const REMEMBERED: usize = 1024;

impl History {
    pub(crate) fn push(&mut self, frames: impl Iterator<Item = FrameAt>) {
        for frame in frames {
            if self.queued.len() >= REMEMBERED {
                // Half of them at once, so that this is rare.
                self.queued.drain(..REMEMBERED / 2);
                self.is_cut = true;
            }
            self.queued.push(frame);
        }
    }

    /// All that the inbox can be asked about: of one that failed too, as it may have been replayed.
    pub(crate) fn frames(&self) -> impl Iterator<Item = FrameAt> {
        let failed = self.failed.iter().map(|(frame, _)| *frame);
        failed.chain(self.queued.iter().copied())
    }

    /// The first that took no effect, as far as is known.
    pub(crate) fn failure(&self) -> Option<(Uuid, Effect)> {
        let ((_, frame), effect) = self.failed.first()?;
        Some((*frame, *effect))
    }

    pub(crate) fn is_cut(&self) -> bool {
        self.is_cut
    }

    /// Learns what became of these.
    pub(crate) fn learn(&mut self, effects: &HashMap<Uuid, Effect>) {
        self.failed.retain_mut(|((_, frame), effect)| {
            match effects.get(frame) {
                Some(Effect::Applied) => return false,
                // What failed did so, whoever has forgotten it.
                Some(Effect::Forgotten) | None => {}
                Some(other) => *effect = *other,
            }
            true
        });
        let failed = &mut self.failed;
        self.queued.retain(|frame| match effects.get(&frame.1) {
            Some(Effect::Applied | Effect::Forgotten) => false,
            Some(effect) => {
                failed.push((*frame, *effect));
                false
            }
            None => true,
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frame(number: u128) -> FrameAt {
        ("default", Uuid::from_u128(number))
    }

    #[test]
    fn what_failed_is_forgotten_only_when_it_is_applied() {
        let mut history = History::default();
        history.push((1..=3).map(frame));
        let learn = |history: &mut History, number, effect| {
            history.learn(&HashMap::from([(Uuid::from_u128(number), effect)]));
        };
        learn(&mut history, 2, Effect::Dead);
        learn(&mut history, 1, Effect::Applied);
        assert_eq!(history.frames().collect::<Vec<_>>(), [frame(2), frame(3)]);
        learn(&mut history, 2, Effect::Forgotten);
        learn(&mut history, 3, Effect::Forgotten);
        assert_eq!(history.failure(), Some((Uuid::from_u128(2), Effect::Dead)));
        learn(&mut history, 2, Effect::Applied);
        assert_eq!(history.failure(), None);
        assert_eq!(history.frames().count(), 0);
    }

    #[test]
    fn what_is_let_go_of_is_not_taken_for_applied() {
        let mut history = History::default();
        history.push((0..REMEMBERED as u128).map(frame));
        assert!(!history.is_cut());
        history.push([frame(5000)].into_iter());
        assert!(history.is_cut());
        assert!(history.frames().count() <= REMEMBERED);
    }
}
