//! The webhook: one lead within the request.

use super::fixture::{Fixture, PROGRAM, email, lead, lead_id};
use super::peers::{MEMBERS, REGISTRANTS, marketo_error};
use async_trait::async_trait;
use domain::records::ProgramKey;
use domain::time::{SignedDuration, Timestamp};
use fakes::support::{DropWhen, Effect, Fault};
use fakes::zoom::{CustomQuestion, NewWebinar};
use platform::Ports;
use platform::ports::Clock;
use serde_json::{Value, json};
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Waker};

fn body(id: u64) -> Value {
    json!({
        "program_id": PROGRAM.to_string(), "lead_id": lead_id(id), "email": email(id), "first_name": "F", "last_name": "L",
        "company": "C", "status": "Registered",
    })
}

#[tokio::test]
async fn answers_with_the_outcome() {
    let fixture = Fixture::new().await;
    fixture.set_members([1], "Registered");
    for _ in 0..2 {
        let (status, answer) = fixture.send("POST", "/registration/webhook", &body(1)).await;
        assert_eq!((status, &answer["outcome"]), (200, &json!("registered")), "{answer}");
        assert_eq!(answer["join_url"], fixture.link(&email(1)));
        assert!(answer["join_url"].as_str().unwrap().contains("tk="));
        assert_eq!((&answer["code"], &answer["detail"]), (&Value::Null, &Value::Null));
    }
    assert_eq!(fixture.adds(&email(1)), 1);
    assert_eq!(fixture.member(1).text("webinarUrl"), fixture.link(&email(1)));
}

#[tokio::test]
async fn further_fields_reach_the_mapping_and_do_not_replace_those_of_the_request() {
    let question = CustomQuestion { title: "Diet".into(), kind: "short".into(), required: true, answers: Vec::new() };
    let webinar = NewWebinar { custom_questions: vec![question], ..NewWebinar::default() };
    let fixture = Fixture::with_webinar(webinar).await;
    let mut with_fields = body(1);
    with_fields["fields"] = json!({"Diet": "Vegan", "email": "other@x.test", "score": 7, "list": [1], "nothing": null});
    assert_eq!(fixture.send("POST", "/registration/webhook", &with_fields).await.1["outcome"], "registered");
    let sent = &fixture.add_calls()[0].body;
    assert_eq!(sent["email"], email(1).as_str());
    assert_eq!(sent["custom_questions"], json!([{"title": "Diet", "value": "Vegan"}]));
    // What is no object counts as absent (R22).
    for odd in [json!("x"), json!([1]), json!(null)] {
        let mut with_fields = body(2);
        with_fields["fields"] = odd;
        let answer = fixture.send("POST", "/registration/webhook", &with_fields).await;
        assert_eq!((answer.0, &answer.1["code"]), (200, &json!("QUESTION_UNANSWERED")));
    }
}

#[tokio::test]
async fn answers_skipped_and_failed_leads_with_200() {
    let fixture = Fixture::new().await;
    let mut invited = body(1);
    invited["status"] = json!("Invited");
    let mut nameless = body(2);
    nameless["last_name"] = Value::Null;
    let mut elsewhere = body(3);
    elsewhere["program_id"] = json!(7);
    for (body, outcome, code) in [
        (invited, "skipped", "STATUS_NOT_REGISTERED"),
        (nameless, "failed", "MISSING_FIELD"),
        (elsewhere, "failed", "PROGRAM_NOT_CONNECTED"),
    ] {
        let (status, answer) = fixture.send("POST", "/registration/webhook", &body).await;
        assert_eq!((status, &answer["outcome"], &answer["code"]), (200, &json!(outcome), &json!(code)));
        assert!(answer["detail"].as_str().unwrap().len() > 20);
    }
}

