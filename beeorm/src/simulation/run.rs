use std::{sync::Arc, time::Duration};

use super::{
    chaos::{chaos, heal},
    checker,
    plan::{Fault, Plan},
    scene::Scene,
    trace::Listener,
    world::{Stuck, World},
};

/// What came of a seed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Outcome {
    /// What must never happen, and did.
    pub violations: Vec<String>,
    /// What happened, line by line, where it was asked for.
    pub trace: Vec<String>,
    /// How many flushes the producers made.
    pub flushes: usize,
    /// How much time went by, in the simulated world.
    pub virtual_time: Duration,
}

/// Every run comes to its end within this time of its own.
const LONGEST_RUN: Duration = Duration::from_secs(3600);
/// So long after the last fault, everything is done.
const DRAINED_WITHIN: Duration = Duration::from_secs(900);
/// What is on its way when the producers are done arrives within this time.
const LAST_ARRIVAL: Duration = Duration::from_secs(20);

/// Runs one seed, from the first flush to the empty stream, and checks all that was promised.
///
/// The same seed gives the same outcome; with `traced`, also what happened.
#[must_use]
pub fn run(seed: u64, traced: bool) -> Outcome {
    let world = World::new(seed, traced);
    if !traced {
        return run_in(&world);
    }
    tracing::subscriber::with_default(Listener(Arc::clone(&world)), || run_in(&world))
}

fn run_in(world: &Arc<World>) -> Outcome {
    // Something has to be there before anything can be said of it.
    world.process("setting");
    let plan = world.draw(Plan::draw);
    world.note(|| format!("{plan:?}"));
    let scene = Scene::new(world, plan);
    let ended = world.run(Box::pin(course(Arc::clone(&scene))), LONGEST_RUN);
    match ended {
        Ok(()) => checker::check(&scene),
        Err(Stuck::Idle) => world.violation("everybody waits for something that never comes"),
        Err(Stuck::Endless) => world.violation("the run does not end"),
    }
    let outcome = Outcome {
        violations: world.violations(),
        trace: world.trace.take(),
        flushes: scene.ledger().flushes.len(),
        virtual_time: world.now(),
    };
    world.end();
    outcome
}

/// Flushes and faults, then calm, until the stream is empty and everybody has left.
async fn course(scene: Arc<Scene>) {
    let world = Arc::clone(&scene.world);
    let producers = scene.plan.producers.len();
    (0..producers).for_each(|number| scene.start_producer(number));
    for number in 0..scene.plan.consumers {
        let late = Arc::clone(&scene);
        let after = world.draw(|random| random.below(1_000_000)) + scene.plan.head_start;
        world.after(Duration::from_micros(after), move || {
            late.start_consumer(number);
        });
    }
    chaos(Arc::clone(&scene)).await;
    heal(&scene);
    let produced = scene
        .until(DRAINED_WITHIN, || scene.ledger().is_done())
        .await;
    if !produced {
        world.violation("the producers do not come to an end");
        return;
    }
    // Faults that were under way are over by then, and what they undid is healed once more.
    world.sleep(LAST_ARRIVAL).await;
    heal(&scene);
    if !is_drained(&scene).await {
        return;
    }
    if scene.plan.faults.contains(&Fault::DaysPass) {
        old_entries_come_back(&scene).await;
        if !is_drained(&scene).await {
            return;
        }
    }
    scene.end();
    if !scene.until(DRAINED_WITHIN, || scene.all_left()).await {
        world.violation("a consumer does not leave");
    }
}

async fn is_drained(scene: &Scene) -> bool {
    let is_empty = || scene.stream.is_empty();
    let drained = scene.until(DRAINED_WITHIN, is_empty).await;
    if !drained {
        let left = scene.stream.describe();
        let what = format!("the stream does not become empty: {left}");
        scene.world.violation(what);
    }
    drained
}

/// When the owner has begun to prune what is older than the horizon.
async fn old_entries_come_back(scene: &Scene) {
    let world = &scene.world;
    world.pass_days(world.draw(|random| random.within(6, 20)));
    for _ in 0..world.draw(|random| random.within(1, 8)) {
        let pause = world.draw(|random| random.below(90_000_000));
        world.sleep(Duration::from_micros(pause)).await;
        scene.stream.bring_back();
    }
}
