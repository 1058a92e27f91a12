//! `POST /attendance/tick`.

use super::env::{OTHER_WEBINAR, TestEnv, WEBINAR, summary, throughout};
use domain::time::{SignedDuration, Timestamp};
use fakes::zoom::HeldSession;
use serde_json::json;

async fn ready() -> TestEnv {
    let env = TestEnv::new().await;
    env.register(&["r1", "r2"]).await;
    env.member("r1", "Registered", "r1");
    env.end_webinar(&["r1"]).await;
    env
}

/// A webinar that ended, with more members than one worker can fetch: pages have two members, and Marketo is called 50
/// times in 20 seconds.
async fn large() -> TestEnv {
    let env = TestEnv::new().await;
    let names: Vec<_> = (0..260).map(|number| format!("r{number}")).collect();
    let names: Vec<_> = names.iter().map(String::as_str).collect();
    env.register(&names).await;
    for name in &names {
        env.member(name, "Registered", name);
    }
    env.end_webinar(&names).await;
    env
}

#[tokio::test]
async fn a_program_becomes_due_without_an_event() {
    let env = ready().await;
    env.advance(4);
    assert_eq!(env.tick().await["programs"], 0);
    assert_eq!(env.view().await["phase"], "waiting");
    env.advance(1);
    assert_eq!(env.tick().await["programs"], 1);
    assert_eq!(summary(&env.view().await), ("settling".into(), 1, 1, 1));
}

#[tokio::test]
async fn the_other_components_tick_within_the_deadline() {
    let env = TestEnv::new().await;
    let began = env.now();
    let report = env.tick().await;
    assert_eq!((&report["outbox"], &report["programs"]), (&json!(3), &json!(0)));
    assert!(report["worked_ms"].as_i64().unwrap() < 25_000);
    for component in ["registration", "catalog", "oauth"] {
        let requests = env.requests_to(component, "/internal/tick");
        let deadline: Timestamp = requests[0]["deadline"].as_str().unwrap().parse().unwrap();
        assert!(requests.len() == 1 && deadline < began + SignedDuration::from_secs(25), "{component}");
    }
}

#[tokio::test]
async fn a_component_that_fails_does_not_fail_the_tick() {
    let env = ready().await;
    env.advance(5);
    env.components().failing.extend(["registration", "catalog"]);
    let report = env.tick().await;
    assert_eq!((&report["outbox"], &report["programs"]), (&json!(0), &json!(1)));
}

#[tokio::test]
async fn two_concurrent_ticks_do_no_harm() {
    let env = ready().await;
    env.advance(5);
    let (one, other) = futures::join!(env.tick(), env.tick());
    assert!(one["programs"].as_u64().unwrap() + other["programs"].as_u64().unwrap() >= 1);
    assert_eq!(summary(&env.view().await), ("settling".into(), 1, 1, 1));
    assert_eq!(env.leads("r2@x.test").len(), 1);
    assert_eq!(env.status_changes().len(), 2);
}

#[tokio::test]
async fn two_programs_with_the_same_new_person_create_one_lead() {
    let env = TestEnv::new().await;
    env.connect(1002, WEBINAR).await;
    env.register(&["r1", "r2"]).await;
    env.member("r1", "Registered", "r1");
    env.end_webinar(&["r1"]).await;
    let (one, other) = futures::join!(
        env.admin("POST", "/attendance/programs/1001/sync"),
        env.admin("POST", "/attendance/programs/1002/sync"),
    );
    assert_eq!((one.0, other.0), (200, 200));
    assert_eq!(env.leads("r2@x.test").len(), 1);
    for program in [1001, 1002] {
        assert_eq!(env.status_in(program, "r2"), "No Show");
    }
}

#[tokio::test]
async fn the_next_worker_or_else_the_tick_continues_the_work() {
    for is_continued in [true, false] {
        let env = large().await;
        if !is_continued {
            env.memory.serve("attendance.spin.internal", axum::Router::new());
        }
        env.send_ended_event().await;
        env.memory.run_background().await;
        let view = env.view().await;
        assert_eq!(view["phase"], if is_continued { "settling" } else { "reading" });
        for _ in 0..5 {
            env.advance(1);
            env.tick().await;
            env.memory.run_background().await;
        }
        assert_eq!(summary(&env.view().await), ("settling".into(), 260, 0, 0));
    }
}

#[tokio::test]
async fn a_large_webinar_does_not_starve_another() {
    let env = large().await;
    env.connect(1002, OTHER_WEBINAR).await;
    let attendance = throughout(&["guest@y.test"]);
    env.zoom.hold_webinar(OTHER_WEBINAR, HeldSession { attendance, ..HeldSession::default() }).await.unwrap();
    env.advance(5);
    // No worker continues, so a program that this tick does not start waits for the next tick.
    env.memory.serve("attendance.spin.internal", axum::Router::new());
    assert_eq!(env.tick().await["programs"], 2);
    for program in [1001, 1002] {
        assert_ne!(env.attendance_of(program).await["phase"], "waiting", "{program}");
    }
}
