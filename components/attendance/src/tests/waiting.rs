//! Reports that are not ready, webinars that were moved, tried out, or never started.

use super::world::{World, problem, row, summary};
use domain::time::SignedDuration;
use serde_json::{Value, json};

async fn one_registered() -> World {
    let world = World::new().await;
    world.marketo().member("r1", "Registered", "r1");
    world.marketo().member("r2", "Registered", "r2");
    world
}

/// Minutes until the next look.
fn wait(world: &World, view: &Value) -> i64 {
    let next: domain::time::Timestamp = view["next_at"].as_str().unwrap().parse().unwrap();
    (next.duration_since(world.now()).as_secs() + 59) / 60
}

#[tokio::test]
async fn a_report_that_is_not_ready_is_waited_for() {
    let world = one_registered().await;
    world.held();
    world.tell_end().await;
    world.memory.run_background().await;
    for minutes in [5, 15, 30, 60, 60] {
        let view = world.get().await;
        assert_eq!((view["phase"].as_str(), problem(&view)), (Some("waiting"), "none"));
        assert_eq!(wait(&world, &view), minutes);
        world.pass(minutes - 1);
        assert_eq!(world.tick().await["programs"], 0);
        world.pass(1);
        assert_eq!(world.tick().await["programs"], 1);
    }
    assert!(world.marketo().changes.is_empty());
    world.zoom().crowd(&["r1", "r2"], &["r1"]);
    world.pass(60);
    world.tick().await;
    assert_eq!(summary(&world.get().await), ("settling".into(), 1, 1, 0));
}

#[tokio::test]
async fn durations_of_zero_mean_that_it_was_read_too_early() {
    let world = one_registered().await;
    world.zoom().crowd(&["r1", "r2"], &["r1"]);
    world.held();
    world.zoom().rows.as_mut().unwrap()[0]["duration"] = 0.into();
    assert_eq!(world.sync().await["phase"], "waiting");
    assert!(world.marketo().changes.is_empty());
    // After a day it will not get better.
    world.pass(24 * 60);
    assert_eq!(summary(&world.sync().await), ("settling".into(), 1, 1, 0));
}

#[tokio::test]
async fn a_report_that_grows_while_it_is_read_is_not_trusted() {
    let world = one_registered().await;
    world.zoom().crowd(&["r1", "r2"], &["r1"]);
    world.zoom().absentees = None;
    world.zoom().growth = vec![row(json!({"registrant_id": "r2"}))];
    world.held();
    assert_eq!(world.sync().await["phase"], "waiting");
    assert!(world.marketo().changes.is_empty());
    assert_eq!(summary(&world.sync().await), ("settling".into(), 2, 0, 0));
}

#[tokio::test]
async fn r14_a_webinar_that_never_started_is_an_error_of_the_service_and_not_no_show() {
    let world = one_registered().await;
    world.pass(65);
    assert_eq!(world.tick().await["programs"], 1);
    assert_eq!(world.get().await["phase"], "waiting");
    world.pass(24 * 60);
    world.tick().await;
    let view = world.get().await;
    assert_eq!((view["phase"].as_str(), problem(&view)), (Some("failed"), "WEBINAR_NEVER_STARTED"));
    assert!(view["next_at"].is_null());
    assert!(world.marketo().changes.is_empty());
    let told = world.told("oauth", "/internal/problem/s1");
    assert_eq!(told.len(), 1);
    assert_eq!(told[0]["problem"]["code"], "WEBINAR_NEVER_STARTED");

    world.pass(60);
    assert_eq!(world.tick().await["programs"], 0);
}

#[tokio::test]
async fn r14_a_report_that_never_came_is_the_same() {
    let world = one_registered().await;
    world.held();
    world.pass(25 * 60);
    let view = world.sync().await;
    assert_eq!((view["phase"].as_str(), problem(&view)), (Some("failed"), "WEBINAR_NEVER_STARTED"));
    assert!(world.marketo().changes.is_empty());
}

#[tokio::test]
async fn r14_a_webinar_that_was_moved_after_it_never_started_begins_anew() {
    let world = one_registered().await;
    world.pass(26 * 60);
    assert_eq!(world.sync().await["phase"], "failed");
    let start = world.now() + SignedDuration::from_hours(1);
    world.change_connection(|connection| connection.snapshot.start_time = start).await;
    let view = world.get().await;
    assert_eq!((view["phase"].as_str(), problem(&view), wait(&world, &view)), (Some("waiting"), "none", 60 + 60 + 5));
}

#[tokio::test]
async fn r13_the_run_nearest_to_a_planned_start_is_read() {
    let world = one_registered().await;
    let at = |minutes: i64| (world.now() + SignedDuration::from_mins(minutes)).to_string();
    let instances = [
        json!({"uuid": "trial", "start_time": at(-3 * 24 * 60)}),
        json!({"uuid": "moved", "start_time": at(24 * 60 + 3)}),
        json!({"uuid": "later", "start_time": at(28 * 60)}),
    ];
    world.zoom().instances = instances.into();
    let (before, moved_to) = (world.now(), world.now() + SignedDuration::from_hours(24));
    world.change_connection(|connection| connection.snapshot.start_time = moved_to).await;
    world.change_connection(|connection| connection.moved_from = vec![before]).await;
    world.zoom().crowd(&["r1", "r2"], &["r1"]);
    world.pass(26 * 60);
    world.sync().await;
    assert_eq!(world.record().await.unwrap().instance, Some("moved".into()));
    assert_eq!(world.times_asked("report/trial") + world.times_asked("report/later"), 0);
}

#[tokio::test]
async fn r13_a_rehearsal_before_the_time_is_not_taken_for_the_webinar() {
    let world = one_registered().await;
    let start = world.now() + SignedDuration::from_hours(24);
    world.change_connection(|connection| connection.snapshot.start_time = start).await;
    world.zoom().crowd(&["r1", "r2"], &[]);
    world.zoom().rows = Some(vec![row(json!({"id": "u1", "user_email": "host@x.test"}))]);
    world.zoom().instances = vec![json!({"uuid": "trial", "start_time": world.now().to_string()})];
    world.pass(10);
    world.tell_end().await;
    world.memory.run_background().await;
    let view = world.get().await;
    assert_eq!((view["phase"].as_str(), wait(&world, &view)), (Some("waiting"), 24 * 60 - 10 + 60 + 5));
    assert!(world.marketo().changes.is_empty());
}

#[tokio::test]
async fn an_early_start_with_attendees_is_the_webinar() {
    let world = one_registered().await;
    let start = world.now() + SignedDuration::from_hours(24);
    world.change_connection(|connection| connection.snapshot.start_time = start).await;
    world.zoom().crowd(&["r1", "r2"], &["r1"]);
    world.held();
    world.tell_end().await;
    world.memory.run_background().await;
    let view = world.get().await;
    assert_eq!(summary(&view), ("settling".into(), 1, 1, 0));
    // It is looked at again after the planned end, in case there was another run.
    assert_eq!(wait(&world, &view), 24 * 60 + 5);
}
