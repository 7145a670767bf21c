use super::*;
use crate::{
    __private::column,
    entity::{Entity, KeySource, SchemaBuilder},
    schema::{
        have::{Column, ForeignKey, Index},
        mysql::MySql,
    },
};

#[derive(beeorm_derive::Entity)]
#[entity(table = "orgs")]
struct Org {
    id: u32,
    owner: Option<crate::Reference<User>>,
}

#[derive(beeorm_derive::Entity)]
#[entity(table = "users")]
struct User {
    id: u32,
    #[entity(length = 50, unique)]
    email: String,
    age: Option<u8>,
    org: crate::Reference<Org>,
}

const MYSQL: MySql = MySql::UTF8;

fn column_of(name: &str, kind: &str, nullable: bool) -> Column {
    Column {
        name: name.to_owned(),
        kind: kind.to_owned(),
        nullable,
        ..Column::default()
    }
}

/// The table of [`User`] as a server tells it.
fn users() -> Table {
    let mut id = column_of("id", "int unsigned", false);
    id.auto_increment = true;
    let index = |name: &str, unique, column: &str| Index {
        name: name.to_owned(),
        unique,
        columns: vec![column.to_owned()],
        ..Index::default()
    };
    let foreign_key = ForeignKey {
        name: "some_name".to_owned(),
        column: "org".to_owned(),
        parent: "orgs".to_owned(),
        parent_column: "id".to_owned(),
    };
    Table {
        columns: vec![
            id,
            column_of("email", "varchar(50)", false),
            column_of("age", "tinyint unsigned", true),
            column_of("org", "int unsigned", false),
        ],
        key: vec!["id".to_owned()],
        indexes: vec![
            index("email", true, "email"),
            index("users_org", false, "org"),
        ],
        foreign_keys: vec![foreign_key],
        ..Table::default()
    }
}

/// The SQL behind the table's name, and whether it is safe in a table with rows.
fn alters(have: Table) -> Vec<(String, bool)> {
    let have = [Some(have)];
    let alters = of_entities(&MYSQL, &[User::schema()], &have).into_iter();
    let shown = |(table, action, danger)| {
        let Action::Run(sql) = action else {
            panic!("MySQL does everything")
        };
        let clause = sql
            .strip_prefix(&format!("ALTER TABLE `{table}` "))
            .map(str::to_owned);
        (clause.unwrap_or(sql), danger == Danger::None)
    };
    alters.map(shown).collect()
}

fn with(change: impl FnOnce(&mut Table)) -> Vec<(String, bool)> {
    let mut table = users();
    change(&mut table);
    alters(table)
}

fn safe(sql: &str) -> (String, bool) {
    (sql.to_owned(), true)
}

fn unsafe_(sql: &str) -> (String, bool) {
    (sql.to_owned(), false)
}

#[test]
fn what_is_as_asked_for_is_left_alone() {
    assert_eq!(alters(users()), []);
    let strangers = |table: &mut Table| {
        table.columns[1].name = "EMAIL".to_owned();
        table.columns[1].collation = Some("latin1_bin".to_owned());
        table.columns[3].default = Some("0".to_owned());
        table.indexes[0].name = "Email".to_owned();
        table.indexes.push(Index {
            name: "words".to_owned(),
            is_special: true,
            ..Index::default()
        });
    };
    assert_eq!(with(strangers), []);
    assert_eq!(
        with(|table| *table = Table {
            is_view: true,
            ..Table::default()
        }),
        []
    );
}

