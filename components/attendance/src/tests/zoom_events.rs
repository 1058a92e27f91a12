//! `POST /zoom/events`.

use super::env::{TestEnv, WEBINAR, summary};
use axum::body::Body;
use fakes::zoom::WebinarChange;
use http::HeaderMap;
use serde_json::{Value, json};

async fn ready() -> TestEnv {
    let env = TestEnv::new().await;
    env.register(&["r1", "r2"]).await;
    env.member("r1", "Registered", "r1");
    env.end_webinar(&["r1"]).await;
    env
}

fn about(event: &str, object: Value) -> Value {
    json!({"event": event, "event_ts": 1, "payload": {"account_id": "acc", "object": object}})
}

#[tokio::test]
async fn an_ended_event_is_answered_before_the_work_starts() {
    let env = ready().await;
    env.send_ended_event().await;
    assert_eq!(env.zoom_calls(""), 0);
    assert_eq!(env.view().await["phase"], "due");
    env.memory.run_background().await;
    assert_eq!(summary(&env.view().await), ("settling".into(), 1, 1, 1));
}

#[tokio::test]
async fn a_webinar_id_may_be_a_number() {
    let env = ready().await;
    assert_eq!(env.event(&about("webinar.ended", json!({"id": WEBINAR}))).await.0, 200);
    assert_eq!(env.view().await["phase"], "due");
}

#[tokio::test]
async fn r22_odd_fields_do_not_cost_the_event() {
    for event_ts in [json!("2026-11-02 13:52:40"), json!("1793613600000"), json!({}), json!(null)] {
        for id in [json!(WEBINAR), json!(WEBINAR.to_string())] {
            for end_time in [json!(null), json!(7), json!("soon")] {
                let env = ready().await;
                let object = json!({"id": id, "end_time": end_time, "practice_session": null, "host_id": []});
                let event = json!({"event": "webinar.ended", "event_ts": event_ts, "payload": {"object": object}});
                assert_eq!(env.event(&event).await.0, 200, "{event}");
                assert_eq!(env.view().await["phase"], "due", "{event}");
            }
        }
    }
}

#[tokio::test]
async fn the_tick_does_the_work_of_a_process_killed_after_its_answer() {
    let env = ready().await;
    env.send_ended_event().await;
    env.memory.kill_background();
    assert_eq!(env.tick().await["programs"], 1);
    assert_eq!(summary(&env.view().await), ("settling".into(), 1, 1, 1));
}

#[tokio::test]
async fn a_repeated_ended_event_does_no_harm() {
    let env = ready().await;
    env.send_ended_event().await;
    env.send_ended_event().await;
    env.memory.run_background().await;
    assert_eq!(summary(&env.view().await), ("settling".into(), 1, 1, 1));
    assert_eq!(env.leads("r2@x.test").len(), 1);
}

#[tokio::test]
async fn r13_the_end_of_a_practice_session_sets_no_status() {
    let mut env = TestEnv::new().await;
    env.register(&["r1", "r2"]).await;
    env.member("r1", "Registered", "r1");
    env.receive_events(true);
    env.zoom.start_practice(WEBINAR).await.unwrap();
    env.join("host").await;
    env.advance(10);
    let ended = env.zoom.end_webinar(WEBINAR).await.unwrap().unwrap();
    assert_eq!((ended.status, &ended.body["payload"]["object"]["practice_session"]), (Some(200), &json!(true)));
    env.memory.run_background().await;
    let view = env.view().await;
    assert_eq!((summary(&view), &view["sessions"]), (("waiting".into(), 0, 0, 0), &json!([])));
    assert!(env.status_changes().is_empty());
}

#[tokio::test]
async fn r13_an_end_with_the_flag_of_a_practice_session_is_read_all_the_same() {
    let env = ready().await;
    let uuid = env.zoom.webinar(WEBINAR).unwrap().sessions[0].uuid.clone();
    let object = json!({"id": WEBINAR.to_string(), "uuid": uuid, "practice_session": true});
    assert_eq!(env.event(&about("webinar.ended", object)).await.0, 200);
    env.memory.run_background().await;
    assert_eq!(summary(&env.view().await), ("settling".into(), 1, 1, 1));
}

