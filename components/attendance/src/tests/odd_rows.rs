//! Rows of Zoom's and Marketo's lists that cannot be read (R22).

use super::env::{TestEnv, summary};
use serde_json::{Value, json};

/// Three members who registered; r1 and r2 attended.
async fn held() -> TestEnv {
    let env = TestEnv::new().await;
    env.register(&["r1", "r2", "r3"]).await;
    for id in ["r1", "r2", "r3"] {
        env.member(id, "Registered", id);
    }
    env.end_webinar(&["r1", "r2"]).await;
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
    env.change_report(|rows| {
        let mut second = rows[1].clone();
        second["join_time"] = "2026-11-02T09:05:00Z".into();
        for field in ["leave_time", "duration", "failover", "status", "internal_user"] {
            second[field] = Value::Null;
        }
        rows.push(second);
    })
    .await;
    let view = written(&env).await;
    assert_eq!((summary(&view), &view["unreadable_rows"]), (("settling".into(), 2, 1, 0), &json!(0)), "{view}");
    assert_eq!(["r1", "r2", "r3"].map(|name| env.status(name)), ["Attended", "Attended", "No Show"]);
}

#[tokio::test]
async fn r22_an_unreadable_row_is_counted_and_the_others_are_written() {
    let env = held().await;
    env.change_report(|rows| rows.extend([json!("odd"), Value::Null])).await;
    env.change_registrants(|rows| rows.push(json!({"id": {}, "email": ["r4@x.test"], "first_name": "D"}))).await;
    let view = written(&env).await;
    assert_eq!((summary(&view), &view["unreadable_rows"]), (("settling".into(), 2, 1, 0), &json!(3)), "{view}");
    assert_eq!(["r1", "r2", "r3"].map(|name| env.status(name)), ["Attended", "Attended", "No Show"]);
}
