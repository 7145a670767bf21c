//! Each line above a `//~` is a mistake. The `//~` tells what the compiler points at, and what it says of that; a `//~|`
//! tells a note of the same mistake.

use beeorm::prelude::*;

#[derive(Entity, Debug, Default)]
struct User {
    #[entity(uuid)]
    id: Uuid,
    name: String,
    visits: u32,
    age: Option<u8>,
}

/// Its key is made by the database.
#[derive(Entity, Debug, Default)]
struct Order {
    id: u64,
    user: Reference<User>,
}

/// Its key is the user's.
#[derive(Entity, Debug, Default)]
struct Tag {
    id: String,
}

/// Somebody has forgotten the derive.
#[derive(Debug, Default)]
struct Plain {
    id: u64,
}

#[derive(Entity)]
struct Holder {
    #[entity(uuid)]
    id: Uuid,
    plain: Plain,
    //~ Plain: `Plain` cannot be stored in a column
    //~| an enum can with `#[derive(EntityEnum)]` on it
    //~| to refer to another entity, hold a `Reference` of it
    //~| under `#[entity(json)]` any serde type can; `#[entity(embedded)]` takes a struct with `#[derive(Embedded)]`, and `#[entity(skip)]` leaves the field out
    refers: Reference<Plain>,
    //~ Reference<Plain>: `Plain` is no entity
    //~| an entity is a struct with `#[derive(Entity)]` and a key; it is named by itself: `User`, not `&User` or `Tracked<User>`
    number: Option<Reference<u64>>,
    //~ Option<Reference<u64>>: `u64` is no entity
    set: Set<Plain>,
    //~ Set<Plain>: `Plain` is no enum of a column
    //~| put `#[derive(EntityEnum)]` on an enum without fields
    #[entity(embedded)]
    embedded: Plain,
    //~ Plain: `Plain` cannot be embedded
    //~| put `#[derive(Embedded)]` on it; under `#[entity(json)]` any serde type can be stored in one column
}

#[derive(Entity)]
struct OwnKey {
    #[entity(primary_key)]
    id: Plain,
    //~ Plain: `Plain` cannot be the key of an entity
    //~| a key is one column: a `Uuid`, an integer or a `String`
}

#[derive(Entity)]
struct TwoInOne {
    #[entity(primary_key)]
    id: (u8, u8),
    //~ (u8, u8): a key is a `Uuid`, an integer or a `String`
}

fn register() -> Registry {
    Registry::new().entity::<Plain>()
    //~ Plain: `Plain` is no entity
}

async fn read(engine: Engine, id: Uuid) -> Result<(), Error> {
    engine.load::<Plain>(1_u64).await?;
    //~ load: `Plain` is no entity
    engine.load::<User>("bee").await?;
    //~ "bee": `&str` is no value of a column or key of the type `beeorm::Uuid`
    engine.load::<User>(&id).await?;
    //~ &id: `&beeorm::Uuid` is no value of a column or key of the type `beeorm::Uuid`
    Ok(())
}

async fn flush(engine: Engine, mut user: User, mut plain: Plain) -> Result<(), Error> {
    engine.flush(&mut plain).await?;
    //~ plain: `&mut Plain` cannot be flushed or deleted
    engine.flush(&user).await?;
    //~ &user: `&User` cannot be flushed or deleted
    //~| entities, which have `#[derive(Entity)]`, are given as `&mut value`: the flush gives them their ids. So are `Vec`s and arrays of them, and tuples hold `&mut value`s; a `Change` is given by value
    engine.flush(user).await?;
    //~ user: `User` cannot be flushed or deleted
    engine.flush(vec![User::default()]).await?;
    //~ vec![User::default()]: `User` cannot be flushed or deleted
    engine.delete(&mut plain).await?;
    //~ plain: `&mut Plain` cannot be flushed or deleted
    let _ = engine.track(plain);
    //~ plain: `Plain` is no entity
    let _ = engine.attach(&mut user);
    //~ &mut user: `&mut User` is no entity
    Ok(())
}

async fn flush_lazily(
    engine: Engine,
    mut order: Order,
    mut tag: Tag,
    mut plain: Plain,
) -> Result<(), Error> {
    engine.flush_lazy(&mut order).await?;
    //~ order: `&mut Order` cannot be flushed lazily
    //~| a bare entity whose id is not made by `#[entity(uuid)]` has to be tracked first: `let mut value = engine.track(value)?;`
    //~| or let the client make the id: put `#[entity(uuid)]` on a key of type `Uuid` or `u64`
    engine.flush_lazy(&mut tag).await?;
    //~ tag: `&mut Tag` cannot be flushed lazily
    //~| a bare entity whose id is not made by `#[entity(uuid)]` has to be tracked first: `let mut value = engine.track(value)?;`
    engine.flush_lazy(&mut plain).await?;
    //~ plain: `&mut Plain` cannot be flushed lazily
    engine.flush_lazy(&order).await?;
    //~ &order: `&Order` cannot be flushed lazily
    engine.flush_lazy(order).await?;
    //~ order: `Order` cannot be flushed lazily
    engine.flush_lazy(&mut vec![Order::default()]).await?;
    //~ &mut vec![Order::default()]: `&mut Vec<Order>` cannot be flushed lazily
    Ok(())
}

fn collect(engine: &Engine, mut order: Order, mut plain: Plain, tracked: Tracked<User>) {
    let mut flusher = engine.flusher();
    flusher.track(&mut order);
    //~ &mut order: `Order` is neither an entity whose id the client makes nor a `Tracked` one, so it cannot be flushed lazily
    //~| an entity whose id is not made by `#[entity(uuid)]` has to be tracked first: `let mut value = engine.track(value)?;`
    flusher.delete(&mut plain);
    //~ &mut plain: `Plain` is neither an entity nor a `Tracked` one
    //~| put `#[derive(Entity)]` on it
    flusher.add(tracked);
    //~ tracked: `beeorm::Tracked<User>` is no entity
}

fn change(id: Uuid) {
    let columns = User::columns();
    let _ = User::change(id).add(columns.name, "x");
    //~ columns.name: a column of the type `String` cannot be counted up and down
    //~| `add` and `subtract` are for integers, floats and decimals that are no `Option`; `set` is for every column
    let _ = User::change(id).add(columns.visits, "x");
    //~ "x": `&str` is no value of a column or key of the type `u32`
    let _ = User::change(id).set(columns.visits, "x");
    //~ "x": `&str` is no value of a column or key of the type `u32`
    //~| a column takes what its field holds; besides, a text takes a `&str`, an `Option` takes the value without `Some`, and a reference takes `&entity`, or a key by `Reference::to(key)`
    let _ = User::change(id).set(columns.name, 5);
    //~ 5: `{integer}` is no value of a column or key of the type `String`
    let _ = User::change(id).set(columns.age, 1000_u32);
    //~ 1000_u32: `u32` is no value of a column or key of the type `std::option::Option<u8>`
    let _ = User::change("x").set(columns.age, 1);
    //~ "x": `&str` is no value of a column or key of the type `beeorm::Uuid`
    let _ = Order::change(1_u64).set(Order::columns().user, User::default());
    //~ User::default(): `User` is no value of a column or key of the type `beeorm::Reference<User>`
    let _ = Order::change(1_u64).set(Order::columns().user, id);
    //~ id: `beeorm::Uuid` is no value of a column or key of the type `beeorm::Reference<User>`
}

fn main() {}
