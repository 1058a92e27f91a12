//! Programs whose channel has statuses of its own (R21).

use super::env::{TestEnv, problem, summary};
use domain::status::ProgressionStatus;
use serde_json::json;

/// Connects the program with the statuses of a channel, in Marketo and in a record of an earlier version, which has no
/// mapping.
async fn env_with(statuses: &[(&str, u32)]) -> TestEnv {
    let env = TestEnv::new().await;
    env.set_statuses(statuses);
    let status = |&(name, step): &(&str, u32)| ProgressionStatus { name: name.into(), step: step.into() };
    env.change_connection(|connection| connection.channel.statuses = statuses.iter().map(status).collect()).await;
    env
}

#[tokio::test]
async fn r21_attendance_is_written_in_the_customers_statuses() {
    let env = env_with(&[
        ("Kein Mitglied", 0),
        ("Eingeladen", 10),
        ("Registriert", 20),
        ("Nicht erschienen", 30),
        ("Teilgenommen", 40),
    ])
    .await;
    env.register(&["a", "b", "d"]).await;
    for (name, status, registrant) in [("a", "Registriert", "a"), ("b", "Registriert", "b"), ("c", "Eingeladen", "")] {
        env.member(name, status, registrant);
    }
    env.end_webinar(&["a", "d"]).await;
    let view = env.sync().await;
    assert_eq!((summary(&view), &view["problem"]), (("settling".into(), 2, 1, 1), &serde_json::Value::Null));
    for (name, status) in [("a", "Teilgenommen"), ("b", "Nicht erschienen"), ("c", "Eingeladen"), ("d", "Teilgenommen")]
    {
        assert_eq!(env.status(name), status, "{name}");
    }
}

#[tokio::test]
async fn r21_a_numbered_and_decorated_channel_is_understood() {
    let env = env_with(&[
        ("1 Invited", 10),
        ("1a Not Registered", 12),
        ("2 Registered", 20),
        ("3 No-Show", 30),
        ("4 Attended - Success", 30),
    ])
    .await;
    env.register(&["a", "b"]).await;
    for name in ["a", "b"] {
        env.member(name, "2 Registered", name);
    }
    env.member("n", "1a Not Registered", "");
    env.end_webinar(&["a"]).await;
    let view = env.sync().await;
    assert_eq!(summary(&view), ("settling".into(), 1, 1, 0));
    let statuses = ["a", "b", "n"].map(|name| env.status(name));
    assert_eq!(statuses, ["4 Attended - Success", "3 No-Show", "1a Not Registered"]);
}

#[tokio::test]
async fn r16_steps_that_make_no_show_impossible_are_counted_and_told() {
    let env = env_with(&[("Invited", 10), ("No Show", 15), ("Registered", 20), ("Attended", 40)]).await;
    env.register(&["a", "b", "c"]).await;
    for name in ["a", "b", "c"] {
        env.member(name, "Registered", name);
    }
    env.end_webinar(&["a"]).await;
    let view = env.sync().await;
    assert_eq!((view["attended"].as_u64(), &view["step_backwards"], &view["refused"]), (Some(1), &json!(2), &json!(0)));
    assert_eq!(problem(&view), "MARKETO_STEP_BACKWARDS");
    assert!(view["problem"]["detail"].as_str().unwrap().contains("2 people"), "{view}");
    assert_eq!(["a", "b", "c"].map(|name| env.status(name)), ["Attended", "Registered", "Registered"]);
}

#[tokio::test]
async fn r16_a_member_who_was_moved_past_the_status_meanwhile_is_success() {
    let env = env_with(&[("Registered", 20), ("No Show", 30), ("Attended", 40), ("Hot lead", 90)]).await;
    env.register(&["a", "b"]).await;
    env.member("a", "Registered", "a");
    let lead = env.member("b", "Hot lead", "b");
    assert!(env.status_of(super::env::PROGRAM, lead).is_some());
    env.end_webinar(&["a", "b"]).await;
    let view = env.sync().await;
    assert_eq!((&view["step_backwards"], &view["refused"], problem(&view)), (&json!(0), &json!(0), "none"));
    assert_eq!(env.status("b"), "Hot lead");
}