#[tokio::test]
async fn zoom_unavailable_is_answered_with_503() {
    let fixture = Fixture::new().await;
    fixture.zoom.faults().add(Fault::once("POST", REGISTRANTS, Effect::status(500)).times(9));
    let (status, problem) = fixture.send("POST", "/registration/webhook", &body(1)).await;
    assert_eq!((status, &problem["code"]), (503, &json!("ZOOM_UNAVAILABLE")), "{problem}");
}

/// A clock whose sleeps never end.
struct StuckClock(Arc<dyn Clock>);

#[async_trait]
impl Clock for StuckClock {
    fn now(&self) -> Timestamp {
        self.0.now()
    }

    async fn sleep(&self, _: SignedDuration) {
        std::future::pending().await
    }
}

/// Number of polls after which the webhook waits for Zoom's answer.
const ENOUGH_POLLS: usize = 1000;

/// Crashes the worker during the add call of lead 1, before or after Zoom executes it.
async fn crash_during_the_add_call(fixture: &mut Fixture, silence: DropWhen) {
    let adds = fixture.adds(&email(1));
    fixture.zoom.faults().add(Fault::once("POST", REGISTRANTS, Effect::Silence { silence }));
    let ports = fixture.memory.ports();
    fixture.restart(Ports { clock: Arc::new(StuckClock(ports.clock.clone())), ..ports });
    {
        let body = body(1);
        let mut call = pin!(fixture.send("POST", "/registration/webhook", &body));
        let mut context = Context::from_waker(Waker::noop());
        let is_pending = (0..ENOUGH_POLLS).all(|_| call.as_mut().poll(&mut context).is_pending());
        assert!(is_pending, "Zoom does not answer");
    }
    assert_eq!(fixture.adds(&email(1)), adds + 1);
    let ports = fixture.memory.ports();
    fixture.restart(ports);
}

#[tokio::test]
async fn the_tick_finishes_a_lead_after_a_crash() {
    let mut fixture = Fixture::new().await;
    fixture.set_members([1], "Registered");
    crash_during_the_add_call(&mut fixture, DropWhen::After).await;
    let failures = async || fixture.send("GET", "/registration/failures", &Value::Null).await.1["failures"].clone();
    assert_eq!(failures().await, json!([]), "its request may still run");
    assert_eq!(fixture.tick().await, 0);

    fixture.memory.advance(SignedDuration::from_mins(2));
    assert_eq!(failures().await[0]["code"], "INTERNAL");
    assert_eq!(fixture.tick().await, 1);
    assert_eq!(fixture.adds(&email(1)), 1, "the address is looked up instead of added again");
    assert_eq!(fixture.member(1).text("webinarUrl"), fixture.link(&email(1)));
    assert_eq!(failures().await, json!([]));
    assert!(fixture.memory.dump().keys().all(|key| !key.starts_with("failure:")));
}

#[tokio::test]
async fn r12_a_repeated_call_after_a_crash_looks_the_address_up_and_counts_the_lost_add_call() {
    let mut fixture = Fixture::new().await;
    for _ in 0..3 {
        crash_during_the_add_call(&mut fixture, DropWhen::Before).await;
        assert_eq!(fixture.registrants(), []);
        // Meanwhile the lead is left to the worker that claimed it, which may still run.
        let (status, problem) = fixture.send("POST", "/registration/webhook", &body(1)).await;
        assert_eq!((status, &problem["code"]), (503, &json!("BUSY")), "{problem}");
        fixture.memory.advance(SignedDuration::from_mins(1));
    }
    assert_eq!(fixture.adds(&email(1)), 3);
    let (status, answer) = fixture.send("POST", "/registration/webhook", &body(1)).await;
    assert_eq!((status, &answer["code"]), (200, &json!("DAILY_LIMIT")), "{answer}");
}

