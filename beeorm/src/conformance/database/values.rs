use super::{
    round_trip::{Found, check},
    support::{Bench, number, rows},
};
use crate::{
    column::{
        BlobSize, ColumnError, ColumnType,
        ValueRef::{
            Bool, Bytes, Date, DateTime, Decimal, Double, Float, Json, Signed, Text, Timestamp,
            Unsigned, Uuid, Word,
        },
    },
    database::SelectError,
};

const SIZES: &[&str] = &["small", "it's, not", "BIG", "żółw 🐝"];
const TAGS: &[&str] = &["a", "b", "quote'd", "🐝"];
const FIRST_DAY: i32 = -354_285;
const LAST_DAY: i32 = 2_932_896;
const DAY: i64 = 86_400_000_000;

pub(super) async fn every_value_comes_back(bench: &Bench) {
    let bees = "🐝".repeat(255);
    let texts = [
        "",
        "a",
        "NULL",
        "null",
        " both sides ",
        "it's \"quoted\" \\ `ticked` \\0 \\n",
        "nul\0inside",
        "%_?:$1",
        "\r\n\t\u{1b}",
        "żółw",
        "🐝",
        "\u{10ffff}\u{feff}",
        "0x41",
        "1e5",
        "-- no comment; DROP TABLE a",
        &bees,
    ];
    let texts = texts.map(Text);
    let all_bytes: Vec<u8> = (0..=255).collect();
    let large: Vec<u8> = (0..1 << 20).map(|at: u32| (at % 251) as u8).collect();
    let largest_blob = vec![0_u8; 65_535];
    let large_text = "żółw\0'\\".repeat(1 << 16);
    let bytes = [
        Bytes(&[]),
        Bytes(&[0]),
        Bytes(&all_bytes),
        Bytes(b"NULL"),
        Bytes(&[0xff, 0xfe, 0x5c, 0x27]),
    ];

    let text = ColumnType::Text { length: Some(255) };
    check(bench, text, &texts, Found::Exactly).await;
    check(
        bench,
        ColumnType::Text { length: None },
        &[&texts[..], &[Text(&large_text)]].concat(),
        Found::Exactly,
    )
    .await;
    check(
        bench,
        ColumnType::Blob(BlobSize::Blob),
        &[&bytes[..], &[Bytes(&largest_blob)]].concat(),
        Found::Exactly,
    )
    .await;
    check(
        bench,
        ColumnType::Blob(BlobSize::MediumBlob),
        &[Bytes(&large)],
        Found::Exactly,
    )
    .await;
    check(
        bench,
        ColumnType::Blob(BlobSize::LongBlob),
        &[Bytes(&large), Bytes(&[])],
        Found::Exactly,
    )
    .await;
    check(
        bench,
        ColumnType::Bool,
        &[Bool(true), Bool(false)],
        Found::Exactly,
    )
    .await;
    for bits in [8_u8, 16, 32, 64] {
        let least = i64::MIN >> (64 - bits);
        let signed = [least, least + 1, -1, 0, 1, !least - 1, !least].map(Signed);
        check(
            bench,
            ColumnType::Integer { bits, signed: true },
            &signed,
            Found::Exactly,
        )
        .await;
        let most = u64::MAX >> (64 - bits);
        let unsigned = [0, 1, most / 2, most / 2 + 1, most - 1, most].map(Unsigned);
        check(
            bench,
            ColumnType::Integer {
                bits,
                signed: false,
            },
            &unsigned,
            Found::Exactly,
        )
        .await;
    }
    let floats = [
        0.0,
        -0.0,
        1.0,
        0.1,
        -16_777_217.0,
        123_456.79,
        f32::MAX,
        f32::MIN,
        f32::MIN_POSITIVE,
        f32::from_bits(1),
        f32::EPSILON,
    ];
    check(bench, ColumnType::Float, &floats.map(Float), Found::Never).await;
    let doubles = [
        0.0,
        -0.0,
        1.0,
        0.1,
        -9_007_199_254_740_993.0,
        1e15,
        1e300,
        f64::MAX,
        f64::MIN,
        f64::MIN_POSITIVE,
        f64::from_bits(1),
        f64::EPSILON,
    ];
    check(
        bench,
        ColumnType::Double,
        &doubles.map(Double),
        Found::Exactly,
    )
    .await;
    check(
        bench,
        ColumnType::Date,
        &[FIRST_DAY, -1, 0, 1, 11_016, 20_779, LAST_DAY].map(Date),
        Found::Exactly,
    )
    .await;
    let (first, end) = (i64::from(FIRST_DAY) * DAY, (i64::from(LAST_DAY) + 1) * DAY);
    let moments = [
        first,
        first + 1,
        -DAY,
        -1_000_000,
        -1,
        0,
        1,
        999_999,
        1_000_000,
        951_868_799_000_001,
        end - 1,
    ];
    check(
        bench,
        ColumnType::DateTime,
        &moments.map(DateTime),
        Found::Exactly,
    )
    .await;
    let moments = [
        1_000_000,
        1_000_001,
        951_868_799_000_001,
        1_792_000_000_123_456,
        2_147_483_647_999_999,
    ];
    check(
        bench,
        ColumnType::Timestamp,
        &moments.map(Timestamp),
        Found::Exactly,
    )
    .await;
    let decimals = [
        "0",
        "-0.5",
        "12.50",
        "0.000000000000000000000000000001",
        "99999999999999999999999999999999999.999999999999999999999999999999",
        "-99999999999999999999999999999999999.999999999999999999999999999999",
        "1234567890123456789.0000000001",
    ];
    check(
        bench,
        ColumnType::Decimal {
            precision: 65,
            scale: 30,
        },
        &decimals.map(Decimal),
        Found::Exactly,
    )
    .await;
    let padded = [
        *b"beeorm is a bee ",
        *b"beeorm is a be\0\0",
        [0; 16],
        [0xff; 16],
        *b"'\\\"`%_\n\r\t;--/*#\x1a",
    ];
    check(bench, ColumnType::Uuid, &padded.map(Uuid), Found::Exactly).await;
    // In the form that MySQL gives to the JSON that it stores.
    let json = [
        "null",
        "true",
        "[]",
        "{}",
        "\"it's \\\"quoted\\\" \\\\ 🐝\"",
        "{\"a\": [1, -2.5, null, \"ż\"], \"bee\": {\"c\": 18446744073709551615}}",
    ];
    check(bench, ColumnType::Json, &json.map(Json), Found::Never).await;
    let sizes: Vec<_> = SIZES.iter().map(|size| Word(size)).collect();
    check(bench, ColumnType::Enum(SIZES), &sizes, Found::Exactly).await;
    check(
        bench,
        ColumnType::Set(TAGS),
        &[
            Word(""),
            Word("a"),
            Word("a,quote'd"),
            Word("a,b,quote'd,🐝"),
        ],
        Found::Exactly,
    )
    .await;
}

