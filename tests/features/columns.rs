//! Every column type, to the database and back, flushed and flushed lazily.

use std::collections::BTreeMap;

use beeorm::prelude::*;
use chrono::{DateTime, NaiveDate, NaiveDateTime, Utc};
use rust_decimal::Decimal;

use crate::support::{drain, engine, on_every_backend};

#[derive(EntityEnum, Debug, Default, Clone, Copy, PartialEq, Eq)]
enum Color {
    #[default]
    Red,
    #[entity(rename = "light blue")]
    LightBlue,
    Green,
}

#[derive(Embedded, Debug, Default, PartialEq)]
struct Address {
    city: String,
    zip: Option<u32>,
}

#[derive(Debug, Default, PartialEq, serde::Serialize, serde::Deserialize)]
struct Settings {
    theme: String,
    sizes: Vec<u8>,
}

#[derive(Entity, Debug, Default, PartialEq)]
struct Everything {
    #[entity(uuid)]
    id: Uuid,
    boolean: bool,
    tiny: i8,
    small: i16,
    medium: i32,
    big: i64,
    tiny_unsigned: u8,
    small_unsigned: u16,
    medium_unsigned: u32,
    big_unsigned: u64,
    float: f32,
    double: f64,
    short_text: String,
    #[entity(length = max)]
    long_text: String,
    blob: Vec<u8>,
    #[entity(mediumblob)]
    medium_blob: Vec<u8>,
    #[entity(longblob)]
    long_blob: Vec<u8>,
    date: NaiveDate,
    datetime: NaiveDateTime,
    timestamp: DateTime<Utc>,
    #[entity(precision = 20, scale = 6)]
    decimal: Decimal,
    other: Uuid,
    json: serde_json::Value,
    #[entity(json)]
    settings: Settings,
    color: Color,
    colors: Set<Color>,
    #[entity(embedded)]
    home: Address,
    #[entity(embedded, prefix = "")]
    plain: Address,
    #[entity(column = "renamed")]
    original: u8,
}

#[derive(Entity, Debug, Default, PartialEq)]
struct Optional {
    #[entity(uuid)]
    id: Uuid,
    boolean: Option<bool>,
    big: Option<i64>,
    big_unsigned: Option<u64>,
    double: Option<f64>,
    text: Option<String>,
    blob: Option<Vec<u8>>,
    date: Option<NaiveDate>,
    datetime: Option<NaiveDateTime>,
    timestamp: Option<DateTime<Utc>>,
    #[entity(precision = 10, scale = 2)]
    decimal: Option<Decimal>,
    other: Option<Uuid>,
    json: Option<serde_json::Value>,
    #[entity(json)]
    settings: Option<BTreeMap<String, u8>>,
    color: Option<Color>,
    colors: Option<Set<Color>>,
}

fn moment(text: &str) -> NaiveDateTime {
    text.parse().unwrap()
}

fn extremes() -> [Everything; 2] {
    let low = Everything {
        tiny: i8::MIN,
        small: i16::MIN,
        medium: i32::MIN,
        big: i64::MIN,
        float: f32::MIN_POSITIVE,
        double: f64::MIN,
        short_text: "NULL".to_owned(),
        date: NaiveDate::from_ymd_opt(1000, 1, 1).unwrap(),
        datetime: moment("1000-01-01T00:00:00"),
        timestamp: moment("1970-01-01T00:00:01").and_utc(),
        decimal: "-99999999999999.999999".parse().unwrap(),
        json: serde_json::json!(null),
        ..Everything::default()
    };
    let high = Everything {
        boolean: true,
        tiny: i8::MAX,
        small: i16::MAX,
        medium: i32::MAX,
        big: i64::MAX,
        tiny_unsigned: u8::MAX,
        small_unsigned: u16::MAX,
        medium_unsigned: u32::MAX,
        big_unsigned: u64::MAX,
        float: 0.1,
        double: 5e-324,
        short_text: "ż'\"\\;--🐝\0".repeat(25),
        long_text: "🐝".repeat(20_000),
        blob: (0..=255).collect(),
        medium_blob: vec![0xff; 70_000],
        long_blob: vec![0; 100_000],
        date: NaiveDate::from_ymd_opt(9999, 12, 31).unwrap(),
        datetime: moment("9999-12-31T23:59:59.999999"),
        timestamp: moment("2038-01-19T03:14:07.999999").and_utc(),
        decimal: "0.000001".parse().unwrap(),
        other: Uuid::max(),
        json: serde_json::json!({"a": [1, "b", null, {"c": true}], "quote": "it's \"x\" \\ y"}),
        settings: Settings {
            theme: "dark".to_owned(),
            sizes: vec![1, 2],
        },
        color: Color::LightBlue,
        colors: [Color::Green, Color::Red].into(),
        home: Address {
            city: "Kraków".to_owned(),
            zip: Some(30_000),
        },
        plain: Address {
            city: "Łódź".to_owned(),
            zip: None,
        },
        original: 1,
        ..Everything::default()
    };
    [low, high]
}

