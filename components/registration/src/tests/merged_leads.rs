//! Leads that are merged into another one while they are registered.

use super::fixture::{Fixture, MARKETO_PROGRAM, PROGRAM, email, lead, lead_id};
use domain::time::SignedDuration;
use serde_json::json;

/// Merges a lead into another one, which keeps its id and gets the address.
fn merge(fixture: &Fixture, loser: u64, winner: u64) {
    fixture.delete_lead(loser);
    let (winner, now) = (lead_id(winner).try_into().unwrap(), fixture.memory.ports().clock.now());
    fixture.marketo.arrange(|subscription| subscription.leads.set_email(winner, &email(loser), now));
}

#[tokio::test]
async fn the_link_of_a_merged_lead_goes_to_the_lead_that_has_its_address() {
    let fixture = Fixture::new().await;
    fixture.accept("t", &[lead(1), lead(2), lead(3)]).await;
    merge(&fixture, 1, 4);
    fixture.delete_lead(2);
    fixture.memory.run_background().await;
    for (number, address) in [(4, 1), (3, 3)] {
        let member = fixture.member(number);
        assert_eq!(member.status_name, "Registered", "{number}");
        assert_eq!(member.text("webinarUrl"), fixture.link(&email(address)));
        assert_eq!(member.text("registrationCode"), fixture.registrant(&email(address)).id);
    }
    // The lead that was deleted costs its neighbours nothing.
    assert_eq!(fixture.add_calls().len(), 3);
    assert!(fixture.memory.dump().keys().all(|key| !key.starts_with("outbox:")));
}

#[tokio::test]
async fn a_member_is_preferred_to_an_older_lead_of_the_same_address() {
    let fixture = Fixture::new().await;
    fixture.accept("t", &[lead(1)]).await;
    merge(&fixture, 1, 4);
    merge(&fixture, 1, 5);
    fixture.set_members([5], "Registered");
    fixture.memory.run_background().await;
    assert_eq!(fixture.member(5).text("webinarUrl"), fixture.link(&email(1)));
    assert!(fixture.marketo.member(MARKETO_PROGRAM, lead_id(4).try_into().unwrap()).is_none());
}

#[tokio::test]
async fn a_merged_lead_of_the_webhook_waits_for_approval_under_its_address() {
    let fixture = Fixture::new().await;
    fixture.require_approval(true).await;
    merge(&fixture, 1, 4);
    let webhook = json!({
        "program_id": PROGRAM, "lead_id": lead_id(1), "email": email(1), "first_name": "F", "last_name": "L",
        "status": "Registered",
    });
    assert_eq!(fixture.send("POST", "/registration/webhook", &webhook).await.1["outcome"], "pending");
    assert_eq!(fixture.member(4).text("registrationCode"), fixture.registrant(&email(1)).id);
    fixture.memory.advance(SignedDuration::from_mins(1));
    fixture.decide(&email(1), "approve").await;
    assert_eq!(fixture.member(4).text("webinarUrl"), fixture.link(&email(1)));
}
