//! What becomes of the leads of a chunk.

use super::world::{PROGRAM, WEBINAR, World, email, lead};
use super::zoom::{Fate, link};
use serde_json::{Value, json};

fn with(mut lead: Value, pointer: &str, value: Value) -> Value {
    *lead.pointer_mut(pointer).unwrap() = value;
    lead
}

#[tokio::test]
async fn r9_each_lead_gets_a_link_of_their_own_and_one_callback_tells() {
    let world = World::new().await;
    for id in 1..=20 {
        world.marketo.lock().unwrap().statuses.insert(id, "Registered".into());
    }
    let leads: Vec<_> = (1..=20).map(lead).collect();
    world.submit("t", &leads).await;
    let marketo = world.marketo.lock().unwrap();
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
    let (activity, join_url) = world.outcome(7);
    assert_eq!(join_url, link(WEBINAR, &email(7)));
    assert_eq!((&activity["registration"], &activity["webinarId"]), (&json!("registered"), &json!("9001")));
    // R8: company under Zoom's name.
    assert_eq!(world.zoom.lock().unwrap().adds[0]["org"], "C");
    assert!(world.memory.dump().keys().all(|key| !key.starts_with("outbox:")));
}

#[tokio::test]
async fn r7_status_not_registered_is_skipped_and_an_absent_status_is_asked_for() {
    let world = World::new().await;
    world.marketo.lock().unwrap().statuses.insert(2, "Registered".into());
    world.marketo.lock().unwrap().statuses.insert(3, "Attended".into());
    let blank = |id| with(lead(id), "/programMemberContext", Value::Null);
    let invited = with(lead(1), "/programMemberContext/status", json!("Invited"));
    world.submit("t", &[invited, blank(2), blank(3), blank(4)]).await;
    for id in [1, 3, 4] {
        let (activity, join_url) = world.outcome(id);
        assert_eq!(activity["errorCode"], "STATUS_NOT_REGISTERED", "lead {id}");
        assert_eq!((&activity["registration"], join_url), (&json!("skipped"), Value::Null));
    }
    assert_eq!(world.outcome(2).0["registration"], "registered");
    assert_eq!(world.zoom.lock().unwrap().adds.len(), 1);
}

#[tokio::test]
async fn r5_registration_not_required_offers_the_shared_link_and_pushes_nobody() {
    let world = World::new().await;
    world.connect("none").await;
    world.submit("t", &[lead(1)]).await;
    let (activity, join_url) = world.outcome(1);
    assert_eq!(activity["errorCode"], "REGISTRATION_NOT_REQUIRED");
    assert_eq!((&activity["registration"], join_url), (&json!("skipped"), json!("https://zoom.test/shared")));
    assert_eq!(world.zoom.lock().unwrap().adds.len(), 0);
}

#[tokio::test]
async fn r8_a_missing_field_fails_its_lead_and_no_neighbour() {
    let world = World::new().await;
    for id in 1..=4 {
        world.marketo.lock().unwrap().statuses.insert(id, "Registered".into());
    }
    let nameless = with(lead(1), "/objectContext/lastName", Value::Null);
    let odd = with(lead(2), "/objectContext/email", json!("not an address"));
    let rejected = with(lead(3), "/objectContext/lastName", json!("Nobody"));
    world.submit("t", &[nameless, odd, rejected, lead(4)]).await;
    assert_eq!(world.outcome(1).0["errorCode"], "MISSING_FIELD");
    assert_eq!(world.outcome(2).0["errorCode"], "INVALID_FIELD");
    let (activity, _) = world.outcome(3);
    assert_eq!(activity["errorCode"], "MAPPING_REJECTED");
    assert!(activity["reason"].as_str().unwrap().contains("not invited"), "{activity}");
    assert_eq!(world.outcome(4).0["registration"], "registered");
    let statuses = world.marketo.lock().unwrap().statuses.clone();
    assert_eq!([1, 2, 3].map(|id| statuses[&id].as_str()), ["Registration Error"; 3]);
    assert_eq!(statuses[&4], "Registered");
}

#[tokio::test]
async fn r15_program_required_and_program_not_connected() {
    let world = World::new().await;
    for (program, code) in [(Value::Null, "PROGRAM_REQUIRED"), (json!({"id": PROGRAM + 1}), "PROGRAM_NOT_CONNECTED")] {
        let chunk = json!({
            "token": code, "apiCallBackKey": "k", "callbackUrl": "http://marketo.test/callback",
            "context": {"program": program}, "objectData": [lead(1)],
        });
        assert_eq!(world.send("POST", "/flow-step/submitAsyncAction", &chunk).await.0, 201);
        world.memory.run_background().await;
        assert_eq!(world.outcome(1).0["errorCode"], code);
    }
    assert_eq!(world.zoom.lock().unwrap().adds.len(), 0);
}

