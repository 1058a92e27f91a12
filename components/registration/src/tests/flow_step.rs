//! The outcomes of a chunk's leads.

use super::fake_zoom::{AddReply, link};
use super::fixture::{Fixture, PROGRAM, WEBINAR, email, lead};
use serde_json::{Value, json};

fn with(mut lead: Value, pointer: &str, value: Value) -> Value {
    *lead.pointer_mut(pointer).unwrap() = value;
    lead
}

#[tokio::test]
async fn r9_each_lead_gets_its_own_link_in_one_callback() {
    let fixture = Fixture::new().await;
    for id in 1..=20 {
        fixture.marketo.lock().unwrap().statuses.insert(id, "Registered".into());
    }
    let leads: Vec<_> = (1..=20).map(lead).collect();
    fixture.submit("t", &leads).await;
    let marketo = fixture.marketo.lock().unwrap();
    assert_eq!(marketo.callbacks.len(), 1);
    let (headers, body) = &marketo.callbacks[0];
    assert_eq!(
        (&headers["x-api-key"], &headers["x-callback-token"]),
        (&"cb-key".parse().unwrap(), &"t".parse().unwrap())
    );
    assert_eq!((&body["munchkinId"], &body["token"]), (&json!("123-ABC-456"), &json!("t")));
    for id in 1..=20 {
        let data = &marketo.data[&id];
        assert_eq!(data["webinarUrl"], link(WEBINAR, &email(id)));
        assert_eq!(data["registrationCode"], format!("r-{}", email(id)));
    }
    drop(marketo);
    let (activity, join_url) = fixture.outcome(7);
    assert_eq!(join_url, link(WEBINAR, &email(7)));
    assert_eq!((&activity["registration"], &activity["webinarId"]), (&json!("registered"), &json!("9001")));
    // R8: the company, under Zoom's name.
    assert_eq!(fixture.zoom.lock().unwrap().adds[0]["org"], "C");
    assert!(fixture.memory.dump().keys().all(|key| !key.starts_with("outbox:")));
}

#[tokio::test]
async fn r7_status_not_registered_is_skipped_and_a_missing_status_is_read_from_marketo() {
    let fixture = Fixture::new().await;
    fixture.marketo.lock().unwrap().statuses.insert(2, "Registered".into());
    fixture.marketo.lock().unwrap().statuses.insert(3, "Attended".into());
    let blank = |id| with(lead(id), "/programMemberContext", Value::Null);
    let invited = with(lead(1), "/programMemberContext/status", json!("Invited"));
    fixture.submit("t", &[invited, blank(2), blank(3), blank(4)]).await;
    for id in [1, 3, 4] {
        let (activity, join_url) = fixture.outcome(id);
        assert_eq!(activity["errorCode"], "STATUS_NOT_REGISTERED", "lead {id}");
        assert_eq!((&activity["registration"], join_url), (&json!("skipped"), Value::Null));
    }
    assert_eq!(fixture.outcome(2).0["registration"], "registered");
    assert_eq!(fixture.zoom.lock().unwrap().adds.len(), 1);
}

#[tokio::test]
async fn r5_registration_not_required_returns_the_shared_link_without_an_add_call() {
    let fixture = Fixture::new().await;
    fixture.connect("none").await;
    fixture.submit("t", &[lead(1)]).await;
    let (activity, join_url) = fixture.outcome(1);
    assert_eq!(activity["errorCode"], "REGISTRATION_NOT_REQUIRED");
    assert_eq!((&activity["registration"], join_url), (&json!("skipped"), json!("https://zoom.test/shared")));
    assert_eq!(fixture.zoom.lock().unwrap().adds.len(), 0);
}

#[tokio::test]
async fn r8_a_missing_field_fails_its_lead_and_no_other() {
    let fixture = Fixture::new().await;
    for id in 1..=4 {
        fixture.marketo.lock().unwrap().statuses.insert(id, "Registered".into());
    }
    let nameless = with(lead(1), "/objectContext/lastName", Value::Null);
    let odd = with(lead(2), "/objectContext/email", json!("not an address"));
    let rejected = with(lead(3), "/objectContext/lastName", json!("Blocked"));
    fixture.submit("t", &[nameless, odd, rejected, lead(4)]).await;
    assert_eq!(fixture.outcome(1).0["errorCode"], "MISSING_FIELD");
    assert_eq!(fixture.outcome(2).0["errorCode"], "INVALID_FIELD");
    let (activity, _) = fixture.outcome(3);
    assert_eq!(activity["errorCode"], "MAPPING_REJECTED");
    assert!(activity["reason"].as_str().unwrap().contains("not invited"), "{activity}");
    assert_eq!(fixture.outcome(4).0["registration"], "registered");
    let statuses = fixture.marketo.lock().unwrap().statuses.clone();
    assert_eq!([1, 2, 3].map(|id| statuses[&id].as_str()), ["Registration Error"; 3]);
    assert_eq!(statuses[&4], "Registered");
}

#[tokio::test]
async fn r15_program_required_and_program_not_connected() {
    let fixture = Fixture::new().await;
    for (program, code) in [(Value::Null, "PROGRAM_REQUIRED"), (json!({"id": PROGRAM + 1}), "PROGRAM_NOT_CONNECTED")] {
        let chunk = json!({
            "token": code, "apiCallBackKey": "k", "callbackUrl": "http://marketo.test/callback",
            "context": {"program": program}, "objectData": [lead(1)],
        });
        assert_eq!(fixture.send("POST", "/flow-step/submitAsyncAction", &chunk).await.0, 201);
        fixture.memory.run_background().await;
        assert_eq!(fixture.outcome(1).0["errorCode"], code);
    }
    assert_eq!(fixture.zoom.lock().unwrap().adds.len(), 0);
}

