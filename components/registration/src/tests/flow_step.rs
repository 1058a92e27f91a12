//! The outcomes of a chunk's leads.

use super::fixture::{Fixture, PROGRAM, WEBINAR, email, lead, lead_id};
use super::peers::CALLBACKS;
use axum::routing::post;
use axum::{Json, Router};
use domain::time::SignedDuration;
use fakes::marketo::MUNCHKIN_ID;
use fakes::marketo::campaign::ChunkState;
use fakes::support::{Effect, Fault};
use fakes::zoom::{ADMIN, NewWebinar, Panelist};
use http::HeaderMap;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};

fn with(mut lead: Value, pointer: &str, value: Value) -> Value {
    *lead.pointer_mut(pointer).unwrap() = value;
    lead
}

#[tokio::test]
async fn r9_each_lead_gets_its_own_link_in_one_callback() {
    let fixture = Fixture::new().await;
    let leads: Vec<_> = (1..=20).map(lead).collect();
    fixture.submit("t", &leads).await;
    assert_eq!(fixture.marketo.log().count("POST", CALLBACKS), 1);
    // Marketo accepts a callback with the headers x-api-key and x-callback-token of its chunk only.
    let chunk = fixture.submitted("t");
    assert_eq!((chunk.state, chunk.callbacks_refused), (ChunkState::CalledBack, 0));
    let body = chunk.callback.unwrap().body;
    assert_eq!((&body["munchkinId"], &body["token"]), (&json!(MUNCHKIN_ID), &json!(chunk.token)));
    let links: BTreeSet<_> = (1..=20).map(|id| fixture.link(&email(id))).collect();
    assert_eq!(links.len(), 20);
    for id in 1..=20 {
        let (member, registrant) = (fixture.member(id), fixture.registrant(&email(id)));
        assert_eq!(member.text("webinarUrl"), registrant.join_url);
        assert_eq!(member.text("registrationCode"), registrant.id);
    }
    let (activity, join_url) = fixture.outcome(7);
    assert_eq!(join_url, fixture.link(&email(7)));
    assert_eq!((&activity["registration"], &activity["webinarId"]), (&json!("registered"), &json!("9001")));
    // R8: the company, under Zoom's name.
    assert_eq!(fixture.add_calls()[0].body["org"], "C");
    assert!(fixture.memory.dump().keys().all(|key| !key.starts_with("outbox:")));
}

#[tokio::test]
async fn r7_status_not_registered_is_skipped_and_a_missing_status_is_read_from_marketo() {
    let fixture = Fixture::new().await;
    fixture.set_members([2], "Registered");
    fixture.set_members([3], "Attended");
    let blank = |id| with(lead(id), "/programMemberContext", Value::Null);
    let invited = with(lead(1), "/programMemberContext/status", json!("Invited"));
    fixture.submit("t", &[invited, blank(2), blank(3), blank(4)]).await;
    for id in [1, 3, 4] {
        let (activity, join_url) = fixture.outcome(id);
        assert_eq!(activity["errorCode"], "STATUS_NOT_REGISTERED", "lead {id}");
        assert_eq!((&activity["registration"], join_url), (&json!("skipped"), Value::Null));
    }
    assert_eq!(fixture.outcome(2).0["registration"], "registered");
    assert_eq!(fixture.add_calls().len(), 1);
}

#[tokio::test]
async fn r5_registration_not_required_returns_the_shared_link_without_an_add_call() {
    let fixture = Fixture::new().await;
    fixture.connect("none").await;
    fixture.submit("t", &[lead(1)]).await;
    let (activity, join_url) = fixture.outcome(1);
    assert_eq!(activity["errorCode"], "REGISTRATION_NOT_REQUIRED");
    assert_eq!((&activity["registration"], join_url), (&json!("skipped"), json!("https://zoom.test/shared")));
    assert_eq!(fixture.add_calls().len(), 0);
}

#[tokio::test]
async fn r8_a_missing_field_fails_its_lead_and_no_other() {
    let fixture = Fixture::new().await;
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
    assert_eq!([1, 2, 3].map(|id| fixture.status(id)), ["Registration Error"; 3]);
    assert_eq!(fixture.status(4), "Registered");
}

