//! What a comparison costs in calls of Marketo, which the budget is about (R23).

use super::copy_zoom_registrations::copying;
use super::fixture::{Fixture, PROGRAM, WEBINAR, email};
use super::following::{OTHER_PROGRAM, registered};
use super::peers::{MEMBERS, REGISTRANTS, marketo_error};
use crate::store::{marks, reconciled};
use domain::ErrorCode;
use domain::records::Reconciled;
use domain::time::SignedDuration;
use fakes::support::{Effect, Fault};

const ADA: &str = "ada@example.com";

impl Fixture {
    /// Compares the webinar in a tick. Returns the number of calls that are recorded for it.
    async fn recorded_calls(&self) -> u32 {
        marks::write(&self.state(), WEBINAR.into()).await.unwrap();
        self.memory.advance(SignedDuration::from_mins(1));
        self.tick().await;
        let last = self.last_comparison().await;
        assert_eq!(last.problem, None);
        last.membership_calls
    }

    async fn last_comparison(&self) -> Reconciled {
        reconciled::read(&self.state(), WEBINAR.into()).await.unwrap().unwrap()
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

#[tokio::test]
async fn r18_r23_an_outage_of_zoom_costs_a_marked_webinar_no_calls_of_marketo() {
    let fixture = registered(&[1], false).await;
    fixture.hide_activities();
    fixture.lose_events();
    fixture.change(1, "withdraw").await;
    marks::write(&fixture.state(), WEBINAR.into()).await.unwrap();
    fixture.zoom.faults().add(Fault::always("GET", REGISTRANTS, Effect::status(500)));
    fixture.marketo.log().clear();
    fixture.zoom.log().clear();
    fixture.minutes(1).await;
    let calls = fixture.zoom.log().count("GET", REGISTRANTS);
    fixture.minutes(9).await;
    assert_eq!(fixture.marketo.log().count("GET", MEMBERS), 0);
    assert!(fixture.zoom.log().count("GET", REGISTRANTS) <= 5 * calls, "a failed comparison waits for two minutes");
    assert!(fixture.is_marked());
    fixture.zoom.faults().clear();
    fixture.minutes(2).await;
    assert_eq!((fixture.status(1).as_str(), fixture.is_marked()), ("Cancelled", false), "{}", email(1));
}

#[tokio::test]
async fn r23_calls_of_comparisons_that_fail_count_in_the_budget() {
    let fixture = registered(&[1], false).await;
    fixture.connect_other_program().await;
    fixture.index(&[PROGRAM, OTHER_PROGRAM]).await;
    assert_eq!(fixture.recorded_calls().await, 2, "a page of members of each program");
    let first = fixture.last_comparison().await;
    let path = format!("/rest/v1/programs/{OTHER_PROGRAM}/members.json");
    fixture.marketo.faults().add(Fault::always("GET", &path, marketo_error("1003")));
    marks::write(&fixture.state(), WEBINAR.into()).await.unwrap();
    // A call that is refused counts too. After the first failure, the webinar waits for two minutes.
    for calls in [4, 4, 6] {
        fixture.minutes(1).await;
        let last = fixture.last_comparison().await;
        assert_eq!(last.membership_calls, calls);
        assert!(last.problem.is_some_and(|problem| problem.code != ErrorCode::Internal));
        assert_eq!(last.memberships_at, first.memberships_at, "the memberships were not read to the end");
    }
    fixture.marketo.faults().clear();
    fixture.minutes(1).await;
    assert_eq!(fixture.recorded_calls().await, 2);
}
