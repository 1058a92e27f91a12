//! Registration by itself: who becomes Registered in Marketo is registered in Zoom, without flow step or webhook (R23).

use super::fixture::{Fixture, PROGRAM, WEBINAR, email, lead, lead_id};
use super::following::OTHER_PROGRAM;
use axum::routing::post;
use axum::{Json, Router};
use domain::records::ProgramKey;
use domain::time::SignedDuration;
use fakes::support::{Effect, Fault};
use fakes::zoom::RegistrantStatus;
use serde_json::{Value, json};

const ACTIVITIES: &str = "/rest/v1/activities.json";
const PAGING_TOKENS: &str = "/rest/v1/activities/pagingtoken.json";

/// Returns a lead's id with the type of the fake Marketo's ids.
fn marketo_id(number: u64) -> i64 {
    lead_id(number).try_into().unwrap()
}

/// Returns a fixture whose tick has polled once.
async fn polled() -> Fixture {
    polled_with_leads(20).await
}

async fn polled_with_leads(leads: u64) -> Fixture {
    let fixture = Fixture::with_leads(leads).await;
    fixture.index(&[PROGRAM]).await;
    fixture.tick().await;
    fixture
}

/// Runs a number of ticks, each a minute after the one before.
async fn minutes(fixture: &Fixture, count: usize) {
    for _ in 0..count {
        fixture.memory.advance(SignedDuration::from_mins(1));
        fixture.tick().await;
        fixture.memory.run_background().await;
    }
}

fn assert_registered(fixture: &Fixture, numbers: impl IntoIterator<Item = u64>) {
    for number in numbers {
        let registrant = fixture.registrant(&email(number));
        assert_eq!(fixture.membership(number), (registrant.join_url, registrant.id, "Registered".to_owned()));
        assert_eq!(fixture.executed_adds(&email(number)), 1, "lead {number}");
    }
}

#[tokio::test]
async fn r23_the_status_registered_registers_within_two_minutes() {
    let fixture = polled().await;
    fixture.set_members([1, 2], "Registered");
    fixture.set_members([3], "Pending Approval");
    minutes(&fixture, 2).await;
    assert_registered(&fixture, [1, 2]);
    assert_eq!(fixture.registrants().len(), 2);
    let (_, failures) = fixture.send("GET", "/registration/failures", &Value::Null).await;
    assert_eq!(failures["failures"], json!([]));
    // Nothing is repeated, and a quiet minute costs one call.
    fixture.marketo.log().clear();
    minutes(&fixture, 3).await;
    assert_registered(&fixture, [1, 2]);
    assert_eq!((fixture.marketo.log().count("GET", ACTIVITIES), fixture.marketo.log().entries().len()), (3, 3));
}

#[tokio::test]
async fn r23_a_failure_is_told_as_the_flow_step_tells_it() {
    let fixture = polled().await;
    fixture.add_lead(&json!({"email": "ada@example.com", "firstName": "Ada"}));
    fixture.set_members([21], "Registered");
    minutes(&fixture, 2).await;
    let (_, failures) = fixture.send("GET", "/registration/failures", &Value::Null).await;
    assert_eq!(failures["failures"][0]["code"], "MISSING_FIELD", "{failures}");
    assert_eq!(fixture.status(21), "Registration Error");
}

/// Returns a fixture in which a lead without a last name failed, and has one now.
async fn failed_and_corrected() -> Fixture {
    let fixture = polled().await;
    fixture.add_lead(&json!({"email": email(21), "firstName": "Ada"}));
    fixture.set_members([21], "Registered");
    minutes(&fixture, 2).await;
    assert_eq!(fixture.status(21), "Registration Error");
    let id = marketo_id(21);
    fixture.marketo.arrange(|subscription| {
        let lead = subscription.leads.by_id.get_mut(&id).unwrap();
        lead.fields.insert("lastName".to_owned(), json!("Lovelace"));
    });
    fixture
}

#[tokio::test]
async fn r23_a_failed_lead_is_registered_by_the_admins_retry() {
    let fixture = failed_and_corrected().await;
    let (status, retried) = fixture.send("POST", "/registration/failures/retry", &json!({"program_id": PROGRAM})).await;
    assert_eq!((status, &retried["leads"][0]["outcome"]), (200, &json!("registered")), "{retried}");
    assert_registered(&fixture, [21]);
}

