//! What goes wrong with Zoom and Marketo (DESIGN section 8), and runs that are cut off.

use super::world::{World, problem, summary};
use domain::Code;
use domain::records::ServiceState;
use serde_json::json;

async fn ready() -> World {
    let world = World::new().await;
    world.marketo().member("r1", "Registered", "r1");
    world.marketo().member("r3", "Registered", "r3");
    world.zoom().crowd(&["r1", "r2", "r3"], &["r1", "r2"]);
    world.held();
    world
}

#[tokio::test]
async fn a_service_that_cannot_be_used_says_why_and_the_work_stays_queued() {
    let world = ready().await;
    world.pass(5);
    for code in ["SERVICE_SUPERSEDED", "SERVICE_NEEDS_SIGN_IN", "SERVICE_LACKS_PERMISSION", "SERVICE_NOT_FOUND"] {
        world.peers().refuses_tokens = Some(code);
        let view = world.sync().await;
        assert_eq!((view["phase"].as_str(), problem(&view)), (Some("due"), code));
    }
    world.peers().refuses_tokens = None;
    world.pass(15);
    world.tick().await;
    let view = world.get().await;
    assert_eq!((summary(&view), problem(&view)), (("settling".into(), 2, 1, 1), "none"));
}

#[tokio::test]
async fn r1_a_superseded_service_is_not_used_with_a_token_that_is_still_in_memory() {
    let world = ready().await;
    assert_eq!(problem(&world.sync().await), "none");
    let asked = world.times_asked("");
    world.service(ServiceState::Superseded, None).await;
    assert_eq!(problem(&world.sync().await), "SERVICE_SUPERSEDED");
    assert_eq!(world.times_asked(""), asked);
    world.service(ServiceState::Active, None).await;
    assert_eq!(problem(&world.sync().await), "none");
}

#[tokio::test]
async fn without_the_right_to_reports_the_past_participants_are_read() {
    let world = ready().await;
    for refusal in [
        (400, json!({"code": 4711, "message": "Invalid access token, does not contain scopes:[report:read]."})),
        (400, json!({"code": 200, "message": "No permission."})),
    ] {
        world.zoom().report_refused = Some(refusal);
        assert_eq!(summary(&world.sync().await), ("settling".into(), 2, 1, 1));
    }
    assert!(world.times_asked("past/%2Frun") > 0);
}

#[tokio::test]
async fn zoom_unavailable_and_its_daily_limit_are_waited_out() {
    let world = ready().await;
    world.zoom().down = Some((500, json!({})));
    let view = world.sync().await;
    assert_eq!((view["phase"].as_str(), problem(&view)), (Some("due"), "ZOOM_UNAVAILABLE"));

    world.zoom().down = Some((429, json!({"code": 429, "message": "You have reached the maximum daily rate limit"})));
    let view = world.sync().await;
    assert_eq!((problem(&view), view["next_at"].as_str()), ("DAILY_LIMIT", Some("2026-11-03T00:00:00Z")));
    assert!(world.marketo().changes.is_empty());
}

#[tokio::test]
async fn marketos_quota_is_waited_for_and_its_refusal_surfaced() {
    let world = ready().await;
    world.marketo().refuses = Some("607");
    let view = world.sync().await;
    assert_eq!((problem(&view), view["next_at"].as_str()), ("MARKETO_QUOTA", Some("2026-11-03T06:00:00Z")));

    world.marketo().refuses = Some("603");
    assert_eq!(problem(&world.sync().await), "MARKETO_ACCESS_DENIED");
    world.marketo().refuses = Some("611");
    assert_eq!(problem(&world.sync().await), "MARKETO_UNAVAILABLE");
    world.marketo().refuses = None;
    assert_eq!(summary(&world.sync().await), ("settling".into(), 2, 1, 1));
}

#[tokio::test]
async fn a_run_that_breaks_off_between_any_two_writes_is_carried_on() {
    for writes in 0..5 {
        let world = ready().await;
        world.marketo().writes_left = Some(writes);
        let view = world.sync().await;
        let is_through = view["phase"] == "settling";
        assert!(is_through || problem(&view) == "MARKETO_UNAVAILABLE", "{view}");
        world.marketo().writes_left = None;
        world.pass(15);
        world.tick().await;
        assert_eq!(summary(&world.get().await), ("settling".into(), 2, 1, 1), "after {writes} writes");
        let changes = world.marketo().changes.len();
        assert_eq!((changes, world.leads("r2@x.test").len()), (3, 1), "after {writes} writes");
    }
}

#[tokio::test]
async fn a_worker_that_was_killed_is_replaced_when_its_lease_lapses() {
    let world = ready().await;
    world.pass(5);
    world.somebody_works(30).await;
    assert_eq!(world.tick().await["programs"], 0);
    world.pass(1);
    assert_eq!(world.tick().await["programs"], 1);
    assert_eq!(summary(&world.get().await), ("settling".into(), 2, 1, 1));
}

#[tokio::test]
async fn starting_by_hand_waits_for_whoever_is_at_work() {
    let world = ready().await;
    world.somebody_works(10).await;
    assert_eq!(summary(&world.sync().await), ("settling".into(), 2, 1, 1));
}

#[tokio::test]
async fn r14_is_taken_back_when_the_webinar_ran_after_all() {
    for zoom_tells in [true, false] {
        let world = ready().await;
        let rows = world.zoom().rows.take();
        world.pass(25 * 60);
        assert_eq!(problem(&world.sync().await), "WEBINAR_NEVER_STARTED");
        world.service(ServiceState::Active, Some(Code::WebinarNeverStarted)).await;
        world.zoom().rows = rows;
        if zoom_tells {
            world.tell_end().await;
            world.memory.run_background().await;
        } else {
            world.sync().await;
        }
        assert_eq!(summary(&world.get().await), ("settling".into(), 2, 1, 1));
        let told = world.told("oauth", "/internal/problem/s1");
        assert_eq!((told.len(), &told[1]["problem"]), (2, &json!(null)), "Zoom tells: {zoom_tells}");
    }
}

#[tokio::test]
async fn r14_of_another_program_stays() {
    let world = ready().await;
    world.connect(1002, 10).await;
    world.service(ServiceState::Active, Some(Code::WebinarNeverStarted)).await;
    world.admin("POST", "/attendance/programs/1002/sync").await;
    assert!(world.told("oauth", "/internal/problem/s1").is_empty());
}

#[tokio::test]
async fn r14_is_taken_back_when_zoom_tells_that_the_webinar_ended() {
    let world = World::new().await;
    world.marketo().member("r1", "Registered", "r1");
    world.pass(26 * 60);
    assert_eq!(problem(&world.sync().await), "WEBINAR_NEVER_STARTED");
    world.service(ServiceState::Active, Some(Code::WebinarNeverStarted)).await;
    world.zoom().crowd(&["r1"], &["r1"]);
    world.held();
    world.tell_end().await;
    world.memory.run_background().await;
    assert_eq!(summary(&world.get().await), ("settling".into(), 1, 0, 0));
    let told = world.told("oauth", "/internal/problem/s1");
    assert_eq!(told.last().unwrap()["problem"], json!(null));
}