#[tokio::test]
async fn other_webinars_and_unknown_events_are_ignored() {
    let env = ready().await;
    for event in [
        about("webinar.ended", json!({"id": 77})),
        about("webinar.ended", json!({"id": "x"})),
        about("webinar.invented_in_2030", json!({"id": WEBINAR})),
        json!({"event": "webinar.updatedish", "payload": null}),
    ] {
        assert_eq!(env.event(&event).await, (200, Value::Null), "{event}");
    }
    env.memory.run_background().await;
    assert!(env.record().await.is_none() && env.components().requests.is_empty());
}

#[tokio::test]
async fn zooms_url_validation_is_answered() {
    let env = TestEnv::new().await;
    let (status, body) = env.event(&json!({"event": "endpoint.url_validation", "payload": {"plainToken": "q"}})).await;
    assert_eq!((status, &body["plainToken"]), (200, &json!("q")));
    // The HMAC-SHA256 of "q" with the secret of the fake Zoom.
    let secrets = env.ports().config().zoom_webhook_secret().await.unwrap();
    let expected = zoom_client::events::encrypted_token(secrets.newest(), "q").unwrap();
    assert_eq!((expected.len(), &body["encryptedToken"]), (64, &json!(expected)));
}

#[tokio::test]
async fn changes_are_forwarded_to_catalog_after_the_answer() {
    let mut env = TestEnv::new().await;
    env.receive_events(true);
    let change = WebinarChange { topic: Some("New".to_owned()), ..WebinarChange::default() };
    let updated = env.zoom.update_webinar(WEBINAR, change).await.unwrap().unwrap();
    assert_eq!(updated.status, Some(200));
    assert!(env.components().requests.is_empty());
    env.memory.run_background().await;
    assert_eq!(env.requests_to("catalog", "/internal/zoom-events"), [updated.body]);
}

#[tokio::test]
async fn r18_a_registrant_event_is_acknowledged_once_registration_has_marked_its_webinar() {
    let mut env = TestEnv::new().await;
    env.register(&["r1"]).await;
    env.receive_events(true);
    env.components().failing.insert("registration");
    let approved = env.zoom.set_registration(WEBINAR, "r1@x.test", "approve").await.unwrap().unwrap();
    assert_eq!(approved.status, Some(503));
    env.components().failing.clear();
    assert_eq!(env.zoom.resend(approved.seq).await.unwrap().status, Some(200));
    assert_eq!(env.requests_to("registration", "/internal/zoom-events"), [approved.body.clone(), approved.body]);
}

#[tokio::test]
async fn zoom_is_answered_even_if_another_component_fails() {
    let env = TestEnv::new().await;
    env.components().failing.insert("catalog");
    assert_eq!(env.event(&about("webinar.deleted", json!({"id": WEBINAR}))).await.0, 200);
    env.memory.run_background().await;
    assert_eq!(env.requests_to("catalog", "/internal/zoom-events").len(), 1);
}

#[tokio::test]
async fn an_event_without_a_signature_is_rejected() {
    let env = ready().await;
    let body = about("webinar.ended", json!({"id": WEBINAR})).to_string();
    let (status, answer) = env.call("POST", "/zoom/events", HeaderMap::new(), Body::from(body)).await;
    assert_eq!((status, &answer["code"]), (401, &json!("UNAUTHENTICATED")));
    assert!(env.record().await.is_none());
}

#[tokio::test]
async fn a_body_that_is_no_event_or_is_too_large_is_rejected() {
    let env = TestEnv::new().await;
    for (body, status) in
        [(b"not json".to_vec(), 400), (b"{}".to_vec(), 400), (b"[1]".to_vec(), 400), (vec![b' '; 1024 * 1024 + 1], 413)]
    {
        let (answered, answer) = env.signed(body).await;
        assert_eq!((answered, &answer["code"]), (status, &json!("INVALID_REQUEST")));
    }
}