#[tokio::test]
async fn r1_service_superseded_is_told() {
    let world = World::new().await;
    world.service("superseded").await;
    world.submit("t", &[lead(1)]).await;
    assert_eq!(world.outcome(1).0["errorCode"], "SERVICE_SUPERSEDED");
}

#[tokio::test]
async fn r3_nobody_is_pushed_to_a_webinar_whose_host_is_not_enabled_any_more() {
    let world = World::new().await;
    world.change_service(|service| service["admin_email"] = json!("other@x")).await;
    world.submit("t", &[lead(1)]).await;
    assert_eq!(world.outcome(1).0["errorCode"], "HOST_NOT_ENABLED");
    world.change_service(|service| service["users"] = json!(["A@X"])).await;
    world.submit("u", &[lead(2)]).await;
    assert_eq!(world.outcome(2).0["success"], true);
}

#[tokio::test]
async fn each_refusal_of_zoom_is_its_leads_outcome() {
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
        let world = World::new().await;
        let refusal = Fate::Answer(status, json!({"code": code, "message": message}));
        world.zoom.lock().unwrap().fates.push_back(refusal);
        world.submit("t", &[lead(1)]).await;
        assert_eq!(world.outcome(1).0["errorCode"], expected, "{message}");
        world.submit("u", &[lead(2)]).await;
        assert_eq!(world.outcome(2).0["registration"], "registered", "the next one after {expected}");
    }
}

#[tokio::test]
async fn question_unanswered_names_the_question_and_spends_no_add_call() {
    let world = World::new().await;
    world.zoom.lock().unwrap().questions =
        json!({"custom_questions": [{"title": "Shoe size?", "type": "short", "required": true}]});
    let mut answering = lead(2);
    answering["objectContext"]["Shoe size?"] = json!("42");
    world.submit("t", &[lead(1), answering]).await;
    let (activity, _) = world.outcome(1);
    assert_eq!(activity["errorCode"], "QUESTION_UNANSWERED");
    assert!(activity["reason"].as_str().unwrap().contains("Shoe size?"), "{activity}");
    assert_eq!(world.outcome(2).0["registration"], "registered");
    assert_eq!((world.adds(&email(1)), world.adds(&email(2))), (0, 1));
}

#[tokio::test]
async fn manual_approval_is_pending_until_zoom_tells_of_it() {
    let world = World::new().await;
    world.marketo.lock().unwrap().statuses.insert(1, "Registered".into());
    world.zoom.lock().unwrap().manual = true;
    world.submit("t", &[lead(1)]).await;
    let (activity, join_url) = world.outcome(1);
    assert_eq!((&activity["registration"], &activity["success"]), (&json!("pending"), &json!(true)));
    assert_eq!(join_url, Value::Null);
    let event = json!({"event": "webinar.registration_approved", "payload": {"object": {
        "id": WEBINAR, "registrant": {"id": "r-1", "email": email(1).to_uppercase(), "join_url": "https://zoom.test/j"},
    }}});
    assert_eq!(world.send("POST", "/internal/zoom-events", &event).await.0, 200);
    let marketo = world.marketo.lock().unwrap();
    assert_eq!(marketo.data[&1]["webinarUrl"], "https://zoom.test/j");
    assert_eq!(marketo.statuses[&1], "Registered");
}

#[tokio::test]
async fn one_address_twice_in_a_chunk_is_added_once() {
    let world = World::new().await;
    let twin = with(lead(2), "/objectContext/email", json!(email(1).to_uppercase()));
    world.submit("t", &[lead(1), twin]).await;
    assert_eq!(world.adds(&email(1)), 1);
    assert_eq!(world.outcome(1).1, world.outcome(2).1);
}

#[tokio::test]
async fn a_callback_elsewhere_is_refused_before_anything_is_written() {
    let world = World::new().await;
    let chunk = json!({
        "token": "t", "apiCallBackKey": "k", "callbackUrl": "http://evil.test/callback", "objectData": [lead(1)],
    });
    let (status, problem) = world.send("POST", "/flow-step/submitAsyncAction", &chunk).await;
    assert_eq!((status, &problem["code"]), (400, &json!("INVALID_REQUEST")));
    assert!(world.memory.dump().keys().all(|key| !key.starts_with("outbox:")));
}