/// The default of a TIMESTAMP is the epoch, which MySQL cannot hold.
fn floored(mut value: Everything) -> Everything {
    value.timestamp = value.timestamp.max(moment("1970-01-01T00:00:01").and_utc());
    value
}

on_every_backend! {
    async fn survive_a_flush(backend: Backend) {
        let engine = engine(backend.registry().entity::<Everything>()).await;
        for mut value in extremes().map(floored) {
            engine.flush(&mut value).await.unwrap();
            assert_eq!(*engine.load::<Everything>(value.id).await.unwrap().unwrap(), value);
        }
    }

    async fn survive_a_lazy_flush(backend: Backend) {
        let engine = engine(backend.registry().entity::<Everything>()).await;
        let mut values = extremes().map(floored);
        engine.flush_lazy(&mut values).await.unwrap();
        assert_eq!(drain(&engine).await.dead, 0);
        for value in values {
            let loaded = engine.load::<Everything>(value.id).await.unwrap().unwrap();
            assert_eq!(loaded.double.to_bits(), value.double.to_bits());
            assert_eq!(*loaded, value);
        }
    }

    async fn survive_as_null_and_as_something(backend: Backend) {
        let engine = engine(backend.registry().entity::<Optional>()).await;
        let none = Optional::default();
        let some = Optional {
            boolean: Some(false),
            big: Some(0),
            big_unsigned: Some(u64::MAX),
            double: Some(0.0),
            text: Some("NULL".to_owned()),
            blob: Some(vec![]),
            date: NaiveDate::from_ymd_opt(1969, 12, 31),
            datetime: Some(moment("1969-12-31T23:59:59.999999")),
            timestamp: Some(moment("2026-11-22T16:07:22.000001").and_utc()),
            decimal: Some("12.5".parse().unwrap()),
            other: Some(Uuid::nil()),
            json: Some(serde_json::json!([])),
            settings: Some(BTreeMap::from([("a".to_owned(), 1)])),
            color: Some(Color::Green),
            colors: Some(Set::new()),
            ..Optional::default()
        };
        for mut value in [none, some] {
            engine.flush_lazy(&mut value).await.unwrap();
            assert_eq!(drain(&engine).await.dead, 0);
            assert_eq!(*engine.load::<Optional>(value.id).await.unwrap().unwrap(), value);
        }
    }

    async fn can_be_set_one_by_one(backend: Backend) {
        let engine = engine(backend.registry().entity::<Everything>().entity::<Optional>()).await;
        let [mut value, _] = extremes().map(floored);
        engine.flush(&mut value).await.unwrap();
        let columns = Everything::columns();
        let change = Everything::change(value.id)
            .set(columns.color, Color::Green)
            .set(columns.colors, Set::from([Color::LightBlue]))
            .set(columns.home.city, "Gdańsk")
            .set(columns.plain.zip, 7)
            .set(columns.original, 9)
            .set(columns.settings, Settings { theme: "light".to_owned(), sizes: vec![3] })
            .add(columns.double, f64::MAX)
            .subtract(columns.medium, i32::MIN);
        engine.flush(change).await.unwrap();
        let loaded = engine.load::<Everything>(value.id).await.unwrap().unwrap();
        assert_eq!((loaded.color, loaded.colors), (Color::Green, [Color::LightBlue].into()));
        assert_eq!((loaded.home.city.as_str(), loaded.plain.zip, loaded.original), ("Gdańsk", Some(7), 9));
        assert_eq!((loaded.double, loaded.medium), (0.0, 0));
        assert_eq!(loaded.settings.theme, "light");
        let mut some = Optional { settings: Some(BTreeMap::new()), ..Optional::default() };
        engine.flush(&mut some).await.unwrap();
        let tags = BTreeMap::from([("a".to_owned(), 1)]);
        engine.flush(Optional::change(some.id).set(Optional::columns().settings, tags.clone())).await.unwrap();
        assert_eq!(engine.load::<Optional>(some.id).await.unwrap().unwrap().settings, Some(tags));
        engine.flush(Optional::change(some.id).set(Optional::columns().settings, None::<BTreeMap<String, u8>>)).await.unwrap();
        assert_eq!(engine.load::<Optional>(some.id).await.unwrap().unwrap().settings, None);
    }
}
