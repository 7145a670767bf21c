//! Which field is the key, and who makes it.

use super::assert_entity;

const NO_KEY: &str = "an entity has a key: name a field `id`, or put `#[entity(uuid)]` or `#[entity(primary_key)]` \
                      on the field that is the key";
const WHOSE_KEY: &str = "say who makes the key: put `#[entity(uuid)]` (made on the client) or \
                         `#[entity(primary_key)]` (yours to set) on it";

fn assert_key(field: &str, expected: super::Said<'_>) {
    assert_entity(
        &format!("struct User {{ name: String, {field} }}"),
        expected,
    );
}

#[test]
fn there_is_one_key() {
    assert_key("age: u8", &[(NO_KEY, "User")]);
    assert_key("#[entity(skip)] id: u64", &[(NO_KEY, "User")]);
    assert_entity("struct User {}", &[(NO_KEY, "User")]);
    let composite = "composite keys are not supported: one key column";
    assert_key(
        "#[entity(primary_key)] a: u64, #[entity(primary_key)] b: u64, #[entity(uuid)] c: Uuid",
        &[(composite, "primary_key"), (composite, "uuid")],
    );
    // With a key that says so, a field named `id` is any column.
    assert_key("#[entity(uuid)] key: Uuid, id: String", &[]);
    assert_key("#[entity(primary_key)] key: String, id: Option<f32>", &[]);
}

#[test]
fn a_field_named_id_is_the_key() {
    for field_type in [
        "i8", "i16", "i32", "i64", "u8", "u16", "u32", "u64", "String",
    ] {
        assert_key(&format!("id: {field_type}"), &[]);
    }
    assert_key("id: Uuid", &[(WHOSE_KEY, "id")]);
    assert_key("id: UserId", &[(WHOSE_KEY, "id")]);
    assert_key("#[entity(uuid)] id: UserId", &[]);
    assert_key("#[entity(primary_key)] id: Uuid", &[]);
}

#[test]
fn uuid_makes_uuids_and_short_ids() {
    let message = "`uuid` makes keys of type `Uuid` or `u64`";
    for field_type in ["String", "i32", "u32", "i64"] {
        assert_key(
            &format!("#[entity(uuid)] id: {field_type}"),
            &[(message, field_type)],
        );
    }
    for field_type in ["Uuid", "uuid::Uuid", "u64", "UserId"] {
        assert_key(&format!("#[entity(uuid)] key: {field_type}"), &[]);
    }
    assert_key("#[entity(uuid, primary_key)] key: Uuid", &[]);
}

#[test]
fn auto_increment_makes_integers() {
    assert_key("#[entity(primary_key, auto_increment)] key: u32", &[]);
    assert_key("#[entity(auto_increment)] id: u32", &[]);
    let message = "AUTO_INCREMENT makes integers";
    assert_key(
        "#[entity(primary_key, auto_increment)] key: String",
        &[(message, "String")],
    );
    let message = "`auto_increment` goes with `primary_key`: `primary_key, auto_increment`";
    assert_key(
        "#[entity(auto_increment)] key: u32",
        &[(message, "auto_increment")],
    );
    let message = "`auto_increment` is for the key";
    assert_key(
        "id: u64, #[entity(auto_increment)] number: u32",
        &[(message, "auto_increment")],
    );
}

#[test]
fn some_types_are_no_keys() {
    let message = "a key is a `Uuid`, an integer or a `String`";
    for field_type in [
        "bool",
        "f64",
        "NaiveDate",
        "DateTime<Utc>",
        "serde_json::Value",
        "Reference<Org>",
    ] {
        assert_key(&format!("id: {field_type}"), &[(message, field_type)]);
        assert_key(
            &format!("#[entity(primary_key)] key: {field_type}"),
            &[(message, field_type)],
        );
    }
    // Also where there is something to do about it in another column.
    for field_type in ["(u8, u8)", "[u8; 16]", "Vec<String>"] {
        for word in ["primary_key", "uuid", "primary_key, auto_increment"] {
            let field = format!("#[entity({word})] key: {field_type}");
            assert_key(&field, &[(message, field_type)]);
        }
    }
    let optional = "the key cannot be an `Option`: one that is not set is nil, zero or empty";
    assert_key("id: Option<u64>", &[(optional, "Option<u64>")]);
    assert_key(
        "#[entity(uuid)] id: Option<Uuid>",
        &[(optional, "Option<Uuid>")],
    );
    let message = "the width of `usize` depends on the machine: use `u64`";
    assert_key("id: usize", &[(message, "usize")]);
}

#[test]
fn a_key_is_a_plain_column() {
    assert_key(
        "#[entity(json)] id: u64",
        &[("`json` is not for the key, which is `id`", "json")],
    );
    assert_key(
        "#[entity(embedded)] id: Id",
        &[("`embedded` is not for the key, which is `id`", "embedded")],
    );
    assert_key(
        "#[entity(default = 3)] id: u64",
        &[("`default` is not for the key, which is `id`", "default")],
    );
    let message = "the key has an index, a unique one, without saying so";
    assert_key("#[entity(unique)] id: u64", &[(message, "unique")]);
    assert_key(
        "#[entity(primary_key, index)] key: u64",
        &[(message, "index")],
    );
    let message = "MySQL does not index a text without a length; give it `length = ..`";
    assert_key("#[entity(length = max)] id: String", &[(message, "length")]);
    assert_key("#[entity(length = 36)] id: String", &[]);
}