#[tokio::test]
async fn r23_a_failed_lead_whose_status_is_set_again_is_registered() {
    let fixture = failed_and_corrected().await;
    fixture.set_members([21], "Registered");
    minutes(&fixture, 2).await;
    assert_registered(&fixture, [21]);
    assert!(!fixture.memory.dump().keys().any(|key| key.starts_with("failure:")));
}

#[tokio::test]
async fn r23_an_unreadable_record_of_one_lead_does_not_stop_the_others() {
    let fixture = polled().await;
    let key = format!("failure:{PROGRAM}:{}", lead_id(1));
    fixture.memory.ports().key_value.set(&key, b"{\"v\":99}".to_vec()).await.unwrap();
    fixture.set_members([1, 2], "Registered");
    minutes(&fixture, 2).await;
    assert_registered(&fixture, [2]);
    assert_eq!(fixture.registrants().len(), 1);
}

#[tokio::test]
async fn r23_after_the_webinar_nobody_is_registered_by_a_comparison() {
    let fixture = polled().await;
    fixture.hide_activities();
    fixture.memory.advance(SignedDuration::from_hours(24 * 9));
    fixture.set_members([1], "Registered");
    fixture.hide_activities();
    let compared = fixture.send("POST", "/registration/programs/1001/reconcile", &json!({})).await;
    assert_eq!(compared.0, 200, "{compared:?}");
    minutes(&fixture, 2).await;
    assert_eq!(fixture.status(1), "Registered");
    assert!(!fixture.memory.dump().keys().any(|key| key.starts_with("failure:")));
}

#[tokio::test]
async fn r23_a_lead_that_the_flow_step_has_taken_to_another_webinar_is_registered_there_alone() {
    let fixture = polled().await;
    fixture.set_members([1], "Registered");
    minutes(&fixture, 1).await;
    assert!(fixture.memory.dump().keys().any(|key| key.starts_with("failure:")));
    fixture.connect_to(9002).await;
    let snapshot = fixture.memory.ports().connections().find(PROGRAM.into()).await.unwrap().unwrap().snapshot;
    let answer = async move || Json(json!({"service": "svc", "snapshot": snapshot}));
    fixture.memory.serve("catalog.spin.internal", Router::new().route("/internal/webinar/{id}", post(answer)));
    fixture.connect("automatic").await;
    let mut chosen = lead(1);
    chosen["flowStepContext"]["webinar"] = json!("9002");
    fixture.submit("t", &[chosen]).await;
    minutes(&fixture, 3).await;
    assert_eq!(fixture.registrants().len(), 0, "not in the program's own webinar");
    assert_eq!(fixture.zoom.webinar(9002).unwrap().registrants.len(), 1);
    assert!(!fixture.memory.dump().keys().any(|key| key.starts_with("failure:")));
}

#[tokio::test]
async fn r23_the_mapped_cancelled_cancels_in_zoom() {
    let fixture = polled().await;
    fixture.set_channel(PROGRAM, &[("Registered", 40), ("Cancelled", 45)]).await;
    fixture.submit("t", &[lead(1), lead(2)]).await;
    minutes(&fixture, 1).await;
    fixture.set_members([1], "Cancelled");
    minutes(&fixture, 2).await;
    assert_eq!(fixture.registrant(&email(1)).status, RegistrantStatus::Denied);
    assert_eq!(fixture.registrant(&email(2)).status, RegistrantStatus::Approved);
    assert_eq!((fixture.status(1).as_str(), fixture.status(2).as_str()), ("Cancelled", "Registered"));
}

#[tokio::test]
async fn r23_who_goes_back_before_the_attempt_is_not_registered() {
    let fixture = polled().await;
    fixture.set_channel(PROGRAM, &[("Registered", 40), ("Waitlisted", 40)]).await;
    fixture.set_members([1], "Registered");
    minutes(&fixture, 1).await;
    fixture.set_members([1], "Waitlisted");
    minutes(&fixture, 2).await;
    assert_eq!((fixture.registrants().len(), fixture.status(1).as_str()), (0, "Waitlisted"));
    let records = fixture.memory.dump();
    assert!(!records.keys().any(|key| key.starts_with("failure:")), "nothing is left to do");
}

