//! Rows of Zoom's and Marketo's lists that cannot be read (R22).

use super::env::{TestEnv, row, summary};
use serde_json::{Value, json};

/// Three members who registered; r1 and r2 attended.
async fn held() -> TestEnv {
    let env = TestEnv::new().await;
    for id in ["r1", "r2", "r3"] {
        env.marketo().member(id, "Registered", id);
    }
    env.zoom().set_attendance(&["r1", "r2", "r3"], &["r1", "r2"]);
    env.end_webinar();
    env
}

async fn written(env: &TestEnv) -> Value {
    env.send_ended_event().await;
    env.memory.run_background().await;
    env.view().await
}

#[tokio::test]
async fn r22_a_row_with_null_values_delays_no_others() {
    let env = held().await;
    let second = row(json!({
        "registrant_id": "r2", "user_email": "r2@x.test", "join_time": "2026-11-02T09:05:00Z", "leave_time": null,
        "duration": null, "failover": null, "status": null, "internal_user": null,
    }));
    env.zoom().rows.as_mut().unwrap().push(second);
    let view = written(&env).await;
    assert_eq!((summary(&view), &view["unreadable_rows"]), (("settling".into(), 2, 1, 0), &json!(0)), "{view}");
    assert_eq!(["r1", "r2", "r3"].map(|name| env.status(name)), ["Attended", "Attended", "No Show"]);
}

#[tokio::test]
async fn r22_an_unreadable_row_is_counted_and_the_others_are_written() {
    let env = held().await;
    env.zoom().rows.as_mut().unwrap().extend([json!("odd"), Value::Null]);
    env.zoom().registrants.as_mut().unwrap().push(json!({"id": {}, "email": ["r4@x.test"], "first_name": "D"}));
    let view = written(&env).await;
    assert_eq!((summary(&view), &view["unreadable_rows"]), (("settling".into(), 2, 1, 0), &json!(3)), "{view}");
    assert_eq!(["r1", "r2", "r3"].map(|name| env.status(name)), ["Attended", "Attended", "No Show"]);
}
