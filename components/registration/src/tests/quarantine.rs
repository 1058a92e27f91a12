//! Leads on which the mapping extension crashes. A native test cannot crash, so these tests write the crash marker; the
//! end-to-end tests use an extension that traps.

use super::fixture::{Fixture, email, lead, lead_id};
use domain::LeadId;
use domain::records::{MappingCrashMarker, MappingCrashMarkerKey, OutboxKey};

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
