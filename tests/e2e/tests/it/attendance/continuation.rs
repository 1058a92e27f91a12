//! Continuation by self-call: a run that exceeds the time limit of one request finishes without a tick.

use super::large_webinar::{LargeWebinar, calls_made, clear_logs, fewest_calls};
use super::support::{STATUS, assert_checkpoints_deleted, counts, hold, wait_for_attendance};
use crate::harness::{App, Fixture};
use fakes::marketo::subscription::WEBINAR_PROGRAM;
use fakes::support::{Effect, Fault};

#[tokio::test]
async fn long_run_continues_without_a_tick() {
    let fixture = Fixture::new(App::start().await).await;
    let webinar = LargeWebinar::register(&fixture).await;
    clear_logs(&fixture);
    // Seven of these calls exceed the 25 seconds that a run may take.
    let slow = Effect::Delay { delay_ms: 4_500 };
    fixture.app.env.marketo.faults().add(Fault::once("POST", STATUS, slow).times(u32::MAX));
    hold(&fixture, fixture.webinar, webinar.attendance()).await;
    let shown = wait_for_attendance(&fixture, WEBINAR_PROGRAM).await;
    assert_eq!(counts(&shown), LargeWebinar::COUNTS, "{shown}");
    webinar.assert_statuses(&fixture);
    let health = fixture.admin.get("/attendance/health").await.unwrap().ok().unwrap();
    assert!(health["last_tick"].is_null() && health["last_zoom_event"].is_string(), "{health}");
    let logs = fixture.app.logs();
    let runs = logs.values().flat_map(|text| text.lines()).filter(|line| line.contains("attendance.run_finished"));
    let runs: Vec<_> = runs.collect();
    println!("{}", runs.join("\n"));
    assert!(runs.len() >= 2 && runs[0].contains("phase=Writing"), "{runs:?}");
    // A worker that times out during a call leaves that call to the next worker. No other call is repeated. Marketo skips the
    // members of a repeated status call, so they are read to see whether the status is theirs (R16).
    let (calls_made, fewest_calls) = (calls_made(&fixture), fewest_calls());
    let repeated = |kind: &str| calls_made[kind] - fewest_calls[kind];
    let again: usize = calls_made.keys().map(|kind| repeated(kind)).sum();
    println!("{again} repeated calls: {calls_made:?}");
    let member_reads = repeated("members");
    assert!(member_reads <= repeated("statuses"), "{calls_made:?} calls, at least {fewest_calls:?}");
    assert!(again - member_reads < runs.len(), "{calls_made:?} calls, at least {fewest_calls:?}");
    assert_checkpoints_deleted(&fixture);
    fixture.app.assert_no_trap();
    fixture.app.assert_logs_are_clean();
}
