//! The library in a few steps: `cargo run --example quickstart`.
//!
//! It needs no server: a database and a stream in memory stand for MySQL and Redis. With
//! `BEEORM_MYSQL_URL` and `BEEORM_REDIS_URL` it does the same on real ones, in a table of its own.

use std::{env, error::Error, process::ExitCode};

use beeorm::prelude::*;

/// A row of the table `quickstart_users`.
#[derive(Entity, Debug, Default)]
#[entity(table = "quickstart_users")]
struct User {
    #[entity(uuid)] // made here and not by the database, so it is known at once
    id: Uuid,
    #[entity(length = 40)]
    name: String,
    #[entity(unique)]
    email: String,
    visits: u32,
}

async fn run() -> Result<(), Box<dyn Error>> {
    let engine = connect().await?;

    step("1. Insert lazily: the call appends to a stream, and returns");
    let mut tom = user("Tom");
    engine.flush_lazy(&mut tom).await?;
    println!("known at once: the id {}", tom.id);
    let row = engine.load::<User>(tom.id).await?;
    println!("in the table:  {}", row.is_some());

    step("2. Several at once: one entry in the stream, and later one transaction");
    let mut ann = user("Ann");
    let mut others = vec![user("Bob"), user("Eve")];
    let receipt = engine.flush_lazy((&mut ann, &mut others)).await?;
    println!("statements in the entry: {}", receipt.statements());
    print_statistics(&engine).await?;

    step("3. The background consumer executes them");
    // A service gives `run_until(shutdown)` a task or a process of its own; `drain()` is done when
    // the stream is empty.
    let first = engine.background_consumer().drain().await?;
    println!("applied: {} flushes", first.applied);
    let mut tom = engine.load::<User>(tom.id).await?.ok_or("no Tom")?;
    println!("loaded:  {}", tom.name);

    step("4. Update and delete lazily");
    tom.name = "Thomas".into();
    let changed = Tracked::dirty_columns(&tom).join(", ");
    engine.flush_lazy(&mut tom).await?;
    println!("updates what was changed, and no more: {changed}");
    let visit = User::change(ann.id).add(User::columns().visits, 1);
    engine.flush_lazy(visit).await?;
    println!("counts in the database, without loading: Ann's visits");
    engine.delete_lazy(&mut others).await?;
    println!("deletes: Bob and Eve");

    step("5. A flush that cannot succeed is refused, and nothing is appended");
    let mut long = user("A name of more than the forty characters that its column has");
    if let Err(refused) = engine.flush_lazy(&mut long).await {
        println!("{refused}");
    }

    step("6. What only the database can refuse, it refuses later");
    let mut twin = user("Ann");
    let doomed = engine.flush_lazy(&mut twin).await?;
    println!("appended: a second user with Ann's email, which is unique");

    step("7. Statistics before the consumer runs again, and after");
    print_statistics(&engine).await?;
    let second = engine.background_consumer().drain().await?;
    println!("consumer: {} applied, {} dead", second.applied, second.dead);
    print_statistics(&engine).await?;

    step("8. A dead letter keeps the statement, its values and the reason");
    print_dead_letter(&engine, &doomed).await?;

    step("9. What is in the table");
    let ids = [tom.id, ann.id, others[0].id, others[1].id, twin.id];
    for user in engine.load_many::<User>(ids).await?.iter().flatten() {
        println!("{}, {}, {} visits", user.name, user.email, user.visits);
    }

    let broker = engine.event_broker();
    let pending = broker.stream_statistics(LAZY_CHANNEL).await?.len;
    let (applied, dead) = (first.applied + second.applied, first.dead + second.dead);
    println!("\napplied={applied} dead={dead} pending={pending}");
    Ok(())
}

async fn connect() -> Result<Engine, Box<dyn Error>> {
    let registry = match (env::var("BEEORM_MYSQL_URL"), env::var("BEEORM_REDIS_URL")) {
        (Ok(mysql), Ok(redis)) => {
            println!("On your servers, in the table quickstart_users.");
            // The consumer knows this table only, and is to keep out of the streams of others.
            let apart = PoolOptions::new().namespace("quickstart");
            Registry::new()
                .pool(DEFAULT_POOL, mysql)
                .pool_with(DEFAULT_POOL, redis, apart)
        }
        (Err(_), Err(_)) => {
            println!("Without servers, in memory.");
            Registry::new()
                .pool(DEFAULT_POOL, "sqlite://memory")
                .pool(DEFAULT_POOL, "embedded://memory")
        }
        _ => return Err("set both BEEORM_MYSQL_URL and BEEORM_REDIS_URL, or neither".into()),
    };
    let engine = registry.entity::<User>().connect().await?;
    engine.schema().update().await?; // makes the table if it is not there
    clean_up(&engine).await?;
    Ok(engine)
}

/// Takes away what an earlier run left on the same servers. The ids of its rows are forgotten, but
/// ON DUPLICATE KEY UPDATE, which `flush` has and `flush_lazy` has not, finds them by their emails.
async fn clean_up(engine: &Engine) -> Result<(), Box<dyn Error>> {
    engine.background_consumer().drain().await?;
    for name in ["Tom", "Ann", "Bob", "Eve"] {
        let mut row = engine.track(user(name))?;
        Tracked::on_duplicate_key_update(&mut row, [User::columns().visits.set(0)]);
        engine.flush(&mut row).await?;
        engine.delete(&mut row).await?;
    }
    Ok(())
}

async fn print_statistics(engine: &Engine) -> Result<(), Box<dyn Error>> {
    let broker = engine.event_broker();
    let stream = broker.stream_statistics(LAZY_CHANNEL).await?;
    println!(
        "in the stream: {} flushes, {} statements",
        stream.len, stream.statements
    );
    Ok(())
}

async fn print_dead_letter(engine: &Engine, receipt: &Receipt) -> Result<(), Box<dyn Error>> {
    for letter in engine.dead_letters().list(1000).await? {
        if receipt.frame_ids().contains(&letter.frame_id) {
            println!("reason:    {}", letter.error);
            println!("statement: {}", letter.statements);
        }
    }
    Ok(())
}

fn user(name: &str) -> User {
    let email = format!("{}@example.com", name.to_lowercase());
    User {
        name: name.into(),
        email,
        ..User::default()
    }
}

fn step(title: &str) {
    println!("\n{title}");
}

#[tokio::main]
async fn main() -> ExitCode {
    match run().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("quickstart: {error}");
            ExitCode::FAILURE
        }
    }
}
