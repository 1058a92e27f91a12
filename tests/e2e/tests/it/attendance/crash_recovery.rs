//! Crashes between any two calls: the next worker repeats at most one page or batch and reaches the same result.

use super::large_webinar::{LargeWebinar, calls_made, clear_logs, fewest_calls};
use super::support::{LEADS, REPORT, STATUS, assert_checkpoints_deleted, counts, hold, sync, wait_for_attendance};
use crate::harness::{App, Fixture, wait_for};
use fakes::marketo::subscription::WEBINAR_PROGRAM;
use fakes::support::{Effect, Fault, Log};

/// The fake whose call the crash interrupts.
#[derive(Clone, Copy)]
enum Fake {
    Zoom,
    Marketo,
}

/// Kills the host during the n-th matching call and starts it again. The fake still executes the interrupted call.
async fn kill_in(fake: Fake, method: &str, path: &str, nth: u32) {
    let mut fixture = Fixture::new(App::start().await).await;
    let webinar = LargeWebinar::register(&fixture).await;
    clear_logs(&fixture);
    let (log, faults): (Log, _) = match fake {
        Fake::Zoom => (fixture.app.env.zoom.log().clone(), fixture.app.env.zoom.faults()),
        Fake::Marketo => (fixture.app.env.marketo.log().clone(), fixture.app.env.marketo.faults()),
    };
    faults.add(Fault::once(method, path, Effect::Delay { delay_ms: 1_500 }).after(nth - 1));
    hold(&fixture, fixture.webinar, webinar.attendance()).await;
    let calls = || log.matching(method, path);
    wait_for("the call", || async { (calls().len() == nth as usize).then_some(()) }).await;
    fixture.app.kill().await;
    assert!(calls().last().unwrap().status.is_none(), "the call was answered before the crash");
    // The fake still executes it.
    wait_for("the execution of the call", || async { calls().last().unwrap().status }).await;

    fixture.app.run().await;
    // The crashed worker's lease expires first.
    wait_for("the next worker", || async {
        let shown = sync(&fixture.admin, WEBINAR_PROGRAM).await;
        (shown["phase"] == "settling").then_some(())
    })
    .await;
    let shown = wait_for_attendance(&fixture, WEBINAR_PROGRAM).await;
    let [attended, no_show, new_leads] = counts(&shown);
    assert_eq!([attended, no_show], [LargeWebinar::COUNTS[0], LargeWebinar::COUNTS[1]], "{shown}");
    println!("{new_leads} of {} new leads counted", LargeWebinar::COUNTS[2]);
    webinar.assert_statuses(&fixture);
    let (calls_made, fewest_calls) = (calls_made(&fixture), fewest_calls());
    let mut repeated = 0;
    for (kind, &count) in &calls_made {
        let more = count - fewest_calls[kind];
        println!("{kind}: {count} calls, {more} repeated");
        assert!(more <= 1, "{kind}: {count} calls, at least {}", fewest_calls[kind]);
        repeated += more;
    }
    assert!(repeated >= 1, "the interrupted call was not repeated");
    assert_checkpoints_deleted(&fixture);
    fixture.app.assert_no_trap();
}

#[tokio::test]
async fn crash_between_pages_repeats_at_most_one_page() {
    kill_in(Fake::Zoom, "GET", REPORT, 2).await;
}

#[tokio::test]
async fn crash_between_lead_batches_repeats_at_most_one_batch() {
    kill_in(Fake::Marketo, "POST", LEADS, 2).await;
}

#[tokio::test]
async fn crash_between_status_batches_repeats_at_most_one_batch() {
    kill_in(Fake::Marketo, "POST", STATUS, 4).await;
}
