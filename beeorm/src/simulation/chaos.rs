//! The faults of a run, one after the other, and what heals them.

use std::{
    sync::{Arc, atomic::Ordering},
    time::Duration,
};

use super::{database::Bite, line::Line, plan::Fault, process::Process, scene::Scene};

/// Chaos goes on for no longer than this.
const LONGEST: Duration = Duration::from_secs(90);

/// Until the producers are done, or it has been enough.
pub(super) async fn chaos(scene: Arc<Scene>) {
    let world = Arc::clone(&scene.world);
    while !scene.plan.faults.is_empty() && world.now() < LONGEST && !scene.ledger().is_done() {
        let calm = world.draw(|random| random.below(2 * scene.plan.calm));
        world.sleep(Duration::from_micros(calm)).await;
        let faults = &scene.plan.faults;
        let fault = world.draw(|random| faults[random.place(faults.len())]);
        strike(&scene, fault);
    }
}

/// Everything works again, and whoever was stopped goes on.
pub(super) fn heal(scene: &Arc<Scene>) {
    scene.world.note(|| "everything is healed".to_owned());
    scene.stream.heal();
    scene.databases.iter().for_each(|server| server.heal());
    let producers = scene.producers();
    let consumers = scene.consumers();
    let slots = producers.iter().chain(consumers.iter());
    for process in slots.filter_map(|slot| slot.process.as_ref()) {
        scene.world.wake(process.id);
    }
}

/// Does it, and undoes it after a while.
fn strike(scene: &Arc<Scene>, fault: Fault) {
    match fault {
        Fault::KillConsumer => scene.kill_consumer(any_consumer(scene)),
        Fault::LeaveConsumer => scene.leave(any_consumer(scene)),
        Fault::KillProducer => scene.kill_producer(any_producer(scene)),
        Fault::StopConsumer => {
            let process = scene.consumers()[any_consumer(scene)].process.clone();
            stop(scene, process);
        }
        Fault::StopProducer => {
            let process = scene.producers()[any_producer(scene)].process.clone();
            stop(scene, process);
        }
        Fault::StepClock => step_clock(scene),
        Fault::StreamDown => {
            scene.stream.set_down(true);
            later(scene, 20_000_000, |scene| scene.stream.set_down(false));
        }
        Fault::StreamFailover => scene.stream.fail_over(),
        Fault::StreamClock => {
            let hour = 3_600_000;
            let back = scene.world.draw(|random| random.chance(700));
            scene.stream.step_clock(if back { -hour } else { hour });
        }
        Fault::StreamLossy => lossy(scene, &scene.stream.wire.line),
        Fault::StreamSlow => slow(scene, &scene.stream.wire.line),
        Fault::OutOfMemory => {
            scene.stream.set_out_of_memory(true);
            later(scene, 10_000_000, |scene| {
                scene.stream.set_out_of_memory(false);
            });
        }
        Fault::DeleteGroup => scene.stream.delete_group(),
        Fault::DeleteStream => scene.stream.delete_stream(),
        Fault::DeleteEntry => scene.stream.delete_entry(),
        Fault::AppendAgain => scene.stream.append_again(),
        Fault::Garbage => garbage(scene),
        // When the producers are done: what waits is not what is old.
        Fault::DaysPass => {}
        Fault::Deploy => {
            scene.world.note(|| "the missing table is made".to_owned());
            scene.deploy();
        }
        _ => strike_database(scene, fault),
    }
}

