//! What an entry of the hand-written stream holds: a row's values one behind the other, at no cost worth speaking of.

use std::str::from_utf8;

use bytes::{Buf, BufMut, Bytes, BytesMut};
use uuid::Uuid;

use super::inserts::Values;
use crate::{Fallible, entities::Page};

/// A row of the table `pages`, as it was read.
#[derive(Debug)]
pub(crate) struct PageRow {
    pub(crate) id: Uuid,
    pub(crate) path: Bytes,
    pub(crate) referrer: Bytes,
    pub(crate) status: u16,
    pub(crate) millis: u32,
}

impl PageRow {
    pub(crate) fn values(&self) -> Fallible<Values<'_>> {
        let (path, referrer) = (from_utf8(&self.path)?, from_utf8(&self.referrer)?);
        Ok((self.id, path, referrer, self.status, self.millis))
    }
}

pub(crate) fn page(page: &Page) -> Bytes {
    let mut out = BytesMut::with_capacity(128);
    out.put_slice(Uuid::now_v7().as_bytes());
    out.put_u16(page.status);
    out.put_u32(page.millis);
    for text in [&page.path, &page.referrer] {
        out.put_u16(u16::try_from(text.len()).unwrap_or_default());
        out.put_slice(text.as_bytes());
    }
    out.freeze()
}

pub(crate) fn read_page(mut bytes: Bytes) -> Fallible<PageRow> {
    let id = Uuid::from_slice(&take(&mut bytes, 16)?)?;
    let (status, millis) = (bytes.try_get_u16()?, bytes.try_get_u32()?);
    let mut text = || {
        let length = bytes.try_get_u16()?;
        take(&mut bytes, length.into())
    };
    Ok(PageRow {
        id,
        path: text()?,
        referrer: text()?,
        status,
        millis,
    })
}

/// An account's id and its new balance.
pub(crate) fn balance(id: u64, balance: i64) -> Bytes {
    let mut out = BytesMut::with_capacity(16);
    out.put_u64(id);
    out.put_i64(balance);
    out.freeze()
}

pub(crate) fn read_balance(mut bytes: Bytes) -> Fallible<(u64, i64)> {
    Ok((bytes.try_get_u64()?, bytes.try_get_i64()?))
}

fn take(bytes: &mut Bytes, length: usize) -> Fallible<Bytes> {
    if bytes.len() < length {
        return Err("an entry ends too early".into());
    }
    Ok(bytes.split_to(length))
}
