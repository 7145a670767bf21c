use bytes::Bytes;

use crate::column::{Corrupt, read_varint, write_varint};

/// An entry's frames as one value: each with its length before it.
pub(super) fn pack(frames: &[Bytes]) -> Vec<u8> {
    let mut packed = Vec::with_capacity(frames.iter().map(|frame| frame.len() + 5).sum());
    for frame in frames {
        write_varint(&mut packed, frame.len() as u64);
        packed.extend_from_slice(frame);
    }
    packed
}

pub(super) fn unpack(mut packed: &[u8]) -> Result<Vec<Bytes>, Corrupt> {
    let mut frames = Vec::new();
    while !packed.is_empty() {
        let length = usize::try_from(read_varint(&mut packed)?).map_err(|_| Corrupt)?;
        let (frame, rest) = packed.split_at_checked(length).ok_or(Corrupt)?;
        frames.push(Bytes::copy_from_slice(frame));
        packed = rest;
    }
    Ok(frames)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_come_back_and_what_is_cut_off_is_refused() {
        for frames in [
            vec![],
            vec![Bytes::new()],
            vec![vec![1; 300].into(), Bytes::new(), vec![2].into()],
        ] {
            assert_eq!(unpack(&pack(&frames)), Ok(frames));
        }
        assert_eq!(unpack(&[5, 1, 2]), Err(Corrupt));
        assert_eq!(unpack(&[0x80]), Err(Corrupt));
    }
}