fn strike_database(scene: &Arc<Scene>, fault: Fault) {
    let number = scene.world.draw(|random| usize::from(random.chance(250)));
    let database = &scene.databases[number];
    match fault {
        Fault::DatabaseDown => {
            database.set_down(true);
            let minutes = scene.world.draw(|random| random.chance(100));
            let longest = if minutes { 200_000_000 } else { 8_000_000 };
            later(scene, longest, move |scene| {
                scene.databases[number].set_down(false);
            });
        }
        Fault::DatabaseFrozen => {
            database.set_frozen(true);
            later(scene, 60_000_000, move |scene| {
                scene.databases[number].set_frozen(false);
            });
        }
        Fault::DatabaseLossy => lossy(scene, &database.wire.line),
        Fault::DatabaseSlow => slow(scene, &database.wire.line),
        Fault::Unwritable => {
            let why = ["the server is read-only", "the disk is full"];
            database.set_unwritable(Some(why[scene.world.draw(|random| random.place(2))]));
            later(scene, 20_000_000, move |scene| {
                scene.databases[number].set_unwritable(None);
            });
        }
        Fault::Poison => {
            let bite = match scene.world.draw(|random| random.below(6)) {
                0..=2 => Bite::HangsUp { letters: true },
                3 => Bite::HangsUpAtCommit,
                4 => Bite::Dies,
                _ => Bite::HangsUp { letters: false },
            };
            let number = scene.ledger().mark_to_come();
            database.poison(number, bite);
        }
        Fault::Crowded => {
            database.set_crowded(true);
            later(scene, 10_000_000, move |scene| {
                scene.databases[number].set_crowded(false);
            });
        }
        _ => {
            let per_mille = scene.world.draw(|random| random.within(10, 300));
            database.set_contention(per_mille);
            later(scene, 10_000_000, move |scene| {
                scene.databases[number].set_contention(0);
            });
        }
    }
}

/// After a while.
fn later(scene: &Arc<Scene>, longest: u64, undo: impl FnOnce(&Arc<Scene>) + Send + 'static) {
    let micros = scene.world.draw(|random| random.of_any_size(longest));
    let again = Arc::clone(scene);
    scene
        .world
        .after(Duration::from_micros(micros), move || undo(&again));
}

fn any_consumer(scene: &Scene) -> usize {
    scene
        .world
        .draw(|random| random.place(scene.plan.consumers))
}

fn any_producer(scene: &Scene) -> usize {
    scene
        .world
        .draw(|random| random.place(scene.plan.producers.len()))
}

/// SIGSTOP, for longer than a lease lasts or shorter, then SIGCONT.
fn stop(scene: &Arc<Scene>, process: Option<Arc<Process>>) {
    let Some(process) = process else { return };
    let world = &scene.world;
    world.note_of(process.id, || "FAULT: stopped".to_owned());
    world.stop(process.id);
    later(scene, 25_000_000, move |scene| {
        scene.world.note_of(process.id, || "is woken".to_owned());
        scene.world.wake(process.id);
    });
}

fn step_clock(scene: &Scene) {
    let consumers = scene.consumers();
    let producers = scene.producers();
    let slots = consumers.iter().chain(producers.iter());
    let running: Vec<_> = slots.filter_map(|slot| slot.process.as_ref()).collect();
    if running.is_empty() {
        return;
    }
    let (place, back) = scene
        .world
        .draw(|random| (random.place(running.len()), random.chance(500)));
    let hour = if back { -3_600_000 } else { 3_600_000 };
    let process = running[place];
    scene.world.note_of(process.id, || {
        format!("FAULT: the clock steps by {hour} ms")
    });
    process.step_clock(hour);
}

fn lossy(scene: &Arc<Scene>, line: &Arc<Line>) {
    let per_mille = scene.world.draw(|random| random.within(10, 250));
    scene
        .world
        .note(|| format!("FAULT: a line loses {per_mille} of 1000"));
    line.lost.store(per_mille, Ordering::Relaxed);
    let line = Arc::clone(line);
    later(scene, 10_000_000, move |_| {
        line.lost.store(0, Ordering::Relaxed);
    });
}

fn slow(scene: &Arc<Scene>, line: &Arc<Line>) {
    let per_mille = scene.world.draw(|random| random.within(50, 600));
    scene
        .world
        .note(|| format!("FAULT: a line is slow for {per_mille} of 1000"));
    line.slow.store(per_mille, Ordering::Relaxed);
    let line = Arc::clone(line);
    later(scene, 10_000_000, move |_| {
        line.slow.store(0, Ordering::Relaxed);
    });
}

fn garbage(scene: &Scene) {
    let frames = scene.world.draw(|random| match random.below(3) {
        0 => Vec::new(),
        1 => vec![vec![0xee; random.place(40)].into()],
        // Of this version, and cut off.
        _ => vec![[1].into_iter().chain([7; 12]).collect()],
    });
    scene.stream.append_garbage(frames);
}
