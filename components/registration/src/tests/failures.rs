//! The list of failures, and retries by the admin and by the tick.

use super::fixture::{Fixture, PROGRAM, WEBINAR, email, lead, lead_id};
use super::peers::{CALLBACKS, REGISTRANTS};
use crate::store::ledger;
use domain::Email;
use domain::records::{ConnectedPrograms, ProgramsKey};
use domain::time::{Offset, SignedDuration, Timestamp, next_midnight};
use fakes::support::{Effect, Fault};
use serde_json::{Value, json};

/// Returns the listed failures.
async fn failures(fixture: &Fixture) -> Vec<Value> {
    let (status, body) = fixture.send("GET", "/registration/failures", &Value::Null).await;
    assert_eq!(status, 200, "{body}");
    body["failures"].as_array().unwrap().clone()
}

fn webhook(id: u64) -> Value {
    json!({
        "program_id": PROGRAM, "lead_id": lead_id(id), "email": email(id), "first_name": "F", "last_name": "L",
        "status": "Registered",
    })
}

fn now(fixture: &Fixture) -> Timestamp {
    fixture.memory.ports().clock.now()
}

#[tokio::test]
async fn failures_are_listed_with_their_cause_and_can_be_retried() {
    let fixture = Fixture::new().await;
    fixture.fill_webinar().await;
    fixture.submit("t", &[lead(1)]).await;
    let (status, body) = fixture.send("GET", "/registration/failures", &Value::Null).await;
    assert_eq!(status, 200);
    let failures = body["failures"].as_array().unwrap();
    assert_eq!(failures.len(), 1, "{body}");
    assert_eq!(failures[0]["code"], "WEBINAR_FULL");
    assert_eq!((&failures[0]["program_id"], &failures[0]["lead_id"]), (&json!("1001"), &json!(lead_id(1).to_string())));
    assert!(!body.to_string().contains(&email(1)));

    // The host lets more people in.
    fixture.limit_registrants(2).await;
    let retry = json!({"program_id": PROGRAM, "lead_ids": [lead_id(1).to_string()]});
    let (status, body) = fixture.send("POST", "/registration/failures/retry", &retry).await;
    assert_eq!((status, &body["leads"][0]["outcome"]), (200, &json!("registered")), "{body}");
    let (_, body) = fixture.send("GET", "/registration/failures", &Value::Null).await;
    assert_eq!(body["failures"], json!([]));
}

#[tokio::test]
async fn r2_a_failure_waits_for_its_service_without_using_up_tries() {
    let fixture = Fixture::new().await;
    fixture.set_members([1], "Registered");
    fixture.service("needs-sign-in").await;
    let (status, problem) = fixture.send("POST", "/registration/webhook", &webhook(1)).await;
    assert_eq!((status, &problem["code"]), (503, &json!("SERVICE_NEEDS_SIGN_IN")));
    for _ in 0..72 {
        fixture.memory.advance(SignedDuration::from_hours(1));
        assert_eq!(fixture.tick().await, 0);
        assert_eq!(failures(&fixture).await[0]["tries"], 1);
    }
    fixture.service("active").await;
    assert_eq!(fixture.tick().await, 1);
    assert_eq!(failures(&fixture).await, [] as [Value; 0]);
    assert_eq!((fixture.adds(&email(1)), fixture.status(1)), (1, "Registered".to_owned()));
}

#[tokio::test]
async fn attempts_that_fail_at_zoom_count_and_follow_the_schedule() {
    let fixture = Fixture::new().await;
    fixture.set_members([1], "Registered");
    fixture.zoom.faults().add(Fault::always("POST", REGISTRANTS, Effect::status(500)));
    assert_eq!(fixture.send("POST", "/registration/webhook", &webhook(1)).await.0, 503);
    let began = now(&fixture);
    let next = |failure: &Value| failure["next_try"].as_str().unwrap().parse::<Timestamp>().unwrap();
    let first = failures(&fixture).await.remove(0);
    assert_eq!(first["tries"], 1);
    assert!(next(&first).duration_since(began) <= SignedDuration::from_secs(6), "{first}");
    fixture.memory.advance(SignedDuration::from_secs(10));
    assert_eq!(fixture.tick().await, 1);
    // The second attempt used the last add call of the day.
    let second = failures(&fixture).await.remove(0);
    assert_eq!((&second["tries"], &second["code"]), (&json!(2), &json!("DAILY_LIMIT")), "{second}");
    assert_eq!(next(&second), next_midnight(now(&fixture), Offset::UTC));
}

