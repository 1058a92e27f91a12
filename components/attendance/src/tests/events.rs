//! `POST /zoom/events`.

use super::world::{WEBINAR, World, summary};
use axum::body::Body;
use http::HeaderMap;
use serde_json::{Value, json};

async fn ready() -> World {
    let world = World::new().await;
    world.marketo().member("r1", "Registered", "r1");
    world.zoom().crowd(&["r1", "r2"], &["r1"]);
    world.held();
    world
}

fn about(event: &str, object: Value) -> Value {
    json!({"event": event, "event_ts": 1, "payload": {"account_id": "acc", "object": object}})
}

#[tokio::test]
async fn an_end_is_answered_first_and_worked_on_after() {
    let world = ready().await;
    world.tell_end().await;
    assert!(world.zoom().asked.is_empty());
    assert_eq!(world.get().await["phase"], "due");
    world.memory.run_background().await;
    assert_eq!(summary(&world.get().await), ("settling".into(), 1, 1, 1));
}

#[tokio::test]
async fn ids_come_as_numbers_too() {
    let world = ready().await;
    assert_eq!(world.event(&about("webinar.ended", json!({"id": WEBINAR}))).await.0, 200);
    assert_eq!(world.get().await["phase"], "due");
}

#[tokio::test]
async fn what_was_killed_after_the_answer_is_done_by_the_tick() {
    let world = ready().await;
    world.tell_end().await;
    world.memory.kill_background();
    assert_eq!(world.tick().await["programs"], 1);
    assert_eq!(summary(&world.get().await), ("settling".into(), 1, 1, 1));
}

#[tokio::test]
async fn an_end_that_is_told_twice_is_worked_on_without_harm() {
    let world = ready().await;
    world.tell_end().await;
    world.tell_end().await;
    world.memory.run_background().await;
    assert_eq!(summary(&world.get().await), ("settling".into(), 1, 1, 1));
    assert_eq!(world.leads("r2@x.test").len(), 1);
}

#[tokio::test]
async fn a_practice_session_is_no_webinar() {
    let world = ready().await;
    let object = json!({"id": WEBINAR.to_string(), "practice_session": true});
    assert_eq!(world.event(&about("webinar.ended", object)).await.0, 200);
    world.memory.run_background().await;
    assert!(world.record().await.is_none() && world.zoom().asked.is_empty());
}

#[tokio::test]
async fn other_webinars_and_unknown_events_are_none_of_our_business() {
    let world = ready().await;
    for event in [
        about("webinar.ended", json!({"id": 77})),
        about("webinar.ended", json!({"id": "x"})),
        about("webinar.invented_in_2030", json!({"id": WEBINAR})),
        json!({"event": "webinar.updatedish", "payload": null}),
    ] {
        assert_eq!(world.event(&event).await, (200, Value::Null), "{event}");
    }
    world.memory.run_background().await;
    assert!(world.record().await.is_none() && world.peers().heard.is_empty());
}

#[tokio::test]
async fn zooms_validation_is_answered() {
    let world = World::new().await;
    let (status, body) =
        world.event(&json!({"event": "endpoint.url_validation", "payload": {"plainToken": "q"}})).await;
    assert_eq!((status, &body["plainToken"]), (200, &json!("q")));
    // HMAC-SHA256 of "q" under "hook".
    let expected = platform::door::zoom_validation(&world.ports(), "q").await.unwrap();
    assert_eq!((expected.len(), &body["encryptedToken"]), (64, &json!(expected)));
}

#[tokio::test]
async fn changes_go_to_catalog_and_registrations_to_registration() {
    let world = World::new().await;
    let updated = about("webinar.updated", json!({"id": WEBINAR, "topic": "New"}));
    let approved = about("webinar.registration_approved", json!({"id": WEBINAR, "registrant": {"id": "r1"}}));
    for event in [&updated, &approved] {
        assert_eq!(world.event(event).await.0, 200);
    }
    assert!(world.peers().heard.is_empty());
    world.memory.run_background().await;
    assert_eq!(world.told("catalog", "/internal/zoom-events"), [updated]);
    assert_eq!(world.told("registration", "/internal/zoom-events"), [approved]);
}

#[tokio::test]
async fn a_component_that_fails_is_not_zooms_trouble() {
    let world = World::new().await;
    world.peers().down.insert("catalog");
    assert_eq!(world.event(&about("webinar.deleted", json!({"id": WEBINAR}))).await.0, 200);
    world.memory.run_background().await;
    assert_eq!(world.told("catalog", "/internal/zoom-events").len(), 1);
}

#[tokio::test]
async fn only_zoom_comes_in() {
    let world = ready().await;
    let body = about("webinar.ended", json!({"id": WEBINAR})).to_string();
    let (status, answer) = world.call("POST", "/zoom/events", HeaderMap::new(), Body::from(body)).await;
    assert_eq!((status, &answer["code"]), (401, &json!("UNAUTHENTICATED")));
    assert!(world.record().await.is_none());
}

#[tokio::test]
async fn a_body_that_is_no_event_or_too_large_is_refused() {
    let world = World::new().await;
    for (body, status) in
        [(b"not json".to_vec(), 400), (b"{}".to_vec(), 400), (b"[1]".to_vec(), 400), (vec![b' '; 1024 * 1024 + 1], 413)]
    {
        let (answered, answer) = world.signed(body).await;
        assert_eq!((answered, &answer["code"]), (status, &json!("INVALID_REQUEST")));
    }
}
