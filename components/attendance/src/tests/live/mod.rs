//! Live attendance: people become Attended while the webinar is under way.

mod burst;
mod faults;
mod people;
mod slots;

use super::env::{PROGRAM, TestEnv, WEBINAR, address};
use domain::time::Timestamp;
use serde_json::{Value, json};

/// Returns an environment with a session under way, of a program that asks for live attendance. Zoom's events arrive.
async fn live() -> TestEnv {
    let mut env = TestEnv::new().await;
    env.set_live(PROGRAM, true).await;
    env.receive_events(true);
    env.start_session().await;
    env
}

/// Lets people join who are registered in Zoom.
async fn joined_by(env: &TestEnv, names: &[&str]) {
    for name in names {
        let event = joined(name, &env.registrant_id(name).unwrap(), env.now());
        assert_eq!(env.event(&event).await.0, 200);
    }
}

/// Returns the event that a registrant joined.
fn joined(name: &str, registrant: &str, at: Timestamp) -> Value {
    let participant = json!({
        "user_id": "16778240", "user_name": name, "id": "", "participant_user_id": "", "participant_uuid": "p-1",
        "email": address(name), "registrant_id": registrant, "phone_number": "", "join_time": at,
    });
    let object = json!({"id": WEBINAR.to_string(), "uuid": "/u==", "host_id": "h", "participant": participant});
    json!({"event": "webinar.participant_joined", "event_ts": at.as_millisecond(), "payload": {"object": object}})
}

impl TestEnv {
    /// Returns how often Marketo was asked to set a status.
    fn status_calls(&self) -> usize {
        self.marketo.log().count("POST", "/rest/v1/programs/*/members/status.json")
    }

    /// Returns the same for one program.
    fn status_calls_of(&self, program: u64) -> usize {
        self.marketo.log().count("POST", &format!("/rest/v1/programs/{program}/members/status.json"))
    }

    /// Returns how often Marketo's API was called.
    fn marketo_calls(&self) -> usize {
        self.marketo.log().entries().iter().filter(|call| call.path.starts_with("/rest/")).count()
    }

    /// Returns the keys of records about webinars under way.
    fn live_keys(&self, kind: &str) -> Vec<String> {
        self.memory.dump().into_keys().filter(|key| key.starts_with(&format!("live-{kind}:"))).collect()
    }
}