#[tokio::test]
async fn the_tick_registers_leads_whose_chunk_was_given_up() {
    let fixture = Fixture::new().await;
    fixture.set_members([1, 2], "Registered");
    fixture.service("needs-sign-in").await;
    fixture.submit("t", &[lead(1), lead(2)]).await;
    assert!(failures(&fixture).await.is_empty(), "a deferred chunk has not failed");
    fixture.memory.advance(SignedDuration::from_mins(31));
    fixture.tick().await;
    assert_eq!(fixture.outcome(1).0["errorCode"], "SERVICE_NEEDS_SIGN_IN");
    assert_eq!(fixture.status(1), "Registration Error");
    fixture.service("active").await;
    fixture.memory.advance(SignedDuration::from_secs(10));
    assert_eq!(fixture.tick().await, 1);
    for id in [1, 2] {
        assert_eq!(fixture.status(id), "Registered");
        assert_eq!(fixture.member(id).text("webinarUrl"), fixture.link(&email(id)));
        assert!(fixture.link(&email(id)).contains("tk="));
    }
    assert_eq!(fixture.marketo.log().count("POST", CALLBACKS), 1, "no second callback");
    assert_eq!(fixture.called_back().len(), 1);
    assert!(failures(&fixture).await.is_empty());
    assert_eq!((fixture.adds(&email(1)), fixture.adds(&email(2))), (1, 1));
}

#[tokio::test]
async fn r7_a_failed_lead_that_was_given_another_status_since_is_not_registered_by_a_retry() {
    for status in ["Cancelled", "Needs a call"] {
        let fixture = Fixture::new().await;
        let others = ["Registered", "Registration Error", "Cancelled", "Needs a call"];
        fixture.set_channel(PROGRAM, &others.map(|name| (name, 40))).await;
        fixture.set_members([1, 2], "Registered");
        fixture.service("needs-sign-in").await;
        fixture.submit("t", &[lead(1), lead(2)]).await;
        fixture.memory.advance(SignedDuration::from_mins(31));
        fixture.tick().await;
        assert_eq!(failures(&fixture).await.len(), 2);
        fixture.service("active").await;
        fixture.set_members([1], status);
        fixture.memory.advance(SignedDuration::from_secs(10));
        fixture.tick().await;
        assert_eq!((fixture.status(1), fixture.status(2)), (status.to_owned(), "Registered".to_owned()));
        assert_eq!(fixture.registrants().len(), 1);
        assert!(fixture.link(&email(2)).contains("tk="));
        // A status without a meaning may be a renamed one, so somebody has to see it.
        let left: Vec<_> =
            failures(&fixture).await.into_iter().map(|one| (one["code"].clone(), one["next_try"].clone())).collect();
        let expected = [(json!("STATUS_NOT_REGISTERED"), Value::Null)];
        assert_eq!(left, expected[usize::from(status == "Cancelled")..], "{status}");
    }
}

#[tokio::test]
async fn an_unreadable_ledger_entry_costs_only_its_own_lead() {
    let fixture = Fixture::new().await;
    fixture.set_members([1, 2, 3], "Registered");
    let key = fixture.memory.stored_key(&ledger::key(WEBINAR.into(), &Email::parse(&email(2)).unwrap()));
    fixture.memory.ports().key_value.set(&key, b"{\"v\":99}".to_vec()).await.unwrap();
    fixture.submit("t", &[lead(1), lead(2), lead(3)]).await;
    assert_eq!(fixture.registrants().len(), 2);
    // Nor does the callback wait for it.
    assert!(fixture.member(1).text("webinarUrl").contains("tk="));
    assert_eq!(fixture.outcome(1).0["registration"], "registered");
    assert_eq!(fixture.outcome(2).0["errorCode"], "INTERNAL");
    assert_eq!(fixture.memory.dump()[&key], b"{\"v\":99}", "a newer version is kept");
    // The same when both are retried.
    assert_eq!(fixture.send("POST", "/registration/webhook", &webhook(2)).await.0, 503);
    assert_eq!(fixture.send("POST", "/registration/webhook", &webhook(3)).await.0, 200);
}

