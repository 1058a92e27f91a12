//! A very large webinar, in simulated time: the number of calls and the duration.
//!
//! | module | contents |
//! |---|---|
//! | [`people`] | the people |
//! | [`fakes`] | fakes of Zoom and Marketo with real page sizes and limits |

mod fakes;
mod people;

use super::env::{TestEnv, WEBINAR, summary};
use domain::time::{SignedDuration, Timestamp};
use fakes::{Fakes, PAGE};
use people::{GROUP, Registrant};
use serde_json::{Value, json};
use std::sync::{Arc, Mutex};

/// The share of Marketo's rate limit that Adobe recommends for one integration: 50 calls in 20 seconds
/// (docs/reference/marketo.md).
const MARKETO_CALLS: u64 = 50;
const MARKETO_WINDOW: f64 = 20.0;

/// The measurements of one webinar.
struct Measurements {
    calls: u64,
    min_calls: u64,
    refused: u64,
    seconds: f64,
    min_seconds: f64,
    workers: usize,
    longest: f64,
}

/// Returns the number of pages or batches.
fn pages(count: usize) -> u64 {
    count.div_ceil(PAGE) as u64
}

/// Runs a webinar whose end Zoom reports, without a tick.
async fn run_webinar(people: u64) -> Measurements {
    assert_eq!(people % GROUP, 0);
    let env = TestEnv::new().await;
    let fakes = Fakes::serve(&env.memory, people);
    let began = record_worker_starts(&env);
    env.advance(60);
    let start = env.now();
    send_ended_event(&env).await;
    began.lock().unwrap().push(start);
    env.memory.run_background().await;

    let view = env.view().await;
    let all = fakes.lock().unwrap();
    let registrants = || (0..people).map(Registrant);
    let count = |of: &dyn Fn(Registrant) -> bool| registrants().filter(|one| of(*one)).count();
    let attended = count(&|one| !one.is_absent());
    assert_eq!(summary(&view).0, "settling", "{view}");
    assert_eq!(view["attended"], attended);
    assert_eq!(view["no_show"], people - attended as u64);
    assert_eq!(view["new_leads"], count(&|one| !one.has_lead()));
    for one in registrants() {
        let lead = if one.has_lead() { one.lead() } else { all.created[&one.0] };
        let expected = if one.is_absent() { "No Show" } else { "Attended" };
        assert_eq!(all.statuses.get(&lead).copied(), Some(expected), "{one:?}");
    }
    let (rows, absent, members) = all.sizes();
    let non_members = |is_absent: bool| count(&|one| one.is_absent() == is_absent && !one.is_through_marketo());
    let attended_members = count(&|one| one.is_through_marketo() && !one.is_absent());
    let zoom = 1 + pages(rows) + pages(people as usize) + pages(absent);
    let marketo = pages(members)
        + pages(attended_members)
        + pages(members - attended_members)
        + 2 * pages(non_members(false))
        + 2 * pages(non_members(true));
    for (call, times) in &all.calls {
        println!("  {call}: {times}");
    }
    let now = env.now();
    let began = began.lock().unwrap();
    let ends = began.iter().skip(1).chain([&now]);
    let longest = began.iter().zip(ends).map(|(from, to)| seconds(to.duration_since(*from)));
    Measurements {
        calls: all.calls.values().sum(),
        min_calls: zoom + marketo,
        refused: all.refused,
        seconds: seconds(now.duration_since(start)),
        // After each full window of calls, the next call waits for the window to pass.
        min_seconds: ((marketo - 1) / MARKETO_CALLS) as f64 * MARKETO_WINDOW,
        workers: began.len(),
        longest: longest.fold(0.0, f64::max),
    }
}

fn seconds(duration: SignedDuration) -> f64 {
    duration.as_millis() as f64 / 1000.0
}

/// Sends the event that the webinar ended, which names no session of the fake in `env`.
async fn send_ended_event(env: &TestEnv) {
    let ended = json!({"event": "webinar.ended", "payload": {"object": {"id": WEBINAR.to_string()}}});
    assert_eq!(env.event(&ended).await.0, 200);
}

/// Records when each continued worker starts.
fn record_worker_starts(env: &TestEnv) -> Arc<Mutex<Vec<Timestamp>>> {
    let began: Arc<Mutex<Vec<Timestamp>>> = Arc::default();
    let (noted, memory) = (began.clone(), env.memory.clone());
    let router = env.router().layer(axum::middleware::from_fn(
        move |request: axum::extract::Request, next: axum::middleware::Next| {
            noted.lock().unwrap().push(memory.ports().clock.now());
            next.run(request)
        },
    ));
    env.memory.serve("attendance.spin.internal", router);
    began
}

async fn measure(people: u64) {
    println!("{people} registrants:");
    let measured = run_webinar(people).await;
    let calls = measured.calls as f64 / measured.min_calls as f64;
    let time = measured.seconds / measured.min_seconds;
    println!(
        "  calls: {} of at least {}: {calls:.3}; refused: {}",
        measured.calls, measured.min_calls, measured.refused
    );
    println!("  simulated time: {:.1} s of at least {:.1} s: {time:.3}", measured.seconds, measured.min_seconds);
    println!("  workers: {}, the longest {:.1} s", measured.workers, measured.longest);
    assert!(calls <= 1.05);
    assert!(time <= 1.2);
    assert!(measured.longest <= 25.0);
    assert_eq!(measured.refused, 0);
}

#[tokio::test]
async fn a_large_webinar_takes_the_minimum_of_calls_and_time() {
    measure(13_000).await;
}

/// 100,000 attendees and 30,000 absentees; 40,000 of them registered through Marketo.
#[tokio::test]
#[ignore = "takes half a minute; .ci/run runs it: cargo test -p attendance scale -- --ignored --nocapture"]
async fn a_hundred_thousand_attendees_take_the_minimum_of_calls_and_time() {
    measure(130_000).await;
}

#[tokio::test]
async fn an_unchanged_large_report_takes_two_calls() {
    let env = TestEnv::new().await;
    let fakes = Fakes::serve(&env.memory, 1300);
    env.advance(60);
    send_ended_event(&env).await;
    env.memory.run_background().await;
    assert_eq!(summary(&env.view().await).0, "settling");
    let before: u64 = fakes.lock().unwrap().calls.values().sum();
    env.advance(24 * 60);
    assert_eq!(env.tick().await["programs"], 1);
    let view: Value = env.view().await;
    assert_eq!((view["phase"].as_str(), view["attended"].as_u64()), (Some("done"), Some(1000)));
    let after: u64 = fakes.lock().unwrap().calls.values().sum();
    // The sessions, and the report's first page.
    assert_eq!(after - before, 2);
}
