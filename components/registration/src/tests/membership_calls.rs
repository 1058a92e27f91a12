//! What a comparison costs in calls of Marketo, which the budget is about (R23).

use super::copy_zoom_registrations::copying;
use super::fixture::{Fixture, WEBINAR};
use crate::store::{marks, reconciled};
use domain::time::SignedDuration;

const ADA: &str = "ada@example.com";

impl Fixture {
    /// Compares the webinar in a tick. Returns the number of calls that are recorded for it.
    async fn recorded_calls(&self) -> u32 {
        marks::write(&self.state(), WEBINAR.into()).await.unwrap();
        self.memory.advance(SignedDuration::from_mins(1));
        self.tick().await;
        let last = reconciled::read(&self.state(), WEBINAR.into()).await.unwrap().unwrap();
        assert_eq!(last.problem, None);
        last.membership_calls
    }
}

#[tokio::test]
async fn r23_calls_that_look_up_addresses_count_in_the_budget() {
    let fixture = copying().await;
    assert_eq!(fixture.recorded_calls().await, 1, "a page of members");
    // The address of a member without a registrant id.
    fixture.set_members([1], "Pending Approval");
    assert_eq!(fixture.recorded_calls().await, 2);
    // The lead of a person who registered on Zoom's page.
    fixture.lose_events();
    fixture.register_fully(ADA).await;
    assert_eq!(fixture.recorded_calls().await, 3);
    fixture.assert_copied(ADA);
    assert_eq!(fixture.recorded_calls().await, 2);
}