#[tokio::test]
async fn an_unreadable_ledger_entry_of_a_lead_that_is_not_registered_costs_only_that_lead() {
    let fixture = Fixture::new().await;
    fixture.set_channel(PROGRAM, &["Registered", "Registration Error", "Cancelled"].map(|name| (name, 40))).await;
    fixture.set_members([1, 2, 3], "Registered");
    fixture.set_members([2], "Cancelled");
    for number in [2, 3] {
        let key = fixture.memory.stored_key(&ledger::key(WEBINAR.into(), &Email::parse(&email(number)).unwrap()));
        fixture.memory.ports().key_value.set(&key, b"{\"v\":99}".to_vec()).await.unwrap();
    }
    let mut leads = [lead(1), lead(2), lead(3)];
    leads[1]["programMemberContext"]["status"] = json!("Cancelled");
    leads[2]["objectContext"]["lastName"] = Value::Null;
    fixture.submit("t", &leads).await;
    assert!(fixture.member(1).text("webinarUrl").contains("tk="));
    fixture.memory.advance(SignedDuration::from_mins(31));
    fixture.tick().await;
    let outcomes = [1, 2, 3].map(|number| fixture.outcome(number).0["errorCode"].clone());
    assert_eq!(outcomes, ["", "INTERNAL", "MISSING_FIELD"].map(Value::from));
}

#[tokio::test]
async fn r12_daily_limit_is_parked_until_midnight_utc_and_then_retried() {
    let fixture = Fixture::new().await;
    fixture.set_members([1], "Registered");
    fixture.spend_add_calls(&email(1)).await;
    fixture.submit("t", &[lead(1)]).await;
    assert_eq!(fixture.outcome(1).0["errorCode"], "DAILY_LIMIT");
    let midnight = next_midnight(now(&fixture), Offset::UTC);
    assert_eq!(failures(&fixture).await[0]["next_try"], midnight.to_string());
    fixture.memory.advance(midnight.duration_since(now(&fixture)) - SignedDuration::from_secs(1));
    assert_eq!(fixture.tick().await, 0);
    fixture.memory.advance(SignedDuration::from_secs(1));
    assert_eq!(fixture.tick().await, 1);
    assert_eq!(fixture.member(1).text("webinarUrl"), fixture.link(&email(1)));
    assert!(failures(&fixture).await.is_empty());
}

/// Registers lead 1 at four webinars on one day. Returns the outcome of the fourth.
async fn register_at_four_webinars(fixture: &Fixture) -> Value {
    for webinar in (1..=3).map(|n| WEBINAR + n) {
        fixture.connect_to(webinar).await;
        fixture.submit(&format!("to {webinar}"), &[lead(1)]).await;
        assert_eq!(fixture.outcome(1).0["registration"], "registered", "{webinar}");
    }
    fixture.connect_to(WEBINAR).await;
    fixture.submit("the fourth", &[lead(1), lead(2)]).await;
    assert_eq!(fixture.outcome(2).0["registration"], "registered");
    fixture.outcome(1).0
}

#[tokio::test]
async fn r12_add_calls_are_counted_per_webinar() {
    let fixture = Fixture::new().await;
    assert_eq!(register_at_four_webinars(&fixture).await["registration"], "registered");
    assert_eq!(fixture.adds(&email(1)), 4);
}

#[tokio::test]
async fn r12_a_daily_limit_that_zoom_counts_otherwise_is_believed() {
    let fixture = Fixture::new().await;
    fixture.zoom.count_additions_across_webinars();
    assert_eq!(register_at_four_webinars(&fixture).await["errorCode"], "DAILY_LIMIT");
    let calls = fixture.adds(&email(1));
    fixture.submit("again", &[lead(1)]).await;
    assert_eq!(fixture.outcome(1).0["errorCode"], "DAILY_LIMIT");
    assert_eq!(fixture.adds(&email(1)), calls, "the address is parked");
    fixture.set_members([1], "Registered");
    fixture.memory.advance(next_midnight(now(&fixture), Offset::UTC).duration_since(now(&fixture)));
    assert_eq!(fixture.tick().await, 1);
    assert!(failures(&fixture).await.is_empty(), "on the next day");
}

