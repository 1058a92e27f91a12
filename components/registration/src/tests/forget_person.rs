//! `POST /registration/forget`.

use super::fixture::{Fixture, PROGRAM, WEBINAR, email, lead, lead_id};
use super::peers::CALLBACKS;
use crate::store::ledger;
use axum::routing::post;
use axum::{Json, Router};
use domain::Email;
use domain::time::SignedDuration;
use fakes::support::{Effect, Fault};
use platform::internal_api::{ForgetPersonReport, ForgetPersonRequest};
use serde_json::{Value, json};
use std::sync::{Arc, Mutex};

/// Serves attendance, which has a presence of the person. Returns what it was asked.
fn serve_attendance(fixture: &Fixture) -> Arc<Mutex<Vec<ForgetPersonRequest>>> {
    let received = Arc::<Mutex<Vec<_>>>::default();
    let requests = received.clone();
    let answer = async move |Json(request): Json<ForgetPersonRequest>| {
        let mut requests = requests.lock().unwrap();
        let is_first = !requests.iter().any(|known: &ForgetPersonRequest| known.email == request.email);
        requests.push(request);
        Json(ForgetPersonReport {
            presences: u64::from(is_first),
            programs: [1002.into()].into(),
            is_complete: true,
            ..ForgetPersonReport::default()
        })
    };
    fixture.memory.serve("attendance.spin.internal", Router::new().route("/internal/forget-person", post(answer)));
    received
}

async fn forget(fixture: &Fixture, email: &str) -> Value {
    let (status, body) = fixture.send("POST", "/registration/forget", &json!({ "email": email })).await;
    assert_eq!(status, 200, "{body}");
    body
}

fn ledger_key(fixture: &Fixture, number: u64) -> String {
    fixture.memory.stored_key(&ledger::key(WEBINAR.into(), &Email::parse(&email(number)).unwrap()))
}

#[tokio::test]
async fn the_records_of_a_person_are_deleted_and_said() {
    let fixture = Fixture::new().await;
    let asked = serve_attendance(&fixture);
    fixture.submit("t", &[lead(1), lead(2)]).await;
    fixture.refuse_adds(1, 400, 3034, "Please use your work email");
    fixture.submit("u", &[lead(3)]).await;
    let registrant = fixture.registrant(&email(1)).id;
    // The address is recognised in any case.
    let body = forget(&fixture, &email(1).to_uppercase()).await;
    let deleted = json!({"registrations": 1, "failures": 0, "waiting": 0, "presences": 1, "pages": 0, "joins": 0});
    let expected = json!({
        "deleted": deleted, "programs": ["1001", "1002"], "webinars": ["9001"], "complete": true,
        "marketo_problem": null,
    });
    assert_eq!(body, expected);
    {
        let asked = asked.lock().unwrap();
        assert_eq!((&asked[0].leads, &asked[0].registrants), (&vec![lead_id(1).into()], &vec![registrant.into()]));
    }
    let dump = fixture.memory.dump();
    assert!(!dump.contains_key(&ledger_key(&fixture, 1)));
    assert!(dump.contains_key(&ledger_key(&fixture, 2)) && dump.contains_key(&ledger_key(&fixture, 3)));
    let counts: Value = serde_json::from_slice(&dump[&format!("registration-counts:{WEBINAR}:{PROGRAM}")]).unwrap();
    assert_eq!(counts["registered"], 1);

    let body = forget(&fixture, &email(3)).await;
    assert_eq!((&body["deleted"]["registrations"], &body["deleted"]["failures"]), (&json!(1), &json!(1)));
    let dump = fixture.memory.dump();
    assert!(!dump.keys().any(|key| key.starts_with("failure")), "{:?}", dump.keys());
    // Nothing is left of either.
    let body = forget(&fixture, &email(3)).await;
    assert_eq!((&body["deleted"]["registrations"], &body["webinars"]), (&json!(0), &json!([])));
}

