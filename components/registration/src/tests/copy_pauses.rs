//! Copies of Zoom's registrations that another worker keeps waiting (R10).

use super::copy_zoom_registrations::copying;
use super::fixture::{Fixture, WEBINAR, email, lead};
use super::peers::MEMBERS;
use crate::store::marks;
use domain::records::{CopyWorkerKey, Lease};
use domain::time::SignedDuration;

const ADA: &str = "ada@example.com";

impl Fixture {
    /// Lets another worker copy for two minutes.
    async fn keep_copying(&self) {
        let ports = self.memory.ports();
        let lease = Lease::new(7, ports.clock.now() + SignedDuration::from_mins(2));
        ports.store().put(&CopyWorkerKey {}, &lease).await.unwrap();
    }

    async fn stop_copying(&self) {
        self.memory.ports().store().delete(&CopyWorkerKey {}).await.unwrap();
    }

    /// Returns how often the memberships were read.
    fn readings(&self) -> usize {
        self.marketo.log().count("GET", MEMBERS)
    }
}

#[tokio::test]
async fn r10_r23_people_whom_another_worker_keeps_waiting_are_not_tried_at_every_tick() {
    let fixture = copying().await;
    fixture.lose_events();
    fixture.register_fully(ADA).await;
    marks::write(&fixture.state(), WEBINAR.into()).await.unwrap();
    fixture.marketo.log().clear();
    for _ in 0..8 {
        fixture.keep_copying().await;
        fixture.minutes(1).await;
    }
    assert!((2..=4).contains(&fixture.readings()), "{} readings", fixture.readings());
    assert!(fixture.is_untouched(ADA) && fixture.is_marked());
    fixture.stop_copying().await;
    fixture.minutes(3).await;
    fixture.assert_copied(ADA);
    assert!(!fixture.is_marked());
}

#[tokio::test]
async fn r10_r18_an_event_that_is_worked_off_does_not_end_the_pause() {
    let fixture = copying().await;
    fixture.submit("registered", &[lead(1)]).await;
    fixture.keep_copying().await;
    // Its event finds the other worker.
    fixture.register_fully(ADA).await;
    assert!(fixture.is_untouched(ADA) && fixture.is_marked());
    fixture.marketo.log().clear();
    fixture.change(1, "cancel").await;
    assert_eq!(fixture.status(1), "Cancelled", "{}", email(1));
    // The tick has nothing else to read the members for.
    fixture.hide_activities();
    let readings = fixture.readings();
    fixture.minutes(1).await;
    assert_eq!((fixture.readings(), fixture.is_marked()), (readings, true));
    fixture.stop_copying().await;
    fixture.minutes(2).await;
    fixture.assert_copied(ADA);
    assert!(!fixture.is_marked());
}

#[tokio::test]
async fn r10_r18_a_change_that_is_reported_meanwhile_does_not_wait_for_the_pause() {
    let fixture = copying().await;
    let state = fixture.state();
    marks::write(&state, WEBINAR.into()).await.unwrap();
    let mark = async || marks::read(&state, WEBINAR.into()).await.unwrap().unwrap();
    let is_due = async || marks::is_due(&mark().await, fixture.memory.ports().clock.now());
    let known = Some(mark().await.token);
    marks::write_paused(&state, WEBINAR.into(), known).await.unwrap();
    assert!(!is_due().await);
    // A change, and a further attempt that read the mark before it.
    marks::write(&state, WEBINAR.into()).await.unwrap();
    assert!(is_due().await);
    marks::write_paused(&state, WEBINAR.into(), known).await.unwrap();
    assert!(is_due().await);
}