#[tokio::test]
async fn r15_program_required_and_program_not_connected() {
    let fixture = Fixture::new().await;
    for (program, code) in [(Value::Null, "PROGRAM_REQUIRED"), (json!({"id": PROGRAM + 1}), "PROGRAM_NOT_CONNECTED")] {
        let mut chunk = fixture.chunk(code, &[lead(1)]);
        chunk["context"]["program"] = program;
        assert_eq!(fixture.send("POST", "/flow-step/submitAsyncAction", &chunk).await.0, 201);
        fixture.memory.run_background().await;
        assert_eq!(fixture.outcome(1).0["errorCode"], code);
    }
    assert_eq!(fixture.add_calls().len(), 0);
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
    fixture.change_service(|service| service["users"] = json!([ADMIN.to_uppercase()])).await;
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
        fixture.refuse_adds(1, status, code, message);
        fixture.submit("t", &[lead(1)]).await;
        assert_eq!(fixture.outcome(1).0["errorCode"], expected, "{message}");
        fixture.submit("u", &[lead(2)]).await;
        assert_eq!(fixture.outcome(2).0["registration"], "registered", "the lead after {expected}");
    }
}

/// Here Zoom refuses by its own rules, in its own words.
#[tokio::test]
async fn each_rule_of_zoom_becomes_its_leads_outcome() {
    for expected in [
        "HOST_CANNOT_REGISTER",
        "WORK_EMAIL_REQUIRED",
        "WEBINAR_OVER",
        "ALREADY_PANELIST",
        "WEBINAR_FULL",
        "REGISTRATION_NOT_REQUIRED",
        "WEBINAR_NOT_FOUND",
        "DAILY_LIMIT",
    ] {
        let work_email_only = expected == "WORK_EMAIL_REQUIRED";
        let fixture = Fixture::with_webinar(NewWebinar { work_email_only, ..NewWebinar::default() }).await;
        let mut lead = lead(1);
        match expected {
            "HOST_CANNOT_REGISTER" => lead["objectContext"]["email"] = json!(ADMIN),
            "WORK_EMAIL_REQUIRED" => lead["objectContext"]["email"] = json!("lead1@gmail.com"),
            "WEBINAR_OVER" => fixture.memory.advance(SignedDuration::from_hours(9 * 24)),
            "ALREADY_PANELIST" => {
                fixture.zoom.add_panelist(WEBINAR, Panelist { email: email(1), name: "P".to_owned() }).unwrap();
            }
            "WEBINAR_FULL" => fixture.fill_webinar().await,
            "REGISTRATION_NOT_REQUIRED" => fixture.set_approval_type(2).await,
            "WEBINAR_NOT_FOUND" => assert!(fixture.zoom.delete_webinar(WEBINAR).await.unwrap().is_some()),
            _ => fixture.spend_add_calls(&email(1)).await,
        }
        fixture.submit("t", &[lead]).await;
        assert_eq!(fixture.outcome(1).0["errorCode"], expected);
        assert!(!fixture.zoom.log().refused().is_empty(), "Zoom refuses {expected}");
    }
}