#[tokio::test]
async fn a_lead_of_a_chunk_under_way_is_called_back_as_failed_and_its_neighbour_is_registered() {
    let fixture = Fixture::new().await;
    serve_attendance(&fixture);
    let with_notes = |number| {
        let mut lead = lead(number);
        for note in 0..10 {
            lead["objectContext"][format!("note{note}")] = json!("x".repeat(4_000));
        }
        lead
    };
    // The chunk has parts.
    fixture.accept("t", &[with_notes(1), with_notes(2), with_notes(3)]).await;
    // While a worker has the chunk, it may be adding the person.
    for (number, is_complete) in [(1, false), (3, true)] {
        let body = forget(&fixture, &email(number)).await;
        assert_eq!((&body["deleted"]["waiting"], &body["complete"]), (&json!(1), &json!(is_complete)));
        for value in fixture.memory.dump().values() {
            let value = String::from_utf8_lossy(value);
            assert!(!value.contains(&email(number)) && !value.contains(&format!("\"L{number}\"")), "{value}");
        }
    }
    // The worker that accepted the chunk has lost it.
    fixture.memory.run_background().await;
    assert_eq!(fixture.add_calls().len(), 0);
    fixture.tick().await;
    for number in [1, 3] {
        let (activity, _) = fixture.outcome(number);
        assert_eq!((&activity["success"], &activity["errorCode"]), (&json!(false), &json!("NOT_FOUND")));
    }
    assert_eq!(fixture.outcome(2).0["registration"], "registered");
    assert_eq!(fixture.marketo.log().count("POST", CALLBACKS), 1);
    assert_eq!(fixture.add_calls().len(), 1);
    let left: Vec<_> = fixture.memory.dump().into_keys().collect();
    assert!(!left.iter().any(|key| key.starts_with("outbox:") || key.starts_with("failure")), "{left:?}");
}

#[tokio::test]
async fn what_another_worker_writes_all_the_time_is_not_complete() {
    let fixture = Fixture::new().await;
    let report = || Json(ForgetPersonReport { pages: 1, is_complete: true, ..ForgetPersonReport::default() });
    let router = Router::new().route("/internal/forget-person", post(async move || report()));
    fixture.memory.serve("attendance.spin.internal", router);
    let body = forget(&fixture, &email(1)).await;
    assert_eq!((&body["deleted"]["pages"], &body["complete"]), (&json!(3), &json!(false)));
}

#[tokio::test]
async fn a_part_of_a_chunk_that_is_not_visible_may_have_the_person() {
    let fixture = Fixture::new().await;
    serve_attendance(&fixture);
    fixture.accept("t", &[lead(2)]).await;
    let dump = fixture.memory.dump();
    let (key, head) = dump.iter().find(|(key, _)| key.starts_with("outbox:")).unwrap();
    let mut head: Value = serde_json::from_slice(head).unwrap();
    head["more_parts"] = json!(1);
    fixture.memory.ports().key_value.set(key, head.to_string().into_bytes()).await.unwrap();
    assert_eq!(forget(&fixture, &email(1)).await["complete"], false);
}

#[tokio::test]
async fn a_marketo_that_does_not_answer_leaves_time_for_the_rest() {
    let fixture = Fixture::new().await;
    serve_attendance(&fixture);
    fixture.submit("t", &[lead(1)]).await;
    let hang = || Effect::Hang { hang_ms: 60_000 };
    fixture.marketo.faults().add(Fault::always("GET", "/rest/v1/leads.json", hang()));
    fixture.marketo.faults().add(Fault::always("POST", "/rest/v1/leads.json", hang()));
    let began = fixture.memory.ports().clock.now();
    let body = forget(&fixture, &email(1)).await;
    assert_eq!((&body["deleted"]["registrations"], &body["complete"]), (&json!(1), &json!(false)));
    assert!(fixture.memory.ports().clock.now().duration_since(began) <= SignedDuration::from_secs(5));
}

#[tokio::test]
async fn what_cannot_be_found_without_marketo_is_said() {
    let fixture = Fixture::new().await;
    serve_attendance(&fixture);
    fixture.submit("t", &[lead(1)]).await;
    fixture.marketo.faults().add(Fault::always("GET", "/rest/v1/leads.json", Effect::status(503)));
    fixture.marketo.faults().add(Fault::always("POST", "/rest/v1/leads.json", Effect::status(503)));
    let body = forget(&fixture, &email(1)).await;
    assert_eq!((&body["deleted"]["registrations"], &body["complete"]), (&json!(1), &json!(false)));
    assert_eq!(body["marketo_problem"]["code"], "MARKETO_UNAVAILABLE");
}

#[tokio::test]
async fn an_invalid_address_is_refused() {
    let fixture = Fixture::new().await;
    for body in [json!({"email": "nobody"}), json!({}), json!({"email": 7})] {
        let (status, problem) = fixture.send("POST", "/registration/forget", &body).await;
        assert_eq!((status, &problem["code"]), (400, &json!("INVALID_REQUEST")), "{body}");
    }
}
