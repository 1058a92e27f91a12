//! After everybody was accounted for: late rows, and the end.

use super::world::{World, row, summary};
use serde_json::json;

async fn settled_once() -> World {
    let world = World::new().await;
    world.marketo().member("r1", "Registered", "r1");
    world.marketo().member("r2", "Registered", "r2");
    world.zoom().crowd(&["r1", "r2"], &["r1"]);
    world.held();
    assert_eq!(summary(&world.sync().await), ("settling".into(), 1, 1, 0));
    world
}

#[tokio::test]
async fn what_came_late_is_applied_after_24_hours_and_then_it_is_done() {
    let world = settled_once().await;
    world.zoom().crowd(&["r1", "r2"], &["r1", "r2"]);
    world.pass(24 * 60 - 1);
    assert_eq!(world.tick().await["programs"], 0);
    world.pass(1);
    assert_eq!(world.tick().await["programs"], 1);
    assert_eq!(summary(&world.get().await), ("done".into(), 2, 0, 0));
    assert_eq!(world.status("r2"), "Attended");
    world.pass(7 * 24 * 60);
    assert_eq!(world.tick().await["programs"], 0);
}

#[tokio::test]
async fn who_is_on_neither_list_waits_for_their_row() {
    let world = World::new().await;
    for id in ["r1", "r2", "r3"] {
        world.marketo().member(id, "Registered", id);
    }
    world.zoom().crowd(&["r1", "r2", "r3"], &["r1", "r3"]);
    // Zoom does not call r3 absent, but their row is not there yet.
    let late = world.zoom().rows.as_mut().unwrap().pop().unwrap();
    world.held();
    world.tell_end().await;
    world.memory.run_background().await;
    let view = world.get().await;
    assert_eq!((summary(&view), &view["unaccounted"]), (("settling".into(), 1, 1, 0), &json!(1)));
    assert_eq!(world.status("r3"), "Registered");

    world.zoom().rows.as_mut().unwrap().push(late);
    world.pass(5);
    world.tick().await;
    let view = world.get().await;
    assert_eq!((summary(&view), &view["unaccounted"]), (("settling".into(), 2, 1, 0), &json!(0)));
    assert_eq!(world.status("r3"), "Attended");
}

#[tokio::test]
async fn in_the_end_nobody_is_left_registered() {
    let world = World::new().await;
    world.marketo().member("r1", "Registered", "r1");
    world.marketo().member("r2", "Registered", "r2");
    world.zoom().crowd(&["r1", "r2"], &["r1", "r2"]);
    // Somebody who only ever was in the waiting room, and whom Zoom does not call absent.
    world.zoom().rows.as_mut().unwrap()[1]["status"] = "in_waiting_room".into();
    world.held();
    assert_eq!(world.sync().await["unaccounted"], 1);
    world.pass(24 * 60);
    assert_eq!(summary(&world.sync().await), ("done".into(), 1, 1, 0));
    assert_eq!(world.status("r2"), "No Show");
}

#[tokio::test]
async fn a_report_that_is_gone_by_then_takes_nothing_back() {
    let world = settled_once().await;
    world.zoom().rows = None;
    world.pass(24 * 60);
    world.tick().await;
    assert_eq!(summary(&world.get().await), ("done".into(), 1, 1, 0));
}

#[tokio::test]
async fn another_end_of_the_webinar_makes_it_due_again() {
    let world = settled_once().await;
    world.zoom().rows.as_mut().unwrap().push(row(json!({"registrant_id": "r2"})));
    world.tell_end().await;
    assert_eq!(world.get().await["phase"], "due");
    world.memory.run_background().await;
    assert_eq!(summary(&world.get().await), ("settling".into(), 2, 0, 0));
}

#[tokio::test]
async fn a_program_that_is_connected_to_another_webinar_begins_anew() {
    let world = settled_once().await;
    world.change_connection(|connection| connection.snapshot.id = 10.into()).await;
    assert_eq!(summary(&world.get().await), ("waiting".into(), 0, 0, 0));
}

#[tokio::test]
async fn an_event_that_zoom_sends_again_is_no_news() {
    let world = settled_once().await;
    let ended = json!({"event": "webinar.ended", "payload": {"object":
        {"id": super::world::WEBINAR, "end_time": world.now().to_string()}}});
    world.event(&ended).await;
    world.memory.run_background().await;
    let asked = world.times_asked("");
    world.pass(30);
    world.event(&ended).await;
    assert_eq!(world.get().await["phase"], "settling");
    world.memory.run_background().await;
    assert_eq!(world.times_asked(""), asked);
}

#[tokio::test]
async fn who_asks_while_another_is_at_work_is_answered_and_not_forgotten() {
    let world = settled_once().await;
    world.somebody_works(60).await;
    assert_eq!(world.sync().await["phase"], "due");
    world.pass(2);
    assert_eq!(world.tick().await["programs"], 1);
    assert_eq!(world.get().await["phase"], "settling");
}