#[tokio::test]
async fn r7_the_tick_reads_a_missing_status_instead_of_assuming_registered() {
    let fixture = Fixture::new().await;
    let mut blank = body(1);
    blank["status"] = json!("");
    for (status, adds) in [("Invited", 0), ("Registered", 1)] {
        fixture.set_members([1], status);
        fixture.marketo.faults().add(Fault::always("GET", MEMBERS, marketo_error("713")));
        let (answered, problem) = fixture.send("POST", "/registration/webhook", &blank).await;
        assert_eq!((answered, &problem["code"]), (503, &json!("MARKETO_UNAVAILABLE")), "{problem}");
        fixture.marketo.faults().clear();
        fixture.memory.advance(SignedDuration::from_mins(2));
        assert_eq!(fixture.tick().await, 1);
        assert_eq!(fixture.adds(&email(1)), adds, "{status}");
        assert!(fixture.memory.dump().keys().all(|key| !key.starts_with("failure:")));
    }
}

#[tokio::test]
async fn program_not_connected_is_listed_and_retried_once_it_is_connected() {
    let fixture = Fixture::new().await;
    let program = ProgramKey { id: PROGRAM.into() };
    fixture.memory.ports().store().delete(&program).await.unwrap();
    fixture.set_members([1, 3, 4], "Registered");
    fixture.set_members([2], "Invited");
    // Leads 1 and 2 come by the webhook without their status, 3 and 4 in a chunk.
    for id in [1, 2] {
        let mut blank = body(id);
        blank["status"] = json!("");
        let (status, answer) = fixture.send("POST", "/registration/webhook", &blank).await;
        assert_eq!((status, &answer["code"]), (200, &json!("PROGRAM_NOT_CONNECTED")), "{answer}");
    }
    fixture.submit("t", &[lead(3), lead(4)]).await;
    assert_eq!(fixture.outcome(3).0["errorCode"], "PROGRAM_NOT_CONNECTED");
    let failures = async || fixture.send("GET", "/registration/failures", &Value::Null).await.1["failures"].clone();
    let listed = failures().await;
    let mut ids: Vec<_> = listed.as_array().unwrap().iter().map(|row| row["lead_id"].clone()).collect();
    ids.sort_by_key(ToString::to_string);
    assert_eq!(
        ids,
        [1, 3, 4].map(|number| lead_id(number).to_string()),
        "R7: only Registered leads are recorded: {listed}"
    );
    assert!(listed.as_array().unwrap().iter().all(|row| row["code"] == "PROGRAM_NOT_CONNECTED"), "{listed}");
    let retry = json!({"program_id": PROGRAM});
    let (status, problem) = fixture.send("POST", "/registration/failures/retry", &retry).await;
    assert_eq!((status, &problem["code"]), (422, &json!("PROGRAM_NOT_CONNECTED")));
    assert_eq!(fixture.tick().await, 0);

    fixture.connect("automatic").await;
    let (status, retried) = fixture.send("POST", "/registration/failures/retry", &retry).await;
    assert_eq!((status, retried["leads"].as_array().unwrap().len()), (200, 3), "{retried}");
    assert_eq!(failures().await, json!([]));
    assert_eq!(fixture.registrants().len(), 3);
}

#[tokio::test]
async fn r17_deletes_all_records_of_a_program_that_was_disconnected_during_its_registrations() {
    let mut fixture = Fixture::new().await;
    let program = ProgramKey { id: PROGRAM.into() };
    // A chunk that is accepted before, and a webhook request that crashes.
    fixture.service("needs-sign-in").await;
    fixture.submit("t", &[lead(2)]).await;
    fixture.service("active").await;
    crash_during_the_add_call(&mut fixture, DropWhen::After).await;
    fixture.memory.ports().store().delete(&program).await.unwrap();
    fixture.memory.advance(SignedDuration::from_mins(2));
    fixture.tick().await;
    assert_eq!(fixture.outcome(2).0["errorCode"], "PROGRAM_NOT_CONNECTED");
    let left: Vec<_> = fixture.memory.dump().into_keys().filter(|key| key.starts_with("failure:")).collect();
    assert_eq!(left, [] as [String; 0]);
}