#[tokio::test]
async fn r1_service_superseded_fails_the_lead() {
    let fixture = Fixture::new().await;
    fixture.service("superseded").await;
    fixture.submit("t", &[lead(1)]).await;
    assert_eq!(fixture.outcome(1).0["errorCode"], "SERVICE_SUPERSEDED");
}

#[tokio::test]
async fn r3_no_lead_is_registered_at_a_webinar_whose_host_is_no_longer_enabled() {
    let fixture = Fixture::new().await;
    fixture.change_service(|service| service["admin_email"] = json!("other@x")).await;
    fixture.submit("t", &[lead(1)]).await;
    assert_eq!(fixture.outcome(1).0["errorCode"], "HOST_NOT_ENABLED");
    fixture.change_service(|service| service["users"] = json!(["A@X"])).await;
    fixture.submit("u", &[lead(2)]).await;
    assert_eq!(fixture.outcome(2).0["success"], true);
}

#[tokio::test]
async fn each_refusal_of_zoom_becomes_its_leads_outcome() {
    for (status, code, message, expected) in [
        (400, 3027, "Host can not register", "HOST_CANNOT_REGISTER"),
        (400, 3034, "Please use your work email", "WORK_EMAIL_REQUIRED"),
        (400, 3038, "Webinar is over", "WEBINAR_OVER"),
        (400, 3000, "The invitee is already a panelist", "ALREADY_PANELIST"),
        (400, 3000, "This webinar has reached its limit for the number of attendees", "WEBINAR_FULL"),
        (400, 3000, "Registration has not been enabled for this webinar", "REGISTRATION_NOT_REQUIRED"),
        (400, 3000, "The registration has been denied by the host", "REGISTRANT_DENIED"),
        (404, 3001, "Webinar does not exist", "WEBINAR_NOT_FOUND"),
        (400, 300, "Validation Failed.", "INVALID_FIELD"),
        (429, 429, "You have exceeded the daily rate limit of (3) for Add a webinar registrant", "DAILY_LIMIT"),
    ] {
        let fixture = Fixture::new().await;
        let refusal = AddReply::Error(status, json!({"code": code, "message": message}));
        fixture.zoom.lock().unwrap().add_replies.push_back(refusal);
        fixture.submit("t", &[lead(1)]).await;
        assert_eq!(fixture.outcome(1).0["errorCode"], expected, "{message}");
        fixture.submit("u", &[lead(2)]).await;
        assert_eq!(fixture.outcome(2).0["registration"], "registered", "the lead after {expected}");
    }
}

#[tokio::test]
async fn question_unanswered_contains_the_question_and_spends_no_add_call() {
    let fixture = Fixture::new().await;
    fixture.zoom.lock().unwrap().questions =
        json!({"custom_questions": [{"title": "Shoe size?", "type": "short", "required": true}]});
    let mut answering = lead(2);
    answering["objectContext"]["Shoe size?"] = json!("42");
    fixture.submit("t", &[lead(1), answering]).await;
    let (activity, _) = fixture.outcome(1);
    assert_eq!(activity["errorCode"], "QUESTION_UNANSWERED");
    assert!(activity["reason"].as_str().unwrap().contains("Shoe size?"), "{activity}");
    assert_eq!(fixture.outcome(2).0["registration"], "registered");
    assert_eq!((fixture.adds(&email(1)), fixture.adds(&email(2))), (0, 1));
}

#[tokio::test]
async fn manual_approval_is_pending_until_the_approval_event() {
    let fixture = Fixture::new().await;
    fixture.marketo.lock().unwrap().statuses.insert(1, "Registered".into());
    fixture.zoom.lock().unwrap().manual = true;
    fixture.submit("t", &[lead(1)]).await;
    let (activity, join_url) = fixture.outcome(1);
    assert_eq!((&activity["registration"], &activity["success"]), (&json!("pending"), &json!(true)));
    assert_eq!(join_url, Value::Null);
    let event = json!({"event": "webinar.registration_approved", "payload": {"object": {
        "id": WEBINAR, "registrant": {"id": "r-1", "email": email(1).to_uppercase(), "join_url": "https://zoom.test/j"},
    }}});
    assert_eq!(fixture.send("POST", "/internal/zoom-events", &event).await.0, 200);
    let marketo = fixture.marketo.lock().unwrap();
    assert_eq!(marketo.data[&1]["webinarUrl"], "https://zoom.test/j");
    assert_eq!(marketo.statuses[&1], "Registered");
}

#[tokio::test]
async fn leads_that_share_an_address_are_added_once() {
    let fixture = Fixture::new().await;
    let same_address = with(lead(2), "/objectContext/email", json!(email(1).to_uppercase()));
    fixture.submit("t", &[lead(1), same_address]).await;
    assert_eq!(fixture.adds(&email(1)), 1);
    assert_eq!(fixture.outcome(1).1, fixture.outcome(2).1);
}

#[tokio::test]
async fn a_callback_to_another_host_is_refused_before_any_write() {
    let fixture = Fixture::new().await;
    let chunk = json!({
        "token": "t", "apiCallBackKey": "k", "callbackUrl": "http://evil.test/callback", "objectData": [lead(1)],
    });
    let (status, problem) = fixture.send("POST", "/flow-step/submitAsyncAction", &chunk).await;
    assert_eq!((status, &problem["code"]), (400, &json!("INVALID_REQUEST")));
    assert!(fixture.memory.dump().keys().all(|key| !key.starts_with("outbox:")));
}