#[test]
fn columns_come_go_and_change() {
    assert_eq!(
        with(|table| drop(table.columns.remove(2))),
        [safe("ADD COLUMN `age` tinyint unsigned NULL")]
    );
    assert_eq!(
        with(|table| drop(table.columns.remove(1)))[0],
        safe("ADD COLUMN `email` varchar(50) NOT NULL DEFAULT ''")
    );
    let more = |table: &mut Table| table.columns.push(column_of("more", "int", true));
    assert_eq!(with(more), [unsafe_("DROP COLUMN `more`")]);
    let change = |position: usize, change: fn(&mut Column)| {
        with(|table| change(&mut table.columns[position]))
    };
    let email = "MODIFY COLUMN `email` varchar(50) NOT NULL";
    assert_eq!(
        change(1, |email| email.kind = "varchar(20)".to_owned()),
        [safe(email)]
    );
    assert_eq!(
        change(1, |email| email.kind = "varchar(70)".to_owned()),
        [unsafe_(email)]
    );
    assert_eq!(change(1, |email| email.nullable = true), [unsafe_(email)]);
    assert_eq!(
        change(1, |email| email.default = Some("x".to_owned())),
        [unsafe_(email)]
    );
    assert_eq!(change(1, |email| email.on_update = true), [unsafe_(email)]);
    assert_eq!(
        change(1, |email| {
            email.kind = "varchar(20)".to_owned();
            email.loses = Some("the column is invisible");
        }),
        [unsafe_(email)]
    );
    let age = "MODIFY COLUMN `age` tinyint unsigned NULL";
    assert_eq!(change(2, |age| age.nullable = false), [safe(age)]);
    let org = "MODIFY COLUMN `org` int unsigned NOT NULL";
    assert_eq!(
        change(3, |org| org.kind = "tinyint unsigned".to_owned()),
        [unsafe_(org)],
        "it refers to another"
    );
    let id = "MODIFY COLUMN `id` int unsigned NOT NULL AUTO_INCREMENT";
    assert_eq!(change(0, |id| id.auto_increment = false), [unsafe_(id)]);
}

#[test]
fn what_programs_from_before_leave_out_constrains_nothing_yet() {
    let email = "ADD COLUMN `email` varchar(50) NOT NULL DEFAULT ''";
    let unique = "ADD UNIQUE INDEX `email` (`email`)";
    let missing = |table: &mut Table| {
        table.columns.remove(1);
        table.indexes.remove(0);
    };
    assert_eq!(with(missing), [safe(email), unsafe_(unique)]);
    let left_out = |table: &mut Table| {
        table.columns[1].default = Some(String::new());
        table.indexes.remove(0);
    };
    let mut table = users();
    left_out(&mut table);
    let steps = diff(
        &MYSQL,
        User::schema(),
        Some(&table),
        &Parents::new(&[], &[]),
    );
    assert_eq!(steps[0].danger, Danger::Always(diff::LEFT_OUT));
    let widened = |table: &mut Table| {
        table.columns[1].default = Some(String::new());
        table.columns[1].kind = "varchar(20)".to_owned();
    };
    let sql = "MODIFY COLUMN `email` varchar(50) NOT NULL DEFAULT ''";
    assert_eq!(with(widened), [safe(sql)]);
}

#[test]
fn a_column_that_no_field_asks_for_any_more_gets_a_default() {
    let gone = |change: fn(&mut Table)| {
        with(|table| {
            table.columns.push(column_of("gone", "int", false));
            change(table);
        })
    };
    let drop = "DROP COLUMN `gone`";
    let default = "ALTER COLUMN `gone` SET DEFAULT 0";
    assert_eq!(gone(|_| {}), [safe(default), unsafe_(drop)]);
    assert_eq!(
        gone(|table| table.columns[4].default = Some("1".to_owned())),
        [unsafe_(drop)]
    );
    assert_eq!(
        gone(|table| table.columns[4].generated = true),
        [unsafe_(drop)]
    );
    let mut table = users();
    table.columns.push(column_of("gone", "point", false));
    let steps = diff(
        &MYSQL,
        User::schema(),
        Some(&table),
        &Parents::new(&[], &[]),
    );
    assert_eq!(steps[0].danger, Danger::Always(diff::INSERTS_FAIL));
}

#[test]
fn what_other_hands_said_of_a_column_stays() {
    let change = |table: &mut Table| {
        table.columns[1].kind = "varchar(20)".to_owned();
        table.columns[1].collation = Some("utf8mb4_bin".to_owned());
        table.columns[1].comment = "Tom's \\ name".to_owned();
    };
    let sql =
        "MODIFY COLUMN `email` varchar(50) COLLATE utf8mb4_bin NOT NULL COMMENT 'Tom''s \\\\ name'";
    assert_eq!(with(change), [safe(sql)]);
}

#[test]
fn indexes_come_go_and_change() {
    let email = "ADD UNIQUE INDEX `email` (`email`)";
    assert_eq!(
        with(|table| drop(table.indexes.remove(0))),
        [unsafe_(email)]
    );
    let not_unique = |table: &mut Table| table.indexes[0].unique = false;
    assert_eq!(
        with(not_unique),
        [unsafe_(&format!("DROP INDEX `email`, {email}"))]
    );
    let age = |table: &mut Table| table.indexes[1].columns = vec!["age".to_owned()];
    assert_eq!(
        with(age),
        [unsafe_("DROP INDEX `users_org`")],
        "it serves no reference"
    );
}

