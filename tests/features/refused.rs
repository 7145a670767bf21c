//! The two cases that BeeORM does not allow lazily, and everything else that is refused before
//! anything is appended.

use std::collections::BTreeMap;

use beeorm::prelude::*;

use crate::support::{Backend, engine, on_every_backend};

#[derive(Entity, Debug, Default)]
struct Customer {
    id: u32,
    #[entity(unique, length = 10)]
    name: String,
    visits: u32,
}

#[derive(Entity, Debug, Default)]
struct Order {
    #[entity(uuid)]
    id: Uuid,
    customer: Reference<Customer>,
}

#[derive(Entity, Debug, Default)]
struct Account {
    #[entity(primary_key, length = 20)]
    name: String,
    balance: i64,
}

#[derive(Entity, Debug, Default)]
struct Measurement {
    #[entity(uuid)]
    id: Uuid,
    value: f64,
    #[entity(precision = 6, scale = 2)]
    price: rust_decimal::Decimal,
    day: Option<chrono::NaiveDate>,
    #[entity(json)]
    tags: BTreeMap<Vec<u8>, u8>,
    payload: Vec<u8>,
}

#[derive(Entity, Debug, Default)]
struct Unknown {
    #[entity(uuid)]
    id: Uuid,
}

async fn shop(backend: &Backend) -> Engine {
    let registry = backend
        .registry()
        .entity::<Customer>()
        .entity::<Order>()
        .entity::<Account>();
    engine(registry.entity::<Measurement>()).await
}

async fn nothing_was_appended(engine: &Engine) {
    let statistics = engine
        .event_broker()
        .stream_statistics(LAZY_CHANNEL)
        .await
        .unwrap();
    assert_eq!(
        statistics.len, 0,
        "a refused flush left something in the stream"
    );
}

fn customer(name: &str) -> Customer {
    Customer {
        name: name.to_owned(),
        ..Customer::default()
    }
}

