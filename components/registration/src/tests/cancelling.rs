//! Leads whose program status is the channel's status for cancelled people: their registration is cancelled in Zoom (R18).

use super::fixture::{Fixture, PROGRAM, WEBINAR, email, lead, lead_id};
use super::following::OTHER_PROGRAM;
use domain::time::SignedDuration;
use fakes::support::{Effect, Fault};
use fakes::zoom::RegistrantStatus;
use serde_json::{Value, json};

/// Statuses between which Marketo moves members in both directions.
const STATUSES: [(&str, u32); 4] =
    [("Pending Approval", 40), ("Registered", 40), ("Registration Error", 40), ("Cancelled", 40)];

/// Zoom's path of changes of registrants' status.
const STATUS_CALLS: &str = "/v2/webinars/*/registrants/status";

/// Returns a fixture in which lead 1 is registered through both programs of the webinar.
async fn registered() -> Fixture {
    let fixture = Fixture::new().await;
    fixture.set_channel(PROGRAM, &STATUSES).await;
    fixture.connect_other_program().await;
    fixture.index(&[PROGRAM, OTHER_PROGRAM]).await;
    fixture.submit("t", &[lead(1)]).await;
    assert!(fixture.marketo.set_member(1003, lead_id(1).try_into().unwrap(), "Registered"));
    assert_eq!(webhook(&fixture, OTHER_PROGRAM, "Registered").await.1["outcome"], "registered");
    fixture
}

async fn webhook(fixture: &Fixture, program: u64, status: &str) -> (u16, Value) {
    let body = json!({
        "program_id": program, "lead_id": lead_id(1), "email": email(1), "first_name": "F", "last_name": "L",
        "status": status,
    });
    fixture.send("POST", "/registration/webhook", &body).await
}

fn cancelled(number: u64) -> Value {
    let mut lead = lead(number);
    lead["programMemberContext"]["status"] = json!("Cancelled");
    lead
}

fn status_in_other_program(fixture: &Fixture) -> String {
    fixture.marketo.member(1003, lead_id(1).try_into().unwrap()).unwrap().status_name
}

#[tokio::test]
async fn r18_who_is_cancelled_in_marketo_is_cancelled_in_zoom_and_in_every_program() {
    for (uses_webhook, is_event_lost) in [(false, false), (false, true), (true, false), (true, true)] {
        let fixture = registered().await;
        if is_event_lost {
            fixture.lose_events();
        }
        fixture.set_members([1], "Cancelled");
        if uses_webhook {
            let (status, answer) = webhook(&fixture, PROGRAM, "Cancelled").await;
            assert_eq!((status, &answer["outcome"]), (200, &json!("skipped")), "{answer}");
            assert_eq!(answer["code"], "REGISTRANT_CANCELLED");
        } else {
            fixture.submit("u", &[cancelled(1)]).await;
            let activity = fixture.outcome(1).0;
            assert_eq!((&activity["registration"], &activity["success"]), (&json!("skipped"), &json!(false)));
            assert_eq!(activity["errorCode"], "REGISTRANT_CANCELLED");
        }
        assert_eq!(fixture.registrant(&email(1)).status, RegistrantStatus::Denied);
        fixture.memory.run_background().await;
        fixture.tick().await;
        assert_eq!((fixture.status(1), status_in_other_program(&fixture)), ("Cancelled".into(), "Cancelled".into()));
        let (_, counts) = fixture.send("GET", "/registration/programs/1001", &Value::Null).await;
        assert_eq!((&counts["cancelled"], &counts["failed"]), (&json!(1), &json!(0)), "{counts}");
        // Registered again by the other program.
        assert!(fixture.marketo.set_member(1003, lead_id(1).try_into().unwrap(), "Registered"));
        assert_eq!(webhook(&fixture, OTHER_PROGRAM, "Registered").await.1["outcome"], "registered");
        fixture.memory.run_background().await;
        fixture.tick().await;
        assert_eq!((fixture.status(1), status_in_other_program(&fixture)), ("Registered".into(), "Registered".into()));
        assert_eq!(fixture.adds(&email(1)), 1);
    }
}

#[tokio::test]
async fn r18_a_lead_that_zoom_does_not_have_is_not_cancelled_there() {
    let fixture = registered().await;
    fixture.zoom.set_registration(WEBINAR, &email(1), "withdraw").await.unwrap();
    fixture.memory.run_background().await;
    fixture.set_members([2], "Cancelled");
    fixture.submit("u", &[cancelled(1), cancelled(2)]).await;
    assert_eq!(fixture.outcome(1).0["errorCode"], "REGISTRANT_CANCELLED");
    assert_eq!(fixture.outcome(2).0["errorCode"], "STATUS_NOT_REGISTERED");
    assert_eq!(fixture.zoom.log().count("PUT", STATUS_CALLS), 0);
}

#[tokio::test]
async fn r18_a_cancellation_that_zoom_does_not_take_is_retried_and_registers_nobody() {
    for uses_webhook in [false, true] {
        let fixture = registered().await;
        fixture.set_members([1], "Cancelled");
        fixture.zoom.faults().add(Fault::always("PUT", STATUS_CALLS, Effect::status(503)));
        if uses_webhook {
            assert_eq!(webhook(&fixture, PROGRAM, "Cancelled").await.0, 503);
        } else {
            fixture.submit("u", &[cancelled(1)]).await;
            // Longer than the chunk waits.
            fixture.memory.advance(SignedDuration::from_mins(31));
            fixture.tick().await;
            assert_eq!(fixture.outcome(1).0["errorCode"], "ZOOM_UNAVAILABLE");
        }
        assert_eq!(fixture.status(1), "Cancelled");
        fixture.zoom.faults().clear();
        for _ in 0..3 {
            fixture.memory.advance(SignedDuration::from_mins(5));
            fixture.tick().await;
        }
        assert_eq!(fixture.registrant(&email(1)).status, RegistrantStatus::Denied, "webhook: {uses_webhook}");
        assert_eq!((fixture.status(1), fixture.adds(&email(1))), ("Cancelled".into(), 1));
        assert!(fixture.memory.dump().keys().all(|key| !key.starts_with("failure:")));
    }
}
