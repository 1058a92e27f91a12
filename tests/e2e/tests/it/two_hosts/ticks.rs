//! Ticks at two hosts at once, as two schedulers or a slow tick and the next one make them.

use super::support::TwoHosts;
use crate::attendance::support::{emails, hold, lose_events, registered, throughout, wait_for_attendance};
use crate::harness::{email, wait_for};
use fakes::marketo::subscription::WEBINAR_PROGRAM;
use fakes::support::{Effect, Fault};
use fakes::zoom::NewWebinar;
use futures::future::{join, join_all};
use jiff::{SignedDuration, Timestamp};
use serde_json::json;

const FAILED: usize = 8;

/// Lets the webhook fail for some leads because of Zoom, and makes them due.
async fn fail_leads(hosts: &TwoHosts) -> Vec<i64> {
    let fixture = &hosts.fixture;
    let zoom = &fixture.app.env.zoom;
    let unavailable = Effect::Status { status: 503, body: json!({}), headers: Default::default() };
    zoom.faults().add(Fault::always("POST", &fixture.registrants_path(), unavailable));
    let leads = hosts.add_registered_leads(FAILED);
    join_all(leads.iter().map(|&lead| fixture.call_webhook(WEBINAR_PROGRAM, lead))).await;
    zoom.faults().clear();
    let due = json!((Timestamp::now() - SignedDuration::from_secs(1)).to_string());
    for lead in &leads {
        fixture.app.change_stored(&format!("failure:{WEBINAR_PROGRAM}:{lead}"), |failure| {
            assert!(failure["next_try"].is_string(), "{failure}");
            failure["next_try"] = due.clone();
        });
    }
    for shard in fixture.app.stored().keys().filter(|key| key.starts_with("failure-index:")) {
        fixture.app.change_stored(shard, |index| {
            for entry in index["entries"].as_array_mut().unwrap() {
                entry[2] = due.clone();
            }
        });
    }
    leads
}

#[tokio::test]
async fn two_ticks_at_once_do_the_work_once() {
    let Some(hosts) = TwoHosts::start().await else { return };
    let fixture = &hosts.fixture;
    let (zoom, marketo) = (&fixture.app.env.zoom, &fixture.app.env.marketo);
    // A program whose webinar ended without an event. The other program's webinar is ahead.
    let ended = fixture.add_program("Ended");
    let webinar = zoom.add_webinar(NewWebinar::default()).unwrap().id;
    fixture.admin.connect(ended, &fixture.service, webinar).await.unwrap().ok().unwrap();
    let people = emails("attendee", 5);
    let attended = registered(fixture, ended, webinar, &people).await;
    lose_events(fixture);
    hold(fixture, webinar, people.iter().map(|email| throughout(email)).collect()).await;
    fixture.admin.post(&format!("/catalog/programs/{ended}/refresh"), &json!({})).await.unwrap().ok().unwrap();
    let leads = fail_leads(&hosts).await;
    zoom.log().clear();
    marketo.log().clear();

    let [one, other] = hosts.admins();
    let (one, other) = join(one.tick(), other.tick()).await;
    let [one, other] = [one, other].map(|ticked| ticked.unwrap().ok().unwrap());
    assert_eq!(one["programs"].as_u64().unwrap() + other["programs"].as_u64().unwrap(), 1, "{one} and {other}");
    wait_for_attendance(fixture, ended).await;
    wait_for("all registrations", || async {
        (zoom.webinar(fixture.webinar).unwrap().registrants.len() == FAILED).then_some(())
    })
    .await;
    // Ticks wait for their work, so whatever they started is over.
    for admin in hosts.admins() {
        admin.tick().await.unwrap().ok().unwrap();
    }
    for (&lead, n) in leads.iter().zip(1..) {
        assert_eq!(fixture.add_calls(&email(n)), 1, "add calls of lead {n}");
        assert_eq!(hosts.member_writes(lead), 1, "writes of lead {n}");
    }
    for &lead in &attended {
        assert_eq!(marketo.status_history(ended, lead), ["Registered", "Attended"]);
    }
    let left = fixture.app.stored();
    assert!(!left.keys().any(|key| key.starts_with("failure:")), "{:?}", left.keys());
    fixture.app.assert_no_trap();
    fixture.app.assert_logs_are_clean();
}
