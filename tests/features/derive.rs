//! What the derives make compiles and works, whatever the user's names are.

use beeorm::{
    __private::{ColumnError, EntityEnum as _, ReferenceVisitor, RowReader},
    KeySource,
    prelude::*,
};

#[derive(EntityEnum, Clone, Copy, PartialEq, Eq, Debug, Default)]
enum Status {
    #[default]
    New,
    #[entity(rename = "on hold")]
    OnHold,
    r#Type = 7,
}

#[derive(Embedded, Debug, Default, PartialEq)]
struct Geo {
    latitude: f64,
    longitude: f64,
}

/// Holds another and nothing else.
#[derive(Embedded, Debug, Default, PartialEq)]
struct Place {
    #[entity(embedded, prefix = "")]
    geo: Geo,
}

#[derive(Embedded, Debug, Default, PartialEq)]
struct Address {
    #[entity(length = 100, index)]
    street: String,
    #[entity(embedded)]
    place: Place,
    owner: Option<Reference<Organization>>,
    #[entity(skip)]
    cache: Vec<u16>,
}

#[derive(Entity, Debug, Default, PartialEq)]
struct Organization {
    #[entity(uuid)]
    id: Uuid,
    name: String,
    parent: Option<Reference<Self>>,
}

#[derive(serde::Serialize, serde::Deserialize, Debug, Default, PartialEq)]
struct Settings {
    dark: bool,
}

#[derive(Entity, Debug, Default, PartialEq)]
#[entity(table = "users", mysql = "people")]
struct User {
    #[entity(uuid)]
    id: Uuid,
    #[entity(length = max, column = "first")]
    first_name: String,
    #[entity(unique)]
    email: String,
    #[entity(precision = 10, scale = 2)]
    balance: Option<rust_decimal::Decimal>,
    #[entity(mediumblob)]
    picture: Vec<u8>,
    #[entity(index = "kind_score", default = -3)]
    kind: i16,
    #[entity(embedded)]
    home: Address,
    #[entity(index = "kind_score")]
    score: u64,
    #[entity(json)]
    settings: Settings,
    #[entity(json)]
    more_settings: Option<Settings>,
    status: Status,
    statuses: Set<Status>,
    #[entity(skip)]
    session: Vec<String>,
    employer: Reference<Organization>,
}

#[test]
fn the_schema_is_what_the_attributes_say() {
    let schema = User::schema();
    assert_eq!(
        (schema.entity, schema.table, schema.pool),
        ("User", "users", "people")
    );
    assert_eq!((schema.key, schema.key_source), (0, KeySource::Client));
    let columns: Vec<_> = schema
        .columns
        .iter()
        .map(|column| {
            (
                column.name.as_str(),
                column.column_type.to_string(),
                column.nullable,
                column.default,
            )
        })
        .collect();
    let columns: Vec<_> = columns
        .iter()
        .map(|(name, column_type, nullable, default)| {
            (*name, column_type.as_str(), *nullable, *default)
        })
        .collect();
    assert_eq!(
        columns,
        [
            ("id", "binary(16)", false, None),
            ("first", "mediumtext", false, None),
            ("email", "varchar(255)", false, None),
            ("balance", "decimal(10,2)", true, None),
            ("picture", "mediumblob", false, None),
            ("kind", "smallint", false, Some("-3")),
            ("home_street", "varchar(100)", false, None),
            ("home_place_latitude", "double", false, None),
            ("home_place_longitude", "double", false, None),
            ("home_owner", "binary(16)", true, None),
            ("score", "bigint unsigned", false, None),
            ("settings", "json", false, None),
            ("more_settings", "json", true, None),
            ("status", "enum('New','on hold','Type')", false, None),
            ("statuses", "set('New','on hold','Type')", false, None),
            ("employer", "binary(16)", false, None),
        ]
    );
    let indexes: Vec<_> = schema
        .indexes
        .iter()
        .map(|index| (index.name.as_str(), index.unique, index.columns.as_slice()))
        .collect();
    assert_eq!(
        indexes,
        [
            ("home_street", false, &[6][..]),
            ("email", true, &[2][..]),
            ("kind_score", false, &[5, 10][..])
        ]
    );
    let parent = Organization::schema().columns[2]
        .refers_to
        .map(|refers_to| refers_to());
    assert_eq!(
        parent.map(|parent| (parent.table, parent.column)),
        Some(("organization", "id"))
    );
}

