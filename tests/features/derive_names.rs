//! What the derives print compiles whatever names surround it: the user's own, and beeorm's elsewhere.

use beeorm::{ColumnType, KeySource, prelude::*};

/// Fields named as what printed code may declare, raw identifiers, and names of the prelude taken.
#[deny(
    warnings,
    missing_docs,
    missing_debug_implementations,
    unused,
    unused_qualifications,
    unreachable_pub
)]
#[deny(clippy::all, clippy::pedantic)]
mod strange_names {
    #![allow(
        dead_code,
        non_camel_case_types,
        reason = "names that are there to be in the way"
    )]

    use ::beeorm::prelude::{Embedded, Entity, EntityEnum, Uuid};

    type Result = ();
    type Option = ();
    type Vec = ();
    type Ok = ();
    type Some = ();
    type Default = ();
    type Debug = ();
    type OnceLock = ();
    type Columns = ();
    type Key = ();
    type usize = u8;
    type str = u8;
    const SCHEMA: u8 = 0;
    const WIDTH: u8 = 0;
    mod core {}
    mod std {}
    mod beeorm {}

    #[derive(Embedded)]
    pub(super) struct E {
        builder: u8,
        position: u8,
        prefix: u8,
        column: u8,
        #[entity(column = "Columns")]
        r#fn: u8,
    }

    #[derive(EntityEnum, Clone, Copy, PartialEq, Eq)]
    pub(super) enum V {
        Null,
        Ok,
        None,
    }

    #[derive(Entity)]
    pub(super) struct r#Strange {
        #[entity(uuid)]
        pub(super) id: Uuid,
        pub(super) r#type: u8,
        key: u8,
        columns: u8,
        schema: u8,
        sink: u8,
        reader: u8,
        visitor: u8,
        value: u8,
        error: u8,
        write: u8,
        read: u8,
        visit_references: u8,
        v: V,
        #[entity(embedded)]
        e: E,
        #[deprecated]
        r#move: u8,
    }

    pub(super) fn columns() -> [super::Name; 3] {
        let columns = <Strange as Entity>::columns();
        [
            columns.r#type.name(),
            columns.e.r#fn.name(),
            columns.r#move.name(),
        ]
    }
}

type Name = &'static str;

#[test]
fn strange_names_do_no_harm() {
    assert_eq!(strange_names::columns(), ["type", "e_Columns", "move"]);
    assert_eq!(strange_names::Strange::schema().entity, "Strange");
    assert_eq!(strange_names::Strange::schema().columns.len(), 20);
}

/// beeorm as it is reached by someone who depends on it through another crate.
mod another_name {
    mod framework {
        pub(super) mod orm {
            pub(crate) use beeorm::{__private, Entity};
        }
    }

    #[derive(framework::orm::Entity)]
    #[entity(crate = framework::orm)]
    pub(super) struct Thing {
        pub(super) id: u64,
    }

    #[derive(framework::orm::Entity)]
    #[entity(crate = "self::framework::orm", table = "things")]
    pub(super) struct Other {
        pub(super) id: u64,
    }
}

#[test]
fn beeorm_may_be_elsewhere() {
    assert_eq!(another_name::Thing::schema().table, "thing");
    assert_eq!(another_name::Other::schema().table, "things");
    let (thing, other) = (another_name::Thing { id: 1 }, another_name::Other { id: 2 });
    assert_eq!(
        (*thing.key(), *other.key(), thing.id, other.id),
        (1, 2, 1, 2)
    );
}

/// An entity that a macro makes: its types and values come in invisible groups.
macro_rules! entity {
    ($name:ident, $key:ty, $text:ty, $length:literal, $default:expr) => {
        #[derive(Entity)]
        struct $name {
            id: $key,
            #[entity(length = $length, default = $default)]
            text: $text,
        }
    };
}

#[test]
fn entities_can_be_made_by_macros() {
    entity!(Made, u64, Option<String>, 7, "x");
    let schema = Made::schema();
    assert_eq!(schema.key_source, KeySource::AutoIncrement);
    assert_eq!(
        schema.columns[1].column_type,
        ColumnType::Text { length: Some(7) }
    );
    assert_eq!(
        (schema.columns[1].nullable, schema.columns[1].default),
        (true, Some("'x'"))
    );
    let made = Made { id: 1, text: None };
    assert_eq!((made.id, made.text), (1, None));
}
