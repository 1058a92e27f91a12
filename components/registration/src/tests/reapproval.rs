//! Registrants that were denied or cancelled in Zoom, and register again.

use super::fake_zoom::link;
use super::fixture::{Fixture, PROGRAM, WEBINAR, email, lead};
use serde_json::{Value, json};

async fn event(fixture: &Fixture, name: &str, email: &str) {
    let registrant = json!({"id": format!("r-{email}"), "email": email, "join_url": null});
    let event = json!({"event": name, "payload": {"object": {"id": WEBINAR.to_string(), "registrant": registrant}}});
    assert_eq!(fixture.send("POST", "/internal/zoom-events", &event).await.0, 200);
}

#[tokio::test]
async fn approves_denied_registrants_again_by_their_status() {
    let fixture = Fixture::new().await;
    fixture.zoom.lock().unwrap().denied.extend([email(1), email(2).to_uppercase()]);
    fixture.submit("t", &[lead(1), lead(2), lead(3)]).await;
    for id in 1..=3 {
        let (activity, join_url) = fixture.outcome(id);
        assert_eq!(activity["registration"], "registered", "lead {id}");
        assert_eq!(join_url, link(WEBINAR, &email(id)));
        assert_eq!(fixture.adds(&email(id)), 1, "lead {id}");
    }
    assert_eq!(fixture.zoom.lock().unwrap().approvals, 1, "one status call for both");
}

#[tokio::test]
async fn registrant_denied_if_zoom_does_not_list_the_denied_registrant() {
    let fixture = Fixture::new().await;
    let refusal = json!({"code": 3000, "message": "The registration has been denied by the host."});
    fixture.zoom.lock().unwrap().add_replies.push_back(super::fake_zoom::AddReply::Error(400, refusal));
    fixture.submit("t", &[lead(1)]).await;
    assert_eq!(fixture.outcome(1).0["errorCode"], "REGISTRANT_DENIED");
    assert_eq!(fixture.zoom.lock().unwrap().approvals, 0);
}

#[tokio::test]
async fn a_cancelled_or_denied_registrant_who_registers_again_gets_a_new_link() {
    for name in ["webinar.registration_cancelled", "webinar.registration_denied"] {
        let fixture = Fixture::new().await;
        fixture.submit("t", &[lead(1)]).await;
        {
            let mut zoom = fixture.zoom.lock().unwrap();
            zoom.registrants.clear();
            zoom.denied.push(email(1));
        }
        // The event of another person changes nothing.
        event(&fixture, name, &email(2)).await;
        event(&fixture, name, &email(1)).await;
        let (_, body) = fixture.send("GET", "/registration/failures", &Value::Null).await;
        assert_eq!(body["failures"][0]["code"], "REGISTRANT_DENIED", "{body}");
        fixture.submit("u", &[lead(1)]).await;
        assert_eq!(fixture.outcome(1).0["registration"], "registered");
        assert_eq!(fixture.zoom.lock().unwrap().registrants, [(email(1), true)]);
        let (_, body) = fixture.send("GET", "/registration/failures", &Value::Null).await;
        assert_eq!(body["failures"], json!([]));
    }
}

#[tokio::test]
async fn a_denied_registrant_whom_the_host_approves_later_gets_the_link() {
    let fixture = Fixture::new().await;
    fixture.zoom.lock().unwrap().manual = true;
    fixture.submit("t", &[lead(1)]).await;
    event(&fixture, "webinar.registration_denied", &email(1)).await;
    let registrant =
        json!({"id": format!("r-{}", email(1)), "email": email(1), "join_url": "https://zoom.test/w/1?tk=1"});
    let object = json!({"id": WEBINAR, "registrant": registrant});
    let event = json!({"event": "webinar.registration_approved", "payload": {"object": object}});
    fixture.marketo.lock().unwrap().statuses.insert(1, "Pending Approval".into());
    assert_eq!(fixture.send("POST", "/internal/zoom-events", &event).await.0, 200);
    let marketo = fixture.marketo.lock().unwrap();
    assert_eq!(
        (&marketo.statuses[&1], &marketo.data[&1]["webinarUrl"]),
        (&"Registered".into(), &json!("https://zoom.test/w/1?tk=1"))
    );
    assert_eq!(PROGRAM, 1001);
}