pub(super) async fn the_reader_keeps_its_place(bench: &Bench) {
    let mut session = bench.session().await;
    let sql = "SELECT `name`, `id`, NULL, `name` FROM `conformance_auto` WHERE `id` = ?";
    let read = rows(session.as_mut(), sql, &[Signed(5)], |row| {
        assert_eq!(row.position(), 0);
        assert!(!row.is_null()?);
        assert_eq!(row.position(), 0);
        assert!(
            matches!(row.signed(), Err(ColumnError::Mismatch { .. })),
            "text is no number"
        );
        // What was refused is taken all the same.
        assert_eq!(row.position(), 1);
        assert_eq!(row.unsigned()?, 5);
        assert!(row.is_null()?);
        assert_eq!(row.text(), Err(ColumnError::UnexpectedNull));
        row.skip();
        assert_eq!(row.position(), 4);
        assert!(row.text().is_err(), "there is no fifth column");
        Ok(())
    });
    assert_eq!(read.await.unwrap().len(), 1);
    // An error of the reader's ends the query, and the session goes on.
    let refused = rows(
        session.as_mut(),
        "SELECT `name` FROM `conformance_auto`",
        &[],
        |row| row.double(),
    )
    .await;
    assert!(matches!(refused, Err(SelectError::Column(_))));
    assert_eq!(
        number(
            session.as_mut(),
            "SELECT COUNT(*) FROM `conformance_auto`",
            &[]
        )
        .await,
        1
    );
}
