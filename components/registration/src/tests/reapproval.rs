//! Registrants that were denied or cancelled in Zoom, and register again.

use super::fixture::{Fixture, WEBINAR, email, lead};
use fakes::support::{Effect, Entry, Fault};
use fakes::zoom::{EventSettings, RegistrantStatus};
use serde_json::{Value, json};

/// Zoom's path of changes of registrants' status.
const STATUS_CALLS: &str = "/v2/webinars/*/registrants/status";

/// Returns the calls that change the status of registrants.
fn status_calls(fixture: &Fixture) -> Vec<Entry> {
    fixture.zoom.log().matching("PUT", STATUS_CALLS)
}

#[tokio::test]
async fn approves_denied_registrants_again_by_their_status() {
    for is_refused in [false, true] {
        approves_denied_registrants_again(is_refused).await;
    }
}

/// `is_refused`: whether Zoom refuses to add a denied registrant again. Otherwise it answers 201 and changes nothing.
async fn approves_denied_registrants_again(is_refused: bool) {
    let fixture = Fixture::new().await;
    for email in [email(1), email(2).to_uppercase()] {
        fixture.register_on_zoom(&email).await;
        fixture.decide(&email, "deny").await;
    }
    if is_refused {
        fixture.refuse_adds(2, 400, 3000, "The registration has been denied by the host.");
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
async fn r18_a_registrant_who_cannot_be_approved_again_is_denied() {
    let fixture = Fixture::new().await;
    fixture.register_on_zoom(&email(1)).await;
    fixture.decide(&email(1), "deny").await;
    fixture.zoom.faults().add(Fault::always("PUT", STATUS_CALLS, Effect::status(400)));
    fixture.submit("t", &[lead(1)]).await;
    assert_eq!(fixture.outcome(1).0["errorCode"], "REGISTRANT_DENIED");
    let dead_link = (fixture.member(1).text("webinarUrl").to_owned(), fixture.status(1));
    assert_eq!(dead_link, (String::new(), "Registration Error".to_owned()));
}

/// Lets an event of Zoom get lost.
async fn decide_silently(fixture: &Fixture, email: &str, action: &str) {
    fixture.zoom.set_events(EventSettings { events: Some(Vec::new()), ..EventSettings::default() });
    let sent = fixture.zoom.set_registration(WEBINAR, email, action).await.unwrap();
    assert!(sent.is_none());
}

#[tokio::test]
async fn r18_a_registered_lead_that_comes_again_is_checked_at_zoom() {
    for (action, adds, approvals) in [("deny", 1, 1), ("cancel", 1, 1), ("withdraw", 2, 0), ("delete", 2, 0)] {
        let fixture = Fixture::new().await;
        fixture.submit("t", &[lead(1)]).await;
        let first = fixture.link(&email(1));
        decide_silently(&fixture, &email(1), action).await;
        fixture.submit("u", &[lead(1)]).await;
        let (activity, join_url) = fixture.outcome(1);
        assert_eq!(activity["registration"], "registered", "{action}");
        assert_eq!(join_url, fixture.link(&email(1)), "{action}");
        assert_eq!(join_url == first, adds == 1, "{action}");
        assert_eq!(fixture.member(1).text("webinarUrl"), fixture.link(&email(1)), "{action}");
        assert_eq!(fixture.registrant(&email(1)).status, RegistrantStatus::Approved, "{action}");
        assert_eq!((fixture.adds(&email(1)), status_calls(&fixture).len()), (adds, approvals), "{action}");
    }
}

#[tokio::test]
async fn r18_a_pending_lead_that_comes_again_gets_the_link_that_the_host_approved() {
    let fixture = Fixture::new().await;
    fixture.require_approval(true).await;
    fixture.submit("t", &[lead(1)]).await;
    assert_eq!(fixture.outcome(1).0["registration"], "pending");
    decide_silently(&fixture, &email(1), "approve").await;
    fixture.submit("u", &[lead(1)]).await;
    assert_eq!(fixture.outcome(1), (fixture.outcome(1).0, fixture.link(&email(1)).into()));
    assert_eq!(fixture.member(1).text("webinarUrl"), fixture.link(&email(1)));
    assert_eq!(fixture.adds(&email(1)), 1);
}

#[tokio::test]
async fn r18_without_the_scope_for_one_registrant_the_lists_are_read() {
    let fixture = Fixture::new().await;
    fixture.submit("t", &[lead(1), lead(2)]).await;
    fixture.without_scope("webinar:read:registrant:admin");
    decide_silently(&fixture, &email(1), "deny").await;
    fixture.zoom.set_registration(WEBINAR, &email(2), "withdraw").await.unwrap();
    fixture.submit("u", &[lead(1), lead(2)]).await;
    for number in [1, 2] {
        assert_eq!(fixture.outcome(number).0["registration"], "registered", "lead {number}");
        assert_eq!(fixture.outcome(number).1, fixture.link(&email(number)), "lead {number}");
    }
    assert_eq!((fixture.adds(&email(1)), fixture.adds(&email(2))), (1, 2));
}

#[tokio::test]
async fn r12_a_registrant_who_is_gone_is_added_within_the_daily_limit() {
    let fixture = Fixture::new().await;
    for round in 0..4 {
        fixture.submit(&format!("t{round}"), &[lead(1)]).await;
        if round == 3 {
            break;
        }
        decide_silently(&fixture, &email(1), "withdraw").await;
    }
    assert_eq!(fixture.outcome(1).0["errorCode"], "DAILY_LIMIT");
    assert_eq!(fixture.adds(&email(1)), 3);
}

#[tokio::test]
async fn r18_nobody_is_gone_because_the_webinar_is_gone() {
    let fixture = Fixture::new().await;
    fixture.submit("t", &[lead(1)]).await;
    fixture.zoom.delete_webinar(WEBINAR).await.unwrap();
    fixture.submit("u", &[lead(1)]).await;
    assert_eq!(fixture.adds(&email(1)), 1);
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
