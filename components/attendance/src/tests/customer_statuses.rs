//! Programs whose channel has statuses of its own (R21).

use super::env::{TestEnv, summary};
use domain::status::ProgressionStatus;

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