on_every_backend! {
    async fn on_duplicate_key_update_lazily(backend: Backend) {
        let engine = shop(&backend).await;
        let mut customer = engine.track(customer("Tom")).unwrap();
        Tracked::on_duplicate_key_update(&mut customer, [Customer::columns().visits.add(1)]);
        let refused = engine.flush_lazy(&mut customer).await.unwrap_err();
        assert!(matches!(refused, Error::LazyOnDuplicateKey { entity: "Customer" }), "{refused}");
        assert!(refused.to_string().contains("engine.flush"), "{refused}");
        assert!(Tracked::is_new(&customer));
        nothing_was_appended(&engine).await;
        engine.flush(&mut customer).await.unwrap();
        assert_eq!(customer.id, 1);
    }

    async fn a_reference_to_an_unsaved_entity_lazily(backend: Backend) {
        let engine = shop(&backend).await;
        let mut order = engine.track(Order { customer: Reference::new(customer("Tom")), ..Order::default() }).unwrap();
        let refused = engine.flush_lazy(&mut order).await.unwrap_err();
        assert_eq!(
            refused.to_string(),
            "Order.customer is not set, or refers to an unsaved Customer, which has no id yet: only the database can make its id: \
             `engine.flush` it before you refer to it, or let the reference hold it, `Reference::new(value)`, and \
             `engine.flush` both; a lazy flush takes both where its key has `#[entity(uuid)]`"
        );
        assert!(matches!(refused, Error::UnsavedReference { entity: "Order", parent: "Customer", .. }), "{refused:?}");
        assert!(Tracked::is_new(&order));
        let mut bare = Order { customer: Reference::new(customer("Tom")), ..Order::default() };
        assert!(engine.flush_lazy(&mut bare).await.is_err());
        assert!(bare.id.is_nil(), "a refused flush changes nothing");
        nothing_was_appended(&engine).await;
        engine.flush(&mut order).await.unwrap();
        assert_eq!((*order.customer.key(), order.customer.get().map(|customer| customer.id)), (1, Some(1)));
    }

    async fn a_reference_that_was_never_set(backend: Backend) {
        let engine = shop(&backend).await;
        let mut order = engine.track(Order::default()).unwrap();
        assert!(matches!(engine.flush_lazy(&mut order).await, Err(Error::UnsavedReference { .. })));
        assert!(matches!(engine.flush(&mut order).await, Err(Error::UnsavedReference { .. })));
        nothing_was_appended(&engine).await;
    }

    async fn changing_or_deleting_what_has_no_id(backend: Backend) {
        let engine = shop(&backend).await;
        let mut order = Order::default();
        let refused = engine.delete_lazy(&mut order).await.unwrap_err();
        assert!(matches!(refused, Error::UnsetKey { operation: "delete", .. }), "{refused}");
        let change = Customer::change(0).add(Customer::columns().visits, 1);
        let refused = engine.flush_lazy(change).await.unwrap_err();
        assert!(matches!(refused, Error::UnsetKey { operation: "change", .. }), "{refused}");
        let refused = engine.delete_by_id_lazy::<Order>(Uuid::nil()).await.unwrap_err();
        assert!(matches!(refused, Error::UnsetKey { operation: "delete", .. }), "{refused}");
        nothing_was_appended(&engine).await;
    }

    async fn keys_that_only_the_user_can_give(backend: Backend) {
        let engine = shop(&backend).await;
        let mut account = engine.track(Account::default()).unwrap();
        assert!(matches!(engine.flush_lazy(&mut account).await, Err(Error::KeyMissing { entity: "Account" })));
        account.name = "bee".to_owned();
        engine.flush(&mut account).await.unwrap();
        account.name = "wasp".to_owned();
        assert!(matches!(engine.flush_lazy(&mut account).await, Err(Error::KeyChanged { entity: "Account" })));
        nothing_was_appended(&engine).await;
    }

    async fn values_that_do_not_fit_their_columns(backend: Backend) {
        let engine = shop(&backend).await;
        let mut long = engine.track(customer("elevenchars")).unwrap();
        let refused = engine.flush_lazy(&mut long).await.unwrap_err();
        assert!(refused.to_string().starts_with("Customer.name has 11 characters, and the column takes 10"), "{refused}");
        let columns = Customer::columns();
        assert!(engine.flush_lazy(Customer::change(1).set(columns.name, "elevenchars")).await.is_err());
        let twice = Customer::change(1).add(columns.visits, 1).add(columns.visits, 1);
        assert!(matches!(engine.flush_lazy(twice).await, Err(Error::AssignedTwice { .. })));
        let refused = [
            (Measurement { value: f64::NAN, ..Measurement::default() }, "value"),
            (Measurement { price: "10000.00".parse().unwrap(), ..Measurement::default() }, "price"),
            (Measurement { price: "0.001".parse().unwrap(), ..Measurement::default() }, "price"),
            (Measurement { day: chrono::NaiveDate::from_ymd_opt(999, 12, 31), ..Measurement::default() }, "day"),
            (Measurement { tags: [(vec![1], 1)].into(), ..Measurement::default() }, "tags"),
            (Measurement { payload: vec![0; 65_536], ..Measurement::default() }, "payload"),
        ];
        for (mut measurement, column) in refused {
            match engine.flush_lazy(&mut measurement).await {
                Err(Error::Column { column: named, .. }) if named == column => {}
                other => panic!("{column}: {other:?}"),
            }
            assert!(measurement.id.is_nil(), "a refused flush changes nothing");
        }
        nothing_was_appended(&engine).await;
    }

    async fn a_frame_that_is_too_large(backend: Backend) {
        let engine = shop(&backend).await;
        let large = || Measurement { payload: vec![7; 60_000], ..Measurement::default() };
        let mut measurements: Vec<_> = (0..600).map(|_| large()).collect();
        assert!(matches!(engine.flush_lazy(&mut measurements).await, Err(Error::FrameTooLarge { .. })));
        assert!(measurements.iter().all(|measurement| measurement.id.is_nil()));
        nothing_was_appended(&engine).await;
    }

    async fn entities_that_are_not_registered(backend: Backend) {
        let engine = shop(&backend).await;
        let refused = engine.flush_lazy(&mut Unknown::default()).await.unwrap_err();
        assert!(matches!(refused, Error::EntityNotRegistered { entity: "Unknown" }), "{refused}");
        nothing_was_appended(&engine).await;
    }

    async fn one_bad_value_refuses_the_whole_flush(backend: Backend) {
        let engine = shop(&backend).await;
        let mut fine = engine.track(customer("Tom")).unwrap();
        let mut order = Order { customer: Reference::to(1), ..Order::default() };
        let mut bad = engine.track(customer("far too long a name")).unwrap();
        assert!(engine.flush_lazy((&mut fine, &mut order, &mut bad)).await.is_err());
        assert!(Tracked::is_new(&fine) && order.id.is_nil());
        nothing_was_appended(&engine).await;
    }
}
