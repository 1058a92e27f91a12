//! Registrants that were denied or cancelled in Zoom, and register again.

use super::fixture::{Fixture, email, lead};
use fakes::support::Entry;
use serde_json::{Value, json};

/// Returns the calls that change the status of registrants.
fn status_calls(fixture: &Fixture) -> Vec<Entry> {
    fixture.zoom.log().matching("PUT", "/v2/webinars/*/registrants/status")
}

#[tokio::test]
async fn approves_denied_registrants_again_by_their_status() {
    let fixture = Fixture::new().await;
    for email in [email(1), email(2).to_uppercase()] {
        fixture.register_on_zoom(&email).await;
        fixture.decide(&email, "deny").await;
    }
    fixture.submit("t", &[lead(1), lead(2), lead(3)]).await;
    for id in 1..=3 {
        let (activity, join_url) = fixture.outcome(id);
        assert_eq!(activity["registration"], "registered", "lead {id}");
        assert_eq!(join_url, fixture.link(&email(id)));
        assert_eq!(fixture.adds(&email(id)), 1, "lead {id}");
    }
    let calls = status_calls(&fixture);
    assert_eq!(calls.len(), 1, "one status call for both");
    assert_eq!(calls[0].body["action"], "approve");
    let rows: Vec<_> = calls[0].body["registrants"].as_array().unwrap().iter().map(Value::to_string).collect();
    let denied = [email(1), email(2)].map(|email| json!({"id": fixture.registrant(&email).id, "email": email}));
    assert_eq!(rows.len(), 2);
    assert!(denied.iter().all(|row| rows.contains(&row.to_string())), "{rows:?}");
}

#[tokio::test]
async fn registrant_denied_if_zoom_does_not_list_the_denied_registrant() {
    let fixture = Fixture::new().await;
    fixture.refuse_adds(1, 400, 3000, "The registration has been denied by the host.");
    fixture.submit("t", &[lead(1)]).await;
    assert_eq!(fixture.outcome(1).0["errorCode"], "REGISTRANT_DENIED");
    assert_eq!(status_calls(&fixture).len(), 0);
}

#[tokio::test]
async fn a_cancelled_or_denied_registrant_who_registers_again_gets_a_new_link() {
    for action in ["cancel", "deny"] {
        let fixture = Fixture::new().await;
        fixture.submit("t", &[lead(1)]).await;
        // The event of another person changes nothing.
        fixture.register_on_zoom(&email(2)).await;
        fixture.decide(&email(2), action).await;
        let (_, body) = fixture.send("GET", "/registration/failures", &Value::Null).await;
        assert_eq!(body["failures"], json!([]));
        fixture.decide(&email(1), action).await;
        let (_, body) = fixture.send("GET", "/registration/failures", &Value::Null).await;
        assert_eq!(body["failures"][0]["code"], "REGISTRANT_DENIED", "{body}");
        fixture.submit("u", &[lead(1)]).await;
        assert_eq!(fixture.outcome(1).0["registration"], "registered");
        assert_eq!(fixture.registrants(), [(email(1), true), (email(2), false)]);
        let (_, body) = fixture.send("GET", "/registration/failures", &Value::Null).await;
        assert_eq!(body["failures"], json!([]));
    }
}

#[tokio::test]
async fn a_denied_registrant_whom_the_host_approves_later_gets_the_link() {
    let fixture = Fixture::new().await;
    fixture.require_approval(true).await;
    // Otherwise Marketo skips the status, because members never move to a lower step.
    fixture.set_step("Pending Approval", 40);
    fixture.submit("t", &[lead(1)]).await;
    assert_eq!(fixture.status(1), "Pending Approval");
    fixture.decide(&email(1), "deny").await;
    fixture.decide(&email(1), "approve").await;
    assert_eq!(fixture.status(1), "Registered");
    assert_eq!(fixture.member(1).text("webinarUrl"), fixture.link(&email(1)));
}
