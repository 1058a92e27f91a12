//! Alerts and the heartbeat.

use super::env::{PROGRAM, TestEnv, WEBINAR};
use axum::Router;
use axum::body::Bytes;
use axum::routing::any;
use domain::records::{Attendance, AttendanceKey, LastTickKey, Moment, Phase, ServiceState, Services, ServicesKey};
use domain::time::SignedDuration;
use domain::{ErrorCode, Problem};
use http::{Method, StatusCode, Uri};
use serde_json::{Value, json};
use std::sync::{Arc, Mutex};

/// A receiver of alerts and heartbeats.
#[derive(Clone)]
struct Receiver {
    received: Arc<Mutex<Vec<(Method, String, Value)>>>,
    status: Arc<Mutex<StatusCode>>,
}

impl Receiver {
    /// Mounts a receiver for alerts at `/alerts/secret` and for heartbeats at `/beat/secret`.
    fn mount(env: &TestEnv) -> Self {
        let receiver = Self { received: Arc::default(), status: Arc::new(Mutex::new(StatusCode::ACCEPTED)) };
        let this = receiver.clone();
        let take = async move |method: Method, uri: Uri, body: Bytes| {
            let body = serde_json::from_slice(&body).unwrap_or_default();
            this.received.lock().unwrap().push((method, uri.path().to_owned(), body));
            *this.status.lock().unwrap()
        };
        env.memory.serve("receiver.test", Router::new().fallback(any(take)));
        env.memory.set("alert_webhook_url", "http://receiver.test/alerts/secret");
        env.memory.set("heartbeat_url", "http://receiver.test/beat/secret");
        receiver
    }

    fn answer(&self, status: StatusCode) {
        *self.status.lock().unwrap() = status;
    }

    /// Takes the lines of the alerts that were received, without the first, which names the deployment.
    fn alerts(&self) -> Vec<String> {
        let received = std::mem::take(&mut *self.received.lock().unwrap());
        let alerts = received.into_iter().filter(|(_, path, _)| path == "/alerts/secret");
        alerts
            .flat_map(|(method, _, body)| {
                assert_eq!((method, body.as_object().unwrap().len()), (Method::POST, 1));
                let mut lines: Vec<_> = body["text"].as_str().unwrap().lines().map(str::to_owned).collect();
                assert_eq!(lines.remove(0), "Zoom for Marketo at https://app.test:");
                lines
            })
            .collect()
    }
}

/// Returns an environment that has ticked, and its receiver.
async fn ticked() -> (TestEnv, Receiver) {
    let env = TestEnv::new().await;
    let services = Services { ids: vec!["s1".into()], ..Services::default() };
    env.ports().store().put(&ServicesKey {}, &services).await.unwrap();
    env.memory.set("public_url", "https://app.test");
    let receiver = Receiver::mount(&env);
    env.tick().await;
    assert_eq!(receiver.alerts(), [""; 0]);
    (env, receiver)
}

/// Ticks a minute later and takes the alerts.
async fn next(env: &TestEnv, receiver: &Receiver) -> Vec<String> {
    env.advance(1);
    env.tick().await;
    receiver.alerts()
}

#[tokio::test]
async fn each_cause_is_announced_once_and_once_when_it_is_over() {
    let (env, receiver) = ticked().await;
    env.set_service(ServiceState::NeedsSignIn, Some(ErrorCode::ServiceNeedsSignIn)).await;
    let long_ago = env.now() - SignedDuration::from_mins(57);
    env.components().watch.waiting_since = Some(long_ago);
    env.components().watch.refused_callback = Some("https://callback.example".to_owned());
    env.components().watch.is_quota_used_up = true;
    let sign_in = "Zoom no longer accepts the sign-in of \"Main\"; a Zoom admin has to sign in again in the console.";
    let callback = "A callback to https://callback.example was refused; if that is Marketo's address, add it to \
        marketo_callback_url.";
    let quota = "Marketo's daily API quota is used up; leads and attendance wait until it resets.";
    let waiting = "Leads have been waiting for more than an hour.";
    assert_eq!(next(&env, &receiver).await, [sign_in, callback, quota]);
    env.advance(2);
    assert_eq!(next(&env, &receiver).await, [waiting]);
    assert_eq!(next(&env, &receiver).await, [""; 0]);
    env.set_service(ServiceState::Active, None).await;
    env.components().watch = Default::default();
    let over = [sign_in, callback, quota, waiting].map(|text| format!("Over: {text}"));
    assert_eq!(next(&env, &receiver).await, over);
    assert_eq!(next(&env, &receiver).await, [""; 0]);
}

