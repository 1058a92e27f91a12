//! Leads on which the mapping extension crashes. A native test cannot crash, so these tests write the crash marker; the
//! end-to-end tests use an extension that traps.

use super::fixture::{Fixture, PROGRAM, email, lead, lead_id};
use crate::store::{failure_index, failures};
use domain::LeadId;
use domain::records::{Failure, Lease, MappingCrashMarker, MappingCrashMarkerKey, OutboxKey, WorkerCrashes};
use domain::time::SignedDuration;
use serde_json::Value;

/// Writes the crash marker of the only chunk.
async fn mark(fixture: &Fixture, current_lead: Option<u64>, crashed_on: &[u64]) {
    let OutboxKey { id } = fixture.memory.ports().store().list::<OutboxKey>().await.unwrap().remove(0);
    let crashed_on = crashed_on.iter().map(|&number| LeadId::from(lead_id(number))).collect();
    let current_lead = current_lead.map(|number| lead_id(number).into());
    let record = MappingCrashMarker { current_lead, crashed_on, ..MappingCrashMarker::default() };
    fixture.memory.ports().store().put(&MappingCrashMarkerKey { id }, &record).await.unwrap();
}

#[tokio::test]
async fn mapping_rejected_after_two_crashes_on_a_lead_and_the_other_leads_are_registered() {
    let fixture = Fixture::new().await;
    fixture.accept("t", &[lead(1), lead(2), lead(3)]).await;
    fixture.memory.kill_background();
    mark(&fixture, Some(2), &[2]).await;
    assert_eq!(fixture.tick().await, 1);
    let (activity, _) = fixture.outcome(2);
    assert_eq!(
        (activity["errorCode"].as_str(), activity["registration"].as_str()),
        (Some("MAPPING_REJECTED"), Some("failed"))
    );
    assert!(activity["reason"].as_str().unwrap().contains("crashes on this person"), "{activity}");
    assert_eq!(fixture.adds(&email(2)), 0);
    for id in [1, 3] {
        assert_eq!(fixture.outcome(id).0["registration"], "registered", "lead {id}");
    }
    assert!(fixture.memory.dump().keys().all(|key| !key.starts_with("outbox:")), "the chunk is deleted");
}

#[tokio::test]
async fn a_single_crash_does_not_quarantine_a_lead() {
    let fixture = Fixture::new().await;
    fixture.accept("t", &[lead(1), lead(2)]).await;
    fixture.memory.kill_background();
    mark(&fixture, Some(2), &[1]).await;
    assert_eq!(fixture.tick().await, 1);
    for id in [1, 2] {
        assert_eq!(fixture.outcome(id).0["registration"], "registered", "lead {id}");
    }
}

/// Writes the records that a crashed worker leaves of leads of the webhook or of a retry.
async fn crash(fixture: &Fixture, number: u64, crashes: WorkerCrashes) {
    fixture.set_members([number], "Registered");
    let state = fixture.state();
    let record = failures::before_first_attempt(&state, PROGRAM.into(), lead_id(number).into(), false, None);
    let until = state.ports.clock.now() + SignedDuration::from_secs(30);
    let failure = Failure { claim: Some(Lease::new(7, until)), next_try: Some(until), crashes, ..record };
    failures::write(&state, &failure).await.unwrap();
    failure_index::add(&state, [&failure]).await.unwrap();
}

#[tokio::test]
async fn mapping_rejected_after_two_crashes_on_a_lead_of_the_webhook_or_of_a_retry() {
    let fixture = Fixture::new().await;
    // Lead 2 was being mapped alone when the worker crashed for the second time, lead 3 was in the same instance.
    crash(&fixture, 2, WorkerCrashes { is_suspected: true, maps_alone: true, alone: 1 }).await;
    crash(&fixture, 3, WorkerCrashes { is_suspected: true, maps_alone: false, alone: 1 }).await;
    crash(&fixture, 1, WorkerCrashes { is_suspected: false, maps_alone: true, alone: 0 }).await;
    fixture.memory.advance(SignedDuration::from_mins(1));
    assert_eq!(fixture.tick().await, 1);
    assert_eq!([1, 2, 3].map(|id| fixture.adds(&email(id))), [1, 0, 1]);
    assert_eq!(fixture.status(2), "Registration Error");
    let (_, listed) = fixture.send("GET", "/registration/failures", &Value::Null).await;
    let listed: Vec<_> = listed["failures"].as_array().unwrap().iter().map(|one| one["code"].clone()).collect();
    assert_eq!(listed, ["MAPPING_REJECTED"]);
}

#[tokio::test]
async fn a_lead_that_a_crashed_request_left_is_marked_while_it_is_mapped_alone() {
    let fixture = Fixture::new().await;
    let state = fixture.state();
    let record = || failures::before_first_attempt(&state, PROGRAM.into(), lead_id(1).into(), false, None);
    let first = failures::claim_first(&state, record()).await.unwrap().unwrap();
    assert_eq!(first.crashes, WorkerCrashes { is_suspected: false, maps_alone: true, alone: 0 });
    fixture.memory.advance(SignedDuration::from_mins(2));
    let second = failures::claim_all(&state, &[record()]).await.unwrap().remove(0);
    assert_eq!(second.crashes, WorkerCrashes { is_suspected: true, maps_alone: false, alone: 1 });
    failures::mark_mapped_alone(&state, &second, true).await.unwrap();
    fixture.memory.advance(SignedDuration::from_mins(2));
    let third = failures::claim_first(&state, record()).await.unwrap().unwrap();
    assert_eq!(third.crashes, WorkerCrashes { is_suspected: true, maps_alone: false, alone: 2 });
}
