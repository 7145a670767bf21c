use bytes::Bytes;
use fred::types::Resp3Frame;

use super::RedisError;

/// A server's answer that is no error.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Reply {
    Nil,
    Integer(i64),
    Bytes(Bytes),
    Array(Vec<Reply>),
}

impl Reply {
    pub(super) fn of(frame: Resp3Frame) -> Result<Self, RedisError> {
        Ok(match frame {
            Resp3Frame::Null => Self::Nil,
            Resp3Frame::Number { data, .. } => Self::Integer(data),
            Resp3Frame::SimpleString { data, .. } | Resp3Frame::BlobString { data, .. } => {
                Self::Bytes(data)
            }
            Resp3Frame::Array { data, .. } => {
                let mut items = Vec::with_capacity(data.len());
                for item in data {
                    items.push(Self::of(item)?);
                }
                Self::Array(items)
            }
            Resp3Frame::SimpleError { data, .. } => {
                return Err(RedisError::Refused(data.to_string()));
            }
            Resp3Frame::BlobError { data, .. } => {
                return Err(RedisError::Refused(
                    String::from_utf8_lossy(&data).into_owned(),
                ));
            }
            // The rest belongs to RESP3, which is not asked for.
            _ => return Err(RedisError::Unexpected("RESP2")),
        })
    }

    /// An empty one for nil, as an empty range is told either way.
    pub(crate) fn into_array(self) -> Result<Vec<Self>, RedisError> {
        match self {
            Self::Array(items) => Ok(items),
            Self::Nil => Ok(Vec::new()),
            _ => Err(RedisError::Unexpected("an array")),
        }
    }

    /// Exactly so many.
    pub(crate) fn into_items<const N: usize>(self) -> Result<[Self; N], RedisError> {
        self.into_array()?
            .try_into()
            .map_err(|_| RedisError::Unexpected("an array of another length"))
    }

    pub(crate) fn into_bytes(self) -> Result<Bytes, RedisError> {
        match self {
            Self::Bytes(bytes) => Ok(bytes),
            _ => Err(RedisError::Unexpected("a string")),
        }
    }

    pub(crate) fn into_text(self) -> Result<String, RedisError> {
        String::from_utf8(self.into_bytes()?.into()).map_err(|_| RedisError::Unexpected("text"))
    }

    /// A count: no server sends a negative one.
    pub(crate) fn into_count(self) -> Result<u64, RedisError> {
        match self {
            Self::Integer(number) => u64::try_from(number).ok(),
            Self::Bytes(digits) => std::str::from_utf8(&digits)
                .ok()
                .and_then(|digits| digits.parse().ok()),
            _ => None,
        }
        .ok_or(RedisError::Unexpected("a count"))
    }

    /// None for nil.
    pub(crate) fn optional(self) -> Option<Self> {
        (self != Self::Nil).then_some(self)
    }

    /// The values of an array of names and values.
    pub(crate) fn into_pairs(self) -> Result<Vec<(String, Self)>, RedisError> {
        let mut items = self.into_array()?.into_iter();
        let mut pairs = Vec::with_capacity(items.len() / 2);
        while let (Some(name), Some(value)) = (items.next(), items.next()) {
            pairs.push((name.into_text()?, value));
        }
        Ok(pairs)
    }
}