#[test]
fn column_names_are_those_of_the_schema() {
    let columns = User::columns();
    assert_eq!(columns.first_name.name(), "first");
    assert_eq!(columns.home.street.name(), "home_street");
    assert_eq!(
        columns.home.place.geo.longitude.name(),
        "home_place_longitude"
    );
    assert_eq!(columns.home.owner.name(), "home_owner");
    assert_eq!(columns.score.name(), "score");
    assert_eq!(columns.employer.name(), "employer");
    assert_eq!(
        format!("{:?} {:?}", User::columns(), User::columns().home),
        "UserColumns AddressColumns"
    );
    let change = User::change(Uuid::nil())
        .set(columns.home.street, "Lane")
        .add(columns.score, 3_u64);
    assert_eq!(
        format!("{change:?}"),
        r#"Change { table: "users", key: 00000000-0000-0000-0000-000000000000, assignments: [Set home_street, Add score] }"#
    );
}

#[test]
fn keys_are_made_by_whom_the_attributes_say() {
    #[derive(Entity)]
    struct Counted {
        id: u32,
    }
    #[derive(Entity)]
    struct Named {
        id: String,
    }
    #[derive(Entity)]
    struct Numbered {
        id: f32,
        #[entity(primary_key, auto_increment)]
        number: i64,
    }
    #[derive(Entity)]
    struct Short {
        #[entity(uuid)]
        key: u64,
    }
    assert_eq!(Counted::schema().key_source, KeySource::AutoIncrement);
    assert_eq!(Named::schema().key_source, KeySource::User);
    assert_eq!(Short::schema().key_source, KeySource::Client);
    let schema = Numbered::schema();
    assert_eq!(
        (schema.key, schema.key_source),
        (1, KeySource::AutoIncrement)
    );
    let mut numbered = Numbered { id: 1.5, number: 3 };
    *numbered.key_mut() += 1;
    assert_eq!((numbered.id, *numbered.key()), (1.5, 4));
    let (counted, named, short) = (
        Counted { id: 1 },
        Named { id: "a".to_owned() },
        Short { key: 3 },
    );
    assert_eq!(
        (counted.id, named.id.as_str(), short.key),
        (*counted.key(), "a", *short.key())
    );
}

/// Gives canned values, each to be asked for in its own way.
struct Row {
    cells: Vec<Cell>,
    position: usize,
}