#[tokio::test]
async fn a_program_that_fails_is_announced_until_it_is_connected_again() {
    let (env, receiver) = ticked().await;
    let ports = env.ports();
    let connection = ports.connections().find(PROGRAM.into()).await.unwrap().unwrap();
    let problem = Some(Problem::of(ErrorCode::WebinarNeverStarted));
    let failed = Attendance { phase: Phase::Failed, problem, ..Attendance::new(&connection) };
    ports.store().put(&AttendanceKey { program: PROGRAM.into() }, &failed).await.unwrap();
    let text = "The attendance of program 1001 failed: WEBINAR_NEVER_STARTED.";
    assert_eq!(next(&env, &receiver).await, [text]);
    assert_eq!(next(&env, &receiver).await, [""; 0]);
    env.change_connection(|connection| connection.snapshot.id = (WEBINAR + 1).into()).await;
    assert_eq!(next(&env, &receiver).await, [format!("Over: {text}")]);
}

#[tokio::test]
async fn an_alert_that_is_not_taken_is_sent_again_by_the_next_tick_and_harms_no_tick() {
    let (env, receiver) = ticked().await;
    env.components().watch.is_quota_used_up = true;
    receiver.answer(StatusCode::INTERNAL_SERVER_ERROR);
    for _ in 0..2 {
        assert_eq!(next(&env, &receiver).await.len(), 1);
    }
    receiver.answer(StatusCode::OK);
    assert_eq!(next(&env, &receiver).await.len(), 1);
    assert_eq!(next(&env, &receiver).await, [""; 0]);
    // One that was never taken is not over either.
    receiver.answer(StatusCode::INTERNAL_SERVER_ERROR);
    env.components().watch.refused_callback = Some("https://callback.example".to_owned());
    assert_eq!(next(&env, &receiver).await.len(), 1);
    env.components().watch.refused_callback = None;
    receiver.answer(StatusCode::OK);
    assert_eq!(next(&env, &receiver).await, [""; 0]);
}

#[tokio::test]
async fn what_cannot_be_looked_at_leaves_its_alerts_open() {
    let (env, receiver) = ticked().await;
    env.components().watch.is_quota_used_up = true;
    assert_eq!(next(&env, &receiver).await.len(), 1);
    env.components().failing.insert("registration");
    assert_eq!(next(&env, &receiver).await, [""; 0]);
    env.components().failing.clear();
    assert_eq!(next(&env, &receiver).await, [""; 0]);
}

#[tokio::test]
async fn an_event_announces_a_scheduler_that_does_not_call_and_the_second_tick_ends_it() {
    let (env, receiver) = ticked().await;
    let event = json!({"event": "webinar.updated", "payload": {"object": {"id": WEBINAR}}});
    let text = "The scheduler did not call the tick for more than 10 minutes.";
    for (minutes, expected) in [(9, vec![]), (2, vec![text]), (2, vec![])] {
        env.advance(minutes);
        assert_eq!(env.event(&event).await.0, 200);
        env.memory.run_background().await;
        assert_eq!(receiver.alerts(), expected, "{minutes}");
    }
    // The first tick shows the gap, and the second that it is over.
    assert_eq!(next(&env, &receiver).await, [""; 0]);
    assert_eq!(next(&env, &receiver).await, [format!("Over: {text}")]);
    // Without an event, the tick shows it.
    env.advance(10);
    assert_eq!(next(&env, &receiver).await, [text]);
}