#[tokio::test]
async fn leads_without_a_ledger_entry_are_listed() {
    let fixture = Fixture::new().await;
    fixture.set_members([1], "Registered");
    let mut nameless = lead(1);
    nameless["objectContext"]["lastName"] = Value::Null;
    fixture.submit("t", &[nameless]).await;
    let listed = failures(&fixture).await;
    assert_eq!((&listed[0]["code"], &listed[0]["lead_id"]), (&json!("MISSING_FIELD"), &json!(lead_id(1).to_string())));
    assert_eq!(listed[0]["next_try"], Value::Null);
    // Corrected in Marketo, and registered by another campaign.
    fixture.submit("u", &[lead(1)]).await;
    assert!(failures(&fixture).await.is_empty());
}

#[tokio::test]
async fn a_lead_that_marketo_no_longer_has_is_told_and_deleted_by_the_next_retry() {
    let fixture = Fixture::new().await;
    fixture.service("needs-sign-in").await;
    fixture.send("POST", "/registration/webhook", &webhook(1)).await;
    fixture.delete_lead(1);
    fixture.service("active").await;
    fixture.memory.advance(SignedDuration::from_mins(2));
    assert_eq!(fixture.tick().await, 1);
    let listed = failures(&fixture).await;
    assert_eq!((&listed[0]["code"], &listed[0]["next_try"]), (&json!("NOT_FOUND"), &Value::Null));
    assert!(listed[0]["detail"].as_str().unwrap().contains("merged"), "{listed:?}");
    let retry = json!({"program_id": PROGRAM});
    let (_, answered) = fixture.send("POST", "/registration/failures/retry", &retry).await;
    assert_eq!(answered["leads"][0]["code"], "NOT_FOUND");
    assert!(failures(&fixture).await.is_empty());
    assert_eq!(fixture.adds(&email(1)), 0);
}

#[tokio::test]
async fn r22_the_failure_of_a_lead_that_cannot_be_read_is_kept() {
    let fixture = Fixture::new().await;
    fixture.refuse_adds(1, 400, 3043, "full");
    fixture.submit("t", &[lead(1)]).await;
    assert_eq!(failures(&fixture).await.len(), 1);
    let body = json!({"requestId": "1", "success": true, "result": [{"id": null, "email": email(1)}]});
    let unreadable = Effect::Status { status: 200, body, headers: Default::default() };
    fixture.marketo.faults().add(Fault::once("POST", "/rest/v1/leads.json", unreadable));
    let retry = json!({"program_id": PROGRAM, "lead_ids": [lead_id(1).to_string()]});
    fixture.send("POST", "/registration/failures/retry", &retry).await;
    assert!(fixture.marketo.faults().pending().is_empty(), "the odd answer was read");
    assert_eq!(failures(&fixture).await[0]["code"], "MARKETO_UNAVAILABLE");
}

#[tokio::test]
async fn two_consecutive_ticks_retry_a_failure_once() {
    let fixture = Fixture::new().await;
    fixture.set_members([1], "Registered");
    fixture.service("needs-sign-in").await;
    fixture.send("POST", "/registration/webhook", &webhook(1)).await;
    fixture.service("active").await;
    fixture.memory.advance(SignedDuration::from_mins(2));
    fixture.tick().await;
    assert_eq!(fixture.tick().await, 0);
    assert_eq!(fixture.adds(&email(1)), 1);
}

#[tokio::test]
async fn the_ledger_and_the_failures_are_swept_30_days_after_the_webinar() {
    let fixture = Fixture::new().await;
    let programs = ConnectedPrograms { ids: vec![PROGRAM.into()], ..ConnectedPrograms::default() };
    fixture.memory.ports().store().put(&ProgramsKey {}, &programs).await.unwrap();
    let mut nameless = lead(2);
    nameless["objectContext"]["lastName"] = Value::Null;
    fixture.submit("t", &[lead(1), nameless]).await;
    let count_records = || {
        fixture
            .memory
            .dump()
            .into_keys()
            .filter(|key| key.starts_with("registration:") || key.starts_with("failure:"))
            .count()
    };
    assert_eq!(count_records(), 2);
    // The webinar ends on November 10 at 11:00.
    for (at, left) in [("2026-12-10T10:00:30Z", 2), ("2026-12-10T11:00:20Z", 2), ("2026-12-10T11:00:40Z", 0)] {
        fixture.memory.advance(at.parse::<Timestamp>().unwrap().duration_since(now(&fixture)));
        fixture.tick().await;
        assert_eq!(count_records(), left, "{at}");
    }
}
