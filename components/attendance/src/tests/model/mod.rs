//! Random worlds: sessions, rehearsals, stubs at old times, moved plans, late and empty reports, lost events, cancellations,
//! corrected addresses, odd rows. The end has to be what is true, and at no moment is anyone No Show who attends in the end.
//!
//! | module | contents |
//! |---|---|
//! | [`world`] | what a world consists of |
//! | [`generate`] | random worlds |
//! | [`people`] | random people |
//! | [`truth`] | what is true of a world, computed without the code that is tested |
//! | [`play`] | lets a world happen, and checks after each step |
//! | [`setup`] | prepares a world |
//! | [`oddness`] | odd rows and values in the answers of Zoom and Marketo |
//! | [`draw`] | repeatable random choices |
//!
//! `WORLDS` sets the number of worlds and `WORLD_SEED` the seed of the first; the next ones have the next seeds.

mod draw;
mod generate;
mod oddness;
mod people;
mod play;
mod setup;
mod truth;
mod world;

use play::Play;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll, Waker};
use truth::Truth;

/// Number of worlds, unless `WORLDS` says otherwise.
const WORLDS: u64 = 2_000;

/// Seed of the first world, unless `WORLD_SEED` says otherwise.
const SEED: u64 = 1;

fn number_from_environment(name: &str, default: u64) -> u64 {
    std::env::var(name).map_or(default, |text| text.parse().unwrap_or_else(|_| panic!("{name} is no number: {text}")))
}

/// Runs a future that waits for nothing but simulated time, without a runtime, which would take longer.
fn run<T>(future: impl Future<Output = T>) -> T {
    let (mut future, mut context) = (pin!(future), Context::from_waker(Waker::noop()));
    loop {
        if let Poll::Ready(output) = future.as_mut().poll(&mut context) {
            return output;
        }
    }
}

/// What is wrong with the world of a seed.
struct Failure {
    seed: u64,
    faults: Vec<String>,
    /// The world, what is true of it, and what happened.
    details: String,
}

/// Lets the world of a seed happen.
fn failure_of(seed: u64) -> Option<Failure> {
    let world = generate::world(seed);
    let truth = Truth::of(&world);
    let play = async { Play::new(&world, &truth).await.run().await };
    let played = catch_unwind(AssertUnwindSafe(|| run(play)));
    let (faults, log) = played.unwrap_or_else(|_| (vec!["it panicked".to_owned()], Vec::new()));
    let details = || format!("{world:#?}\n{truth:#?}\n{}", log.join("\n"));
    (!faults.is_empty()).then(|| Failure { seed, details: details(), faults })
}

#[test]
fn r19_in_random_worlds_all_ends_as_it_is_true_and_no_attendee_is_ever_a_no_show() {
    let (count, first) = (number_from_environment("WORLDS", WORLDS), number_from_environment("WORLD_SEED", SEED));
    let (next, failed) = (AtomicU64::new(0), Mutex::new(Vec::new()));
    let work = || {
        loop {
            let number = next.fetch_add(1, Ordering::Relaxed);
            if number >= count {
                return;
            }
            failed.lock().unwrap().extend(failure_of(first + number));
        }
    };
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    std::thread::scope(|scope| (0..threads).for_each(|_| _ = scope.spawn(work)));
    let mut failed: Vec<Failure> = failed.into_inner().unwrap();
    failed.sort_by_key(|failure| failure.seed);
    println!("{count} worlds from seed {first}, {} at fault", failed.len());
    let faults =
        failed.iter().map(|failure| format!("WORLD_SEED={} WORLDS=1: {}", failure.seed, failure.faults.join("; ")));
    let details = failed.first().map_or("", |failure| &failure.details);
    assert!(failed.is_empty(), "{}\n\nThe first one:\n{details}", faults.collect::<Vec<_>>().join("\n"));
}