#[tokio::test]
async fn an_event_does_not_end_the_alert_of_a_gap_whose_tick_is_under_way() {
    let (env, receiver) = ticked().await;
    let event = async || {
        let event = json!({"event": "webinar.updated", "payload": {"object": {"id": WEBINAR}}});
        assert_eq!(env.event(&event).await.0, 200);
        env.memory.run_background().await;
        receiver.alerts()
    };
    let text = "The scheduler did not call the tick for more than 10 minutes.";
    env.advance(11);
    assert_eq!(event().await, [text]);
    // A tick records itself first and sends its alerts last.
    env.advance(10);
    env.ports().store().put(&LastTickKey {}, &Moment::new(env.now())).await.unwrap();
    assert_eq!(event().await, [""; 0]);
    assert_eq!(next(&env, &receiver).await, [format!("Over: {text}")]);
}

#[tokio::test]
async fn a_last_tick_that_cannot_be_read_ends_no_alert() {
    let (env, receiver) = ticked().await;
    let text = "The scheduler did not call the tick for more than 10 minutes.";
    env.advance(10);
    assert_eq!(next(&env, &receiver).await, [text]);
    env.ports().key_value.set("last:tick", b"{\"v\":99}".to_vec()).await.unwrap();
    assert_eq!(next(&env, &receiver).await, [""; 0]);
    assert_eq!(next(&env, &receiver).await, [format!("Over: {text}")]);
}

#[tokio::test]
async fn refused_callbacks_of_several_hosts_are_one_alert() {
    let (env, receiver) = ticked().await;
    let mut sent = Vec::new();
    for host in ["a", "b", "a"] {
        env.components().watch.refused_callback = Some(format!("https://{host}.example"));
        sent.extend(next(&env, &receiver).await);
    }
    let text = "A callback to https://a.example was refused; if that is Marketo's address, add it to \
        marketo_callback_url.";
    assert_eq!(sent, [text]);
    env.components().watch.refused_callback = None;
    assert_eq!(next(&env, &receiver).await, [format!("Over: {text}")]);
}

#[tokio::test]
async fn a_program_that_cannot_be_read_ends_no_alert() {
    let (env, receiver) = ticked().await;
    let ports = env.ports();
    let connection = ports.connections().find(PROGRAM.into()).await.unwrap().unwrap();
    let problem = Some(Problem::of(ErrorCode::WebinarNeverStarted));
    let failed = Attendance { phase: Phase::Failed, problem, ..Attendance::new(&connection) };
    let key = AttendanceKey { program: PROGRAM.into() };
    ports.store().put(&key, &failed).await.unwrap();
    env.components().watch.is_quota_used_up = true;
    assert_eq!(next(&env, &receiver).await.len(), 2);
    env.components().watch.is_quota_used_up = false;
    ports.key_value.set(&key.to_string(), b"{\"v\":99}".to_vec()).await.unwrap();
    assert_eq!(next(&env, &receiver).await, [""; 0], "a program that waits for the quota may be among those");
    ports.store().put(&key, &failed).await.unwrap();
    let quota = "Marketo's daily API quota is used up; leads and attendance wait until it resets.";
    assert_eq!(next(&env, &receiver).await, [format!("Over: {quota}")]);
}

#[tokio::test]
async fn two_ticks_at_once_announce_a_cause_once() {
    let (env, receiver) = ticked().await;
    env.components().watch.is_quota_used_up = true;
    env.advance(1);
    futures::join!(env.tick(), env.tick());
    assert_eq!(receiver.alerts().len(), 1);
}

#[tokio::test]
async fn the_heartbeat_follows_good_ticks_only() {
    let (env, receiver) = ticked().await;
    let beats = async || {
        receiver.received.lock().unwrap().clear();
        env.advance(1);
        env.tick().await;
        let received = receiver.received.lock().unwrap();
        received.iter().filter(|(method, path, _)| *method == Method::GET && path == "/beat/secret").count()
    };
    assert_eq!(beats().await, 1);
    for component in ["oauth", "catalog", "registration"] {
        env.components().failing.insert(component);
        assert_eq!(beats().await, 0, "{component}");
        env.components().failing.clear();
    }
    // A receiver that fails harms no tick.
    receiver.answer(StatusCode::INTERNAL_SERVER_ERROR);
    assert_eq!(beats().await, 1);
    env.memory.serve("receiver.test", Router::new());
    assert_eq!(beats().await, 0);
}