#[tokio::test]
async fn question_unanswered_contains_the_question_and_spends_no_add_call() {
    let question = serde_json::from_value(json!({"title": "Shoe size?", "required": true})).unwrap();
    let fixture = Fixture::with_webinar(NewWebinar { custom_questions: vec![question], ..NewWebinar::default() }).await;
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
async fn r22_people_register_although_a_question_has_null_answers() {
    let fixture = Fixture::new().await;
    let body = json!({
        "questions": [{"field_name": "last_name", "required": true}, {"field_name": "org", "required": false}, null],
        "custom_questions": [{"title": "Any wishes?", "type": "short", "required": false, "answers": null}],
    });
    let odd = Effect::Status { status: 200, body, headers: Default::default() };
    fixture.zoom.faults().add(Fault::once("GET", "/v2/webinars/*/registrants/questions", odd));
    fixture.submit("t", &[lead(1)]).await;
    assert!(fixture.zoom.faults().pending().is_empty(), "the odd questions were read");
    assert_eq!(fixture.outcome(1).0["registration"], "registered");
}

#[tokio::test]
async fn manual_approval_is_pending_until_the_approval_event() {
    let fixture = Fixture::new().await;
    fixture.require_approval(true).await;
    // Who registers twice keeps the address as first given.
    fixture.register_on_zoom(&email(1).to_uppercase()).await;
    fixture.submit("t", &[lead(1)]).await;
    let (activity, join_url) = fixture.outcome(1);
    assert_eq!((&activity["registration"], &activity["success"]), (&json!("pending"), &json!(true)));
    assert_eq!(join_url, Value::Null);
    fixture.decide(&email(1), "approve").await;
    assert_eq!(fixture.member(1).text("webinarUrl"), fixture.link(&email(1)));
    assert_eq!(fixture.status(1), "Registered");
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
    let mut chunk = fixture.chunk("t", &[lead(1)]);
    chunk["callbackUrl"] = json!("http://evil.test/callback");
    let (status, problem) = fixture.send("POST", "/flow-step/submitAsyncAction", &chunk).await;
    assert_eq!((status, &problem["code"]), (400, &json!("INVALID_REQUEST")));
    assert!(fixture.memory.dump().keys().all(|key| !key.starts_with("outbox:")));
}

/// Adobe's interface requires neither: without them, the callback has none.
#[tokio::test]
async fn a_chunk_without_token_and_key_is_called_back_without_them() {
    for absent in [false, true] {
        let mut fixture = Fixture::new().await;
        let received = Arc::new(Mutex::new(Vec::new()));
        let log = received.clone();
        let receive =
            async move |headers: HeaderMap, Json(body): Json<Value>| log.lock().unwrap().push((headers, body));
        fixture.memory.serve("callbacks.test", Router::new().route("/cb", post(receive)));
        fixture.memory.set("marketo_callback_url", "https://*.adobe.io,https://callbacks.test");
        let ports = fixture.memory.ports();
        fixture.restart(ports);
        for name in ["a", "b"] {
            let mut chunk = fixture.chunk(name, &[lead(if name == "a" { 1 } else { 2 })]);
            chunk["callbackUrl"] = json!("https://callbacks.test/cb");
            (chunk["token"], chunk["apiCallBackKey"]) = (Value::Null, Value::Null);
            if absent {
                let chunk = chunk.as_object_mut().unwrap();
                chunk.remove("token");
                chunk.remove("apiCallBackKey");
            }
            assert_eq!(fixture.send("POST", "/flow-step/submitAsyncAction", &chunk).await.0, 201);
            fixture.memory.run_background().await;
        }
        let received = received.lock().unwrap();
        // The second chunk has the same address and is not taken for the first.
        let ids: Vec<_> = received.iter().map(|(_, body)| &body["objectData"][0]["leadData"]["id"]).collect();
        assert_eq!(ids, [&json!(lead_id(1)), &json!(lead_id(2))]);
        for (headers, body) in received.iter() {
            assert!(!headers.contains_key("x-api-key") && !headers.contains_key("x-callback-token"));
            assert!(body.get("token").is_none());
            assert_eq!(body["objectData"][0]["activityData"]["registration"], "registered");
        }
    }
}

/// Adobe documents no size of a chunk, so this route takes ten times as much as the others.
#[tokio::test]
async fn a_chunk_of_ten_megabytes_is_accepted_and_a_larger_one_is_refused() {
    let fixture = Fixture::new().await;
    let mut large = lead(1);
    large["objectContext"]["notes"] = json!("x".repeat(9 << 20));
    fixture.submit("a", &[large]).await;
    assert_eq!(fixture.outcome(1).0["registration"], "registered");
    let mut larger = lead(2);
    larger["objectContext"]["notes"] = json!("x".repeat(10 << 20));
    let chunk = fixture.chunk("b", &[larger]);
    let (status, body) = fixture.send("POST", "/flow-step/submitAsyncAction", &chunk).await;
    assert_eq!((status, &body["code"]), (413, &json!("INVALID_REQUEST")));
    let webhook = json!({"program_id": 1, "notes": "x".repeat(2 << 20)});
    assert_eq!(fixture.send("POST", "/registration/webhook", &webhook).await.0, 413);
}