#[test]
fn a_new_unique_column_without_values_is_safe() {
    let table = SchemaBuilder::new("Bee", "bees", "default")
        .key(column::<u32>("id"), KeySource::AutoIncrement)
        .column(column::<Option<String>>("name"))
        .index("name", true, &["name"])
        .build();
    let id = Column {
        auto_increment: true,
        ..column_of("id", "int unsigned", false)
    };
    let mut have = Table {
        columns: vec![id],
        key: vec!["id".to_owned()],
        ..Table::default()
    };
    let dangers = |have: &Table| {
        let steps = diff(&MYSQL, &table, Some(have), &Parents::new(&[], &[]));
        steps
            .into_iter()
            .map(|step| format!("{:?}", step.danger))
            .collect::<Vec<_>>()
    };
    assert_eq!(dangers(&have), ["None", "None"]);
    have.columns.push(column_of("name", "varchar(255)", true));
    assert_eq!(
        dangers(&have),
        ["WithValues(\"it fails where two rows have the same values\", [\"name\"])"]
    );
}

#[test]
fn references_come_and_go() {
    let org = "ADD CONSTRAINT `users.org` FOREIGN KEY (`org`) REFERENCES `orgs` (`id`) ON DELETE RESTRICT";
    assert_eq!(with(|table| table.foreign_keys.clear()), [unsafe_(org)]);
    let elsewhere = |table: &mut Table| table.foreign_keys[0].parent = "other.orgs".to_owned();
    assert_eq!(
        with(elsewhere),
        [unsafe_("DROP FOREIGN KEY `some_name`"), unsafe_(org)]
    );
}

#[test]
fn keys_and_engines_change() {
    let none = with(|table| table.key.clear());
    assert_eq!(none, [unsafe_("ADD PRIMARY KEY (`id`)")]);
    let missing = |table: &mut Table| {
        table.columns.remove(0);
        table.key = vec!["email".to_owned()];
    };
    let sql = "DROP PRIMARY KEY, ADD COLUMN `id` int unsigned NOT NULL AUTO_INCREMENT, ADD PRIMARY KEY (`id`)";
    assert_eq!(with(missing), [unsafe_(sql)]);
    assert_eq!(
        with(|table| table.without_transactions = true),
        [unsafe_("ENGINE=InnoDB")]
    );
}

#[test]
fn tables_that_refer_to_each_other_are_made_one_after_the_other() {
    let schemas = order::parents_first(vec![User::schema(), Org::schema()]);
    let alters = of_entities(&MYSQL, &schemas, &[None, None]);
    let sql: Vec<String> = alters
        .iter()
        .map(|(_, action, _)| format!("{action:?}").replace("\\n", "\n"))
        .collect();
    assert_eq!(alters.len(), 3, "{sql:#?}");
    assert!(
        sql[0].contains("CREATE TABLE `users`") && !sql[0].contains("FOREIGN KEY"),
        "{}",
        sql[0]
    );
    assert!(
        sql[1].contains("CREATE TABLE `orgs`") && sql[1].contains("CONSTRAINT `orgs.owner`"),
        "{}",
        sql[1]
    );
    assert!(
        sql[2].contains("ALTER TABLE `users` ADD CONSTRAINT `users.org`"),
        "{}",
        sql[2]
    );
}

#[test]
fn types_and_defaults_are_spelled_for_every_sql_mode() {
    let table = SchemaBuilder::new("Bee", "bees", "default")
        .key(column::<crate::Uuid>("id"), KeySource::Client)
        .column(column::<String>("text").default("'it''s \\\\'"))
        .column(column::<f64>("number").default("1.5"))
        .build();
    let sql = format!(
        "{:?}",
        MYSQL.write(
            &table,
            &Change::Create {
                foreign_keys: Vec::new(),
                collations: Vec::new(),
            }
        )
    );
    assert!(sql.contains("DEFAULT x'69742773205c'"), "{sql}");
    assert!(sql.contains("DEFAULT 1.5"), "{sql}");
}