#[derive(Clone, Debug)]
enum Cell {
    Null,
    Signed(i64),
    Unsigned(u64),
    Double(f64),
    Text(&'static str),
    Bytes(&'static [u8]),
}

impl Row {
    fn take<T>(
        &mut self,
        wanted: &'static str,
        value: impl Fn(&Cell) -> Option<T>,
    ) -> Result<T, ColumnError> {
        let cell = self.cells.get(self.position);
        self.position += 1;
        cell.and_then(value).ok_or_else(|| ColumnError::Mismatch {
            found: format!("{cell:?}"),
            wanted,
        })
    }
}

macro_rules! cells {
    ($($method:ident $cell:ident $type:ty;)+) => {$(
        fn $method(&mut self) -> Result<$type, ColumnError> {
            self.take(stringify!($method), |cell| match cell {
                Cell::$cell(value) => Some(*value),
                _ => None,
            })
        }
    )+};
}

impl RowReader for Row {
    fn position(&self) -> usize {
        self.position
    }

    fn is_null(&mut self) -> Result<bool, ColumnError> {
        Ok(matches!(self.cells.get(self.position), Some(Cell::Null)))
    }

    fn skip(&mut self) {
        self.position += 1;
    }

    cells! {
        signed Signed i64;
        unsigned Unsigned u64;
        double Double f64;
        text Text &str;
        bytes Bytes &[u8];
    }

    fn bool(&mut self) -> Result<bool, ColumnError> {
        self.take("bool", |_| None)
    }

    fn float(&mut self) -> Result<f32, ColumnError> {
        self.take("float", |_| None)
    }

    fn date(&mut self) -> Result<i32, ColumnError> {
        self.take("date", |_| None)
    }

    fn datetime(&mut self) -> Result<i64, ColumnError> {
        self.take("datetime", |_| None)
    }

    fn timestamp(&mut self) -> Result<i64, ColumnError> {
        self.take("timestamp", |_| None)
    }
}

fn row(more_settings: Cell) -> Row {
    let cells = vec![
        Cell::Bytes(&[7; 16]),
        Cell::Text("Tom"),
        Cell::Text("bee@beeorm.io"),
        Cell::Text("1.50"),
        Cell::Bytes(b"png"),
        Cell::Signed(-3),
        Cell::Text("Lane"),
        Cell::Double(1.5),
        Cell::Double(2.5),
        Cell::Null,
        Cell::Unsigned(9),
        Cell::Text(r#"{"dark":true}"#),
        more_settings,
        Cell::Text("Type"),
        Cell::Text("New,on hold"),
        Cell::Bytes(&[8; 16]),
    ];
    Row { cells, position: 0 }
}

#[test]
fn rows_are_read_in_the_order_of_the_schema() {
    let user = User::read(&mut row(Cell::Null)).unwrap();
    let expected = User {
        id: Uuid::from_bytes([7; 16]),
        first_name: "Tom".to_owned(),
        email: "bee@beeorm.io".to_owned(),
        balance: Some(rust_decimal::Decimal::new(150, 2)),
        picture: b"png".to_vec(),
        kind: -3,
        home: Address {
            street: "Lane".to_owned(),
            place: Place {
                geo: Geo {
                    latitude: 1.5,
                    longitude: 2.5,
                },
            },
            owner: None,
            cache: Vec::new(),
        },
        score: 9,
        settings: Settings { dark: true },
        more_settings: None,
        status: Status::r#Type,
        statuses: Set::from([Status::New, Status::OnHold]),
        session: Vec::new(),
        employer: Reference::to(Uuid::from_bytes([8; 16])),
    };
    assert_eq!(user, expected);
}

/// Changes show in the columns that hold them, and the snapshot of a tracked entity gives all of it back.
#[tokio::test]
async fn rows_are_written_in_the_order_of_the_schema() -> Result<(), Error> {
    let registry = Registry::new()
        .pool(DEFAULT_POOL, "sqlite::memory:")
        .pool(DEFAULT_POOL, "embedded://memory");
    let engine = registry.connect().await?;
    for more_settings in [Cell::Null, Cell::Text(r#"{"dark":true}"#)] {
        let read = || User::read(&mut row(more_settings.clone())).unwrap();
        let mut user = engine.attach(read());
        user.kind += 1;
        user.home.place.geo.longitude += 1.0;
        user.home.cache.push(3);
        user.settings.dark = false;
        user.more_settings = match user.more_settings {
            None => Some(Settings { dark: true }),
            Some(_) => None,
        };
        user.statuses.remove(Status::OnHold);
        user.session.push("not stored".to_owned());
        user.employer = Reference::to(Uuid::from_bytes([9; 16]));
        assert_eq!(
            Tracked::dirty_columns(&user),
            [
                "kind",
                "home_place_longitude",
                "settings",
                "more_settings",
                "statuses",
                "employer"
            ]
        );
        Tracked::reset(&mut user)?;
        assert_eq!(*user, read());
    }
    Ok(())
}

#[test]
fn optional_json_is_null_or_what_it_holds() {
    let read = |cell| User::read(&mut row(cell)).map(|user| user.more_settings);
    assert_eq!(
        read(Cell::Text(r#"{"dark":true}"#)),
        Ok(Some(Settings { dark: true }))
    );
    assert_eq!(read(Cell::Text("null")), Ok(None));
    assert!(matches!(
        read(Cell::Text("3")),
        Err(ColumnError::JsonRead(_))
    ));
}

#[test]
fn enums_have_the_names_of_their_variants() {
    assert_eq!(Status::VALUES, ["New", "on hold", "Type"]);
    assert_eq!(
        Status::VARIANTS,
        [Status::New, Status::OnHold, Status::r#Type]
    );
    assert_eq!(Status::r#Type.position(), 2);
    assert_eq!(Status::from_name("on hold"), Ok(Status::OnHold));
    assert!(Status::from_name("OnHold").is_err());
}

#[test]
fn enums_need_no_other_derive() {
    #[derive(EntityEnum)]
    enum Day {
        Saturday,
        Sunday,
    }

    let mut open = Set::from([Day::Saturday]);
    open.insert(Day::Sunday);
    open.remove(Day::Saturday);
    assert!(open.contains(Day::Sunday) && !open.contains(Day::Saturday));
    assert_eq!(format!("{open:?}"), r#"{"Sunday"}"#);
    let days: Vec<Day> = open.iter().collect();
    assert!(matches!(days[..], [Day::Sunday]));
    assert!(matches!(Day::from_name("Saturday"), Ok(Day::Saturday)));
}

#[test]
fn references_are_visited_within_embedded_structs_too() {
    struct Names(Vec<&'static str>);
    impl ReferenceVisitor for Names {
        type Error = std::convert::Infallible;

        fn visit<T: Entity>(&mut self, _: &mut Tracked<T>) -> Result<(), Self::Error> {
            self.0.push(T::schema().entity);
            Ok(())
        }
    }
    let mut user = User {
        employer: Reference::new(Organization::default()),
        ..User::default()
    };
    let mut names = Names(Vec::new());
    let _ = user.visit_references(&mut names);
    assert_eq!(names.0, ["Organization"]);
    user.home.owner = Some(Reference::new(Organization::default()));
    let _ = user.visit_references(&mut names);
    assert_eq!(names.0.len(), 3);
}
