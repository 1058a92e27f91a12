//! `POST /attendance/tick`.

use super::world::{World, summary};
use domain::time::{SignedDuration, Timestamp};
use serde_json::json;

async fn ready() -> World {
    let world = World::new().await;
    world.marketo().member("r1", "Registered", "r1");
    world.zoom().crowd(&["r1", "r2"], &["r1"]);
    world.held();
    world
}

/// More members than one worker can read: they come in pages of two, and Marketo is asked 50 times in 20 seconds.
async fn large() -> World {
    let world = World::new().await;
    let names: Vec<_> = (0..260).map(|number| format!("r{number}")).collect();
    let names: Vec<_> = names.iter().map(String::as_str).collect();
    for name in &names {
        world.marketo().member(name, "Registered", name);
    }
    world.zoom().crowd(&names, &names);
    world
}

#[tokio::test]
async fn a_program_is_found_due_without_an_event() {
    let world = ready().await;
    world.pass(4);
    assert_eq!(world.tick().await["programs"], 0);
    assert_eq!(world.get().await["phase"], "waiting");
    world.pass(1);
    assert_eq!(world.tick().await["programs"], 1);
    assert_eq!(summary(&world.get().await), ("settling".into(), 1, 1, 1));
}

#[tokio::test]
async fn the_others_do_their_share_within_the_deadline() {
    let world = World::new().await;
    let began = world.now();
    let report = world.tick().await;
    assert_eq!((&report["outbox"], &report["programs"]), (&json!(3), &json!(0)));
    assert!(report["worked_ms"].as_i64().unwrap() < 25_000);
    for component in ["registration", "catalog", "oauth"] {
        let asked = world.told(component, "/internal/tick");
        let deadline: Timestamp = asked[0]["deadline"].as_str().unwrap().parse().unwrap();
        assert!(asked.len() == 1 && deadline < began + SignedDuration::from_secs(25), "{component}");
    }
}

#[tokio::test]
async fn a_component_that_fails_does_not_fail_the_tick() {
    let world = ready().await;
    world.pass(5);
    world.peers().down.extend(["registration", "catalog"]);
    let report = world.tick().await;
    assert_eq!((&report["outbox"], &report["programs"]), (&json!(0), &json!(1)));
}

#[tokio::test]
async fn two_ticks_at_once_do_no_harm() {
    let world = ready().await;
    world.pass(5);
    let (one, other) = futures::join!(world.tick(), world.tick());
    assert!(one["programs"].as_u64().unwrap() + other["programs"].as_u64().unwrap() >= 1);
    assert_eq!(summary(&world.get().await), ("settling".into(), 1, 1, 1));
    assert_eq!(world.leads("r2@x.test").len(), 1);
    assert_eq!(world.marketo().changes.len(), 2);
}

#[tokio::test]
async fn two_programs_that_meet_one_stranger_make_one_lead() {
    let world = ready().await;
    world.connect(1002, super::world::WEBINAR).await;
    let (one, other) = futures::join!(
        world.admin("POST", "/attendance/programs/1001/sync"),
        world.admin("POST", "/attendance/programs/1002/sync"),
    );
    assert_eq!((one.0, other.0), (200, 200));
    assert_eq!(world.leads("r2@x.test").len(), 1);
    for program in [1001, 1002] {
        assert_eq!(world.status_in(program, "r2"), "No Show");
    }
}

#[tokio::test]
async fn a_worker_is_followed_by_the_next_without_a_tick_and_by_the_tick_when_that_is_not_heard() {
    for is_heard in [true, false] {
        let world = large().await;
        world.held();
        if !is_heard {
            world.memory.serve("attendance.spin.internal", axum::Router::new());
        }
        world.tell_end().await;
        world.memory.run_background().await;
        let view = world.get().await;
        assert_eq!(view["phase"], if is_heard { "settling" } else { "reading" });
        for _ in 0..5 {
            world.pass(1);
            world.tick().await;
            world.memory.run_background().await;
        }
        assert_eq!(summary(&world.get().await), ("settling".into(), 260, 0, 0));
    }
}

#[tokio::test]
async fn a_large_webinar_does_not_keep_another_from_its_turn() {
    let world = large().await;
    world.connect(1002, 10).await;
    world.held();
    world.pass(5);
    // Nobody follows this worker: what is not begun in this tick waits for the next.
    world.memory.serve("attendance.spin.internal", axum::Router::new());
    assert_eq!(world.tick().await["programs"], 2);
    for program in [1001, 1002] {
        assert_ne!(world.attendance_of(program).await["phase"], "waiting", "{program}");
    }
}
