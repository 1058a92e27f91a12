//! A very large webinar, in simulated time: how many calls it takes, and how long.
//!
//! | module | what it is |
//! |---|---|
//! | [`crowd`] | who the people are |
//! | [`stand_ins`] | Zoom and Marketo with real page sizes and limits |

mod crowd;
mod stand_ins;

use super::world::{World, summary};
use crowd::{GROUP, Registrant};
use domain::time::{SignedDuration, Timestamp};
use serde_json::Value;
use stand_ins::{PAGE, StandIns};
use std::sync::{Arc, Mutex};

/// Marketo's limit as Adobe advises one integration to use it: 50 calls in 20 seconds.
const MARKETO_CALLS: u64 = 50;
const MARKETO_WINDOW: f64 = 20.0;

/// What a run of it came to.
struct Figures {
    calls: u64,
    least_calls: u64,
    refused: u64,
    seconds: f64,
    least_seconds: f64,
    workers: usize,
    longest: f64,
}

/// Pages or batches for so many.
fn pages(count: usize) -> u64 {
    count.div_ceil(PAGE) as u64
}

/// The webinar ends, and nobody calls but Zoom.
async fn hold(people: u64) -> Figures {
    assert_eq!(people % GROUP, 0);
    let world = World::new().await;
    let stand_ins = StandIns::serve(&world.memory, people);
    let began = note_workers(&world);
    world.pass(60);
    let start = world.now();
    world.tell_end().await;
    began.lock().unwrap().push(start);
    world.memory.run_background().await;

    let view = world.get().await;
    let all = stand_ins.lock().unwrap();
    let everybody = || (0..people).map(Registrant);
    let count = |of: &dyn Fn(Registrant) -> bool| everybody().filter(|one| of(*one)).count();
    let attended = count(&|one| !one.is_absent());
    assert_eq!(summary(&view).0, "settling", "{view}");
    assert_eq!(view["attended"], attended);
    assert_eq!(view["no_show"], people - attended as u64);
    assert_eq!(view["new_leads"], count(&|one| !one.has_lead()));
    for one in everybody() {
        let lead = if one.has_lead() { one.lead() } else { all.made[&one.0] };
        let expected = if one.is_absent() { "No Show" } else { "Attended" };
        assert_eq!(all.statuses.get(&lead).copied(), Some(expected), "{one:?}");
    }
    let (rows, absent, members) = all.sizes();
    let strangers = |is_absent: bool| count(&|one| one.is_absent() == is_absent && !one.is_through_marketo());
    let members_there = count(&|one| one.is_through_marketo() && !one.is_absent());
    let zoom = 1 + pages(rows) + pages(people as usize) + pages(absent);
    let marketo = pages(members)
        + pages(members_there)
        + pages(members - members_there)
        + 2 * pages(strangers(false))
        + 2 * pages(strangers(true));
    for (call, times) in &all.calls {
        println!("  {call}: {times}");
    }
    let now = world.now();
    let began = began.lock().unwrap();
    let ends = began.iter().skip(1).chain([&now]);
    let longest = began.iter().zip(ends).map(|(from, to)| seconds(to.duration_since(*from)));
    Figures {
        calls: all.calls.values().sum(),
        least_calls: zoom + marketo,
        refused: all.refused,
        seconds: seconds(now.duration_since(start)),
        // Whenever so many have been made, the next one has to wait until the first of them is a window ago.
        least_seconds: ((marketo - 1) / MARKETO_CALLS) as f64 * MARKETO_WINDOW,
        workers: began.len(),
        longest: longest.fold(0.0, f64::max),
    }
}

fn seconds(duration: SignedDuration) -> f64 {
    duration.as_millis() as f64 / 1000.0
}

/// Notes when each worker begins that is called by another one.
fn note_workers(world: &World) -> Arc<Mutex<Vec<Timestamp>>> {
    let began: Arc<Mutex<Vec<Timestamp>>> = Arc::default();
    let (noted, memory) = (began.clone(), world.memory.clone());
    let router = world.router().layer(axum::middleware::from_fn(
        move |request: axum::extract::Request, next: axum::middleware::Next| {
            noted.lock().unwrap().push(memory.ports().clock.now());
            next.run(request)
        },
    ));
    world.memory.serve("attendance.spin.internal", router);
    began
}

async fn measure(people: u64) {
    println!("{people} registrants:");
    let figures = hold(people).await;
    let calls = figures.calls as f64 / figures.least_calls as f64;
    let time = figures.seconds / figures.least_seconds;
    println!(
        "  calls: {} of at least {}: {calls:.3}; refused: {}",
        figures.calls, figures.least_calls, figures.refused
    );
    println!("  simulated time: {:.1} s of at least {:.1} s: {time:.3}", figures.seconds, figures.least_seconds);
    println!("  workers: {}, the longest {:.1} s", figures.workers, figures.longest);
    assert!(calls <= 1.05);
    assert!(time <= 1.2);
    assert!(figures.longest <= 25.0);
    assert_eq!(figures.refused, 0);
}

#[tokio::test]
async fn a_large_webinar_takes_the_fewest_calls_and_no_longer_than_the_limits() {
    measure(13_000).await;
}

/// 100,000 participants, and 30,000 who did not come; 40,000 registered through Marketo.
#[tokio::test]
#[ignore = "takes half a minute; .ci/run runs it: cargo test -p attendance scale -- --ignored --nocapture"]
async fn a_hundred_thousand_participants_take_the_fewest_calls_and_no_longer_than_the_limits() {
    measure(130_000).await;
}

#[tokio::test]
async fn a_large_webinar_read_again_with_nothing_new_takes_two_calls() {
    let world = World::new().await;
    let stand_ins = StandIns::serve(&world.memory, 1300);
    world.pass(60);
    world.tell_end().await;
    world.memory.run_background().await;
    assert_eq!(summary(&world.get().await).0, "settling");
    let before: u64 = stand_ins.lock().unwrap().calls.values().sum();
    world.pass(24 * 60);
    assert_eq!(world.tick().await["programs"], 1);
    let view: Value = world.get().await;
    assert_eq!((view["phase"].as_str(), view["attended"].as_u64()), (Some("done"), Some(1000)));
    let after: u64 = stand_ins.lock().unwrap().calls.values().sum();
    // Which run it was, and the report's first page.
    assert_eq!(after - before, 2);
}
