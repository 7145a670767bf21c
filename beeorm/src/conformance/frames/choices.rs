use uuid::{Builder, Uuid};

/// Any bytes, taken for choices; when they run out, the first choice is taken each time.
///
/// So that whatever makes and shrinks bytes, a property test or a fuzzer, makes and shrinks frames.
pub(super) struct Choices<'a>(pub(super) &'a [u8]);

impl Choices<'_> {
    pub(super) fn byte(&mut self) -> u8 {
        let Some((first, rest)) = self.0.split_first() else {
            return 0;
        };
        self.0 = rest;
        *first
    }

    /// A number below the limit, which is small.
    pub(super) fn below(&mut self, limit: usize) -> usize {
        usize::from(self.byte()) % limit.max(1)
    }

    pub(super) fn yes(&mut self) -> bool {
        self.byte() % 2 == 1
    }

    /// Small ones are as likely as large ones.
    pub(super) fn number(&mut self) -> u64 {
        let bits = self.below(65);
        let all = u64::from_le_bytes(std::array::from_fn(|_| self.byte()));
        all.checked_shr(64 - u32::try_from(bits).unwrap_or(64))
            .unwrap_or(0)
    }

    pub(super) fn bytes(&mut self) -> Vec<u8> {
        let length = self.below(40);
        (0..length).map(|_| self.byte()).collect()
    }

    pub(super) fn text(&mut self) -> String {
        String::from_utf8_lossy(&self.bytes()).into_owned()
    }

    /// Of version 7, as every frame's.
    pub(super) fn frame_id(&mut self) -> Uuid {
        let random = std::array::from_fn(|_| self.byte());
        Builder::from_unix_timestamp_millis(self.number() >> 16, &random).into_uuid()
    }
}