#[tokio::test]
async fn r23_leads_of_a_chunk_under_way_are_left_to_it() {
    let fixture = polled().await;
    fixture.accept("t", &[lead(1), lead(2)]).await;
    minutes(&fixture, 1).await;
    assert!(!fixture.memory.dump().keys().any(|key| key.starts_with("failure:")));
    fixture.memory.run_background().await;
    minutes(&fixture, 2).await;
    assert_registered(&fixture, [1, 2]);
    assert_eq!(fixture.called_back().len(), 1);
}

#[tokio::test]
async fn r23_the_flow_step_after_the_change_registers_once() {
    let fixture = polled().await;
    fixture.set_members([1, 2], "Registered");
    minutes(&fixture, 1).await;
    assert!(fixture.memory.dump().keys().any(|key| key.starts_with("failure:")));
    fixture.submit("t", &[lead(1), lead(2)]).await;
    minutes(&fixture, 2).await;
    assert_registered(&fixture, [1, 2]);
    assert_eq!(fixture.outcome(1).0["registration"], "registered");
    assert!(!fixture.memory.dump().keys().any(|key| key.starts_with("failure:")));
}

#[tokio::test]
async fn r23_changes_of_many_pages_are_all_registered() {
    let fixture = polled_with_leads(700).await;
    fixture.set_members(1..=700, "Registered");
    minutes(&fixture, 1).await;
    // The 700 leads themselves are activities too.
    assert!(fixture.marketo.log().count("GET", ACTIVITIES) >= 4);
    for _ in 0..20 {
        if fixture.registrants().len() == 700 {
            break;
        }
        minutes(&fixture, 1).await;
    }
    minutes(&fixture, 1).await;
    assert_registered(&fixture, 1..=700);
}

#[tokio::test]
async fn r23_an_expired_token_begins_again_from_the_last_known_time() {
    let fixture = polled().await;
    fixture.memory.advance(SignedDuration::from_hours(25));
    fixture.set_members([1], "Registered");
    minutes(&fixture, 2).await;
    assert_registered(&fixture, [1]);
    assert_eq!(fixture.marketo.log().count("GET", PAGING_TOKENS), 2);
}

#[tokio::test]
async fn r23_a_lost_or_unreadable_cursor_begins_again() {
    for record in [None, Some(&b"{"[..])] {
        let fixture = polled().await;
        fixture.set_members([1], "Registered");
        let store = fixture.memory.ports().key_value;
        match record {
            None => store.delete("activity-cursor").await.unwrap(),
            Some(bytes) => store.set("activity-cursor", bytes.to_vec()).await.unwrap(),
        }
        minutes(&fixture, 2).await;
        assert_registered(&fixture, [1]);
    }
}

#[tokio::test]
async fn r23_two_ticks_at_once_register_once() {
    let fixture = polled().await;
    fixture.set_members(1..=5, "Registered");
    for _ in 0..3 {
        fixture.memory.advance(SignedDuration::from_mins(1));
        futures::join!(fixture.tick(), fixture.tick());
    }
    assert_registered(&fixture, 1..=5);
}

#[tokio::test]
async fn r23_what_marketo_does_not_answer_is_read_later() {
    let fixture = polled().await;
    fixture.set_members([1], "Registered");
    fixture.marketo.faults().add(Fault::always("GET", ACTIVITIES, Effect::status(500)));
    minutes(&fixture, 2).await;
    assert!(fixture.registrants().is_empty());
    let (_, health) = fixture.send("GET", "/registration/health", &Value::Null).await;
    assert_eq!(health["status_changes"]["problem"]["code"], "MARKETO_UNAVAILABLE", "{health}");
    fixture.marketo.faults().clear();
    minutes(&fixture, 2).await;
    assert_registered(&fixture, [1]);
    let (_, health) = fixture.send("GET", "/registration/health", &Value::Null).await;
    assert_eq!(health["status_changes"]["problem"], Value::Null, "{health}");
}

#[tokio::test]
async fn r23_r5_nothing_is_read_without_a_webinar_that_is_ahead_and_requires_registration() {
    let fixture = Fixture::new().await;
    fixture.index(&[PROGRAM]).await;
    fixture.connect("none").await;
    minutes(&fixture, 1).await;
    fixture.connect("automatic").await;
    fixture.memory.advance(SignedDuration::from_hours(24 * 30));
    minutes(&fixture, 1).await;
    assert_eq!(fixture.marketo.log().entries().len(), 0);
}

