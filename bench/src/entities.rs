//! What is written: a row of five columns, and one of twenty. Every value follows from a number.

use beeorm::prelude::*;

/// Five columns, without a unique value beside its key.
#[derive(Entity, Debug, Default)]
#[entity(table = "pages")]
pub(crate) struct Page {
    #[entity(uuid)]
    pub(crate) id: Uuid,
    #[entity(length = 100)]
    pub(crate) path: String,
    #[entity(length = 100)]
    pub(crate) referrer: String,
    pub(crate) status: u16,
    pub(crate) millis: u32,
}

/// The same for whoever writes by hand, in a table of the same definition.
pub(crate) const BARE_PAGES: &str = "bare_pages";

impl Page {
    pub(crate) fn number(number: usize) -> Self {
        let number = u32::try_from(number).unwrap_or(u32::MAX);
        Self {
            id: Uuid::nil(),
            path: format!("/articles/{number}"),
            referrer: format!("https://example.com/search/{}", number % 1000),
            status: 200 + u16::from(number % 4 == 0),
            millis: number.wrapping_mul(7) % 1000,
        }
    }

    pub(crate) fn numbers(numbers: std::ops::Range<usize>) -> Vec<Self> {
        numbers.map(Self::number).collect()
    }

    /// As SQL's `CRC32(CONCAT_WS('|', …))` gives it.
    pub(crate) fn checksum(&self) -> u32 {
        let text = format!(
            "{}|{}|{}|{}",
            self.path, self.referrer, self.status, self.millis
        );
        crc32fast::hash(text.as_bytes())
    }
}

/// Twenty columns, of which one is counted up; its key is the caller's.
#[derive(Entity, Debug, Default)]
#[entity(table = "accounts")]
pub(crate) struct Account {
    #[entity(primary_key)]
    pub(crate) id: u64,
    pub(crate) balance: i64,
    #[entity(length = 60)]
    pub(crate) first_name: String,
    #[entity(length = 60)]
    pub(crate) last_name: String,
    #[entity(length = 100)]
    pub(crate) email: String,
    #[entity(length = 100)]
    pub(crate) street: String,
    #[entity(length = 60)]
    pub(crate) city: String,
    #[entity(length = 20)]
    pub(crate) postcode: String,
    #[entity(length = 2)]
    pub(crate) country: String,
    #[entity(length = 30)]
    pub(crate) phone: Option<String>,
    pub(crate) age: u8,
    pub(crate) level: u16,
    pub(crate) logins: u32,
    pub(crate) points: u64,
    pub(crate) rank: i32,
    pub(crate) height: f64,
    pub(crate) active: bool,
    pub(crate) verified: bool,
    pub(crate) last_seen: u64,
    pub(crate) created: u64,
}

/// The same for whoever writes by hand.
pub(crate) const BARE_ACCOUNTS: &str = "bare_accounts";

impl Account {
    pub(crate) fn number(id: u64) -> Self {
        Self {
            id,
            balance: 0,
            first_name: format!("First {id}"),
            last_name: format!("Last {id}"),
            email: format!("account{id}@example.com"),
            street: format!("{} Honey Lane", id % 100),
            city: "Beeston".to_owned(),
            postcode: format!("BE {}", id % 1000),
            country: "GB".to_owned(),
            phone: id.is_multiple_of(2).then(|| format!("+44 {id}")),
            age: 30,
            level: 1,
            logins: 0,
            points: id,
            rank: -1,
            height: 1.75,
            active: true,
            verified: false,
            last_seen: 0,
            created: 1_700_000_000,
        }
    }
}
