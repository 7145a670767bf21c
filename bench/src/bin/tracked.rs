//! What tracking costs in memory: `bytes over a bare value`, a space, and `allocations of an untouched value`.
//!
//! A program of its own, since its allocator counts.

use std::{error::Error, hint::black_box};

use beeorm::prelude::*;

#[derive(Entity, Debug, Default)]
#[entity(table = "pages")]
struct Page {
    #[entity(uuid)]
    id: Uuid,
    #[entity(length = 100)]
    path: String,
    #[entity(length = 100)]
    referrer: String,
    status: u16,
    millis: u32,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let engine = Registry::new()
        .pool(DEFAULT_POOL, std::env::var("BEEORM_BENCH_MYSQL_URL")?)
        .pool(DEFAULT_POOL, std::env::var("BEEORM_BENCH_REDIS_URL")?)
        .entity::<Page>()
        .connect()
        .await?;
    let page = Page {
        path: "/articles/1".to_owned(),
        ..Page::default()
    };
    let counted = allocation_counter::measure(|| {
        let tracked = engine.attach(page);
        black_box(&tracked.path);
        black_box(Tracked::is_dirty(&tracked));
        black_box(tracked);
    });
    let over = size_of::<Tracked<Page>>() - size_of::<Page>();
    println!("{over} {}", counted.count_total);
    Ok(())
}