#[tokio::test]
async fn r23_programs_of_one_webinar_each_get_their_leads() {
    let fixture = Fixture::new().await;
    fixture.connect_other_program().await;
    fixture.index(&[PROGRAM, OTHER_PROGRAM]).await;
    fixture.tick().await;
    fixture.set_members([1], "Registered");
    for number in [1, 2] {
        assert!(fixture.marketo.set_member(1003, marketo_id(number), "Registered"));
    }
    minutes(&fixture, 3).await;
    assert_registered(&fixture, [1]);
    let member = |number| fixture.marketo.member(1003, marketo_id(number)).unwrap().text("registrationCode").to_owned();
    assert_eq!([member(1), member(2)], [1, 2].map(|number| fixture.registrant(&email(number)).id));
    assert_eq!(fixture.zoom.webinar(WEBINAR).unwrap().registrants.len(), 2);
}

#[tokio::test]
async fn r23_a_program_that_is_disconnected_meanwhile_leaves_no_record() {
    let fixture = polled().await;
    fixture.set_members([1], "Registered");
    minutes(&fixture, 1).await;
    fixture.memory.ports().store().delete(&ProgramKey { id: PROGRAM.into() }).await.unwrap();
    fixture.memory.advance(SignedDuration::from_hours(1));
    minutes(&fixture, 2).await;
    assert!(fixture.registrants().is_empty());
    assert!(!fixture.memory.dump().keys().any(|key| key.starts_with("failure:")));
}

#[tokio::test]
async fn r23_a_change_that_the_activities_never_show_is_found_within_the_hour() {
    let fixture = polled().await;
    fixture.set_channel(PROGRAM, &[("Registered", 40), ("Registration Error", 40), ("Cancelled", 45)]).await;
    fixture.submit("t", &[lead(3), lead(4)]).await;
    fixture.set_members([1, 2], "Registered");
    fixture.set_members([4], "Cancelled");
    fixture.hide_activities();
    minutes(&fixture, 5).await;
    assert_eq!(fixture.registrants().len(), 2);
    minutes(&fixture, 30).await;
    assert_registered(&fixture, [1, 2, 3]);
    assert_eq!(fixture.registrant(&email(4)).status, RegistrantStatus::Denied);
    assert!(!fixture.memory.dump().keys().any(|key| key.starts_with("failure:")));
}

#[tokio::test]
async fn r23_the_setting_automatic_switches_it_off() {
    let fixture = polled().await;
    let store = fixture.memory.ports();
    let mut connection = store.connections().find(PROGRAM.into()).await.unwrap().unwrap();
    connection.automatic = false;
    store.store().put(&ProgramKey { id: PROGRAM.into() }, &connection).await.unwrap();
    fixture.set_members([1], "Registered");
    fixture.marketo.log().clear();
    minutes(&fixture, 3).await;
    assert_eq!(fixture.marketo.log().entries().len(), 0);
    minutes(&fixture, 35).await;
    assert!(fixture.registrants().is_empty());
}

#[tokio::test]
async fn r23_a_program_that_marketo_does_not_have_any_more_does_not_stop_the_others() {
    for is_page_refused in [false, true] {
        let fixture = Fixture::new().await;
        fixture.connect_other_program().await;
        fixture.index(&[OTHER_PROGRAM, PROGRAM]).await;
        fixture.tick().await;
        fixture.set_members([1], "Registered");
        assert!(fixture.marketo.set_member(1003, marketo_id(2), "Registered"));
        fixture.marketo.arrange(|subscription| subscription.programs.remove(&1003));
        if is_page_refused {
            let refused = json!({"success": false, "errors": [{"code": "1003", "message": "Invalid asset"}]});
            let effect = Effect::Status { status: 200, body: refused, headers: Default::default() };
            fixture.marketo.faults().add(Fault::once("GET", ACTIVITIES, effect).times(2));
        }
        minutes(&fixture, 3).await;
        assert_registered(&fixture, [1]);
        assert_eq!(fixture.registrants().len(), 1);
    }
}
