use uuid::Uuid;

/// Numbers that follow from the seed alone (SplitMix64).
#[derive(Debug)]
pub(super) struct Random(u64);

impl Random {
    pub(super) fn new(seed: u64) -> Self {
        // Neighbouring seeds have nothing in common after one step.
        let mut random = Self(seed ^ 0x5EED_BEE5_0BEE_5EED);
        random.next();
        random
    }

    pub(super) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    pub(super) fn below(&mut self, limit: u64) -> u64 {
        self.next() % limit.max(1)
    }

    /// From the one up to and with the other.
    pub(super) fn within(&mut self, least: u64, most: u64) -> u64 {
        least + self.below(most.saturating_sub(least) + 1)
    }

    pub(super) fn place(&mut self, length: usize) -> usize {
        usize::try_from(self.below(length as u64)).unwrap_or(0)
    }

    pub(super) fn chance(&mut self, per_mille: u64) -> bool {
        self.below(1000) < per_mille
    }

    /// A number up to the limit: of every size down to a thousandth of it as often as of every other.
    pub(super) fn of_any_size(&mut self, limit: u64) -> u64 {
        let reach = limit >> self.below(10);
        self.below(reach.max(1) + 1)
    }

    /// A UUID of version 7.
    pub(super) fn uuid(&mut self, millis: u64) -> Uuid {
        let drawn = [self.next().to_le_bytes(), self.next().to_le_bytes()].concat();
        let mut bytes = [0; 10];
        bytes.copy_from_slice(&drawn[..10]);
        uuid::Builder::from_unix_timestamp_millis(millis, &bytes).into_uuid()
    }
}
