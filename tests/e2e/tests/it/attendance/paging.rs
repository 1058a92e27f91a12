//! Lists of several pages: each page is read once, and the run recovers from an expired page token.

use super::large_webinar::{LargeWebinar, approved, calls_made, clear_logs, fewest_calls};
use super::support::{
    PAST, REGISTRANTS, REPORT, assert_checkpoints_deleted, counts, hold, lose_report_scopes, wait_for_attendance,
};
use crate::harness::{App, Fixture, wait_for};
use fakes::marketo::subscription::WEBINAR_PROGRAM;
use fakes::support::{Effect, Fault};
use jiff::SignedDuration;

/// Past the lifetime of a page token, which is 15 minutes.
const TOKEN_LAPSES: SignedDuration = SignedDuration::from_mins(16);

#[tokio::test]
async fn each_page_is_read_once_and_an_expired_page_token_restarts_its_list() {
    let fixture = Fixture::new(App::start().await).await;
    let zoom = &fixture.app.env.zoom;
    let webinar = LargeWebinar::register(&fixture).await;
    clear_logs(&fixture);
    // The third page of the report is slow enough for its token to expire on the way.
    zoom.faults().add(Fault::once("GET", REPORT, Effect::Delay { delay_ms: 2_000 }).after(2));
    hold(&fixture, fixture.webinar, webinar.attendance()).await;
    wait_for("the third page", || async { (zoom.log().count("GET", REPORT) == 3).then_some(()) }).await;
    // The run reads the other lists concurrently; their tokens must not expire.
    wait_for("the last page of registrants", || async {
        let pages = zoom.log().matching("GET", REGISTRANTS);
        let is_read = approved(&pages).count() == fewest_calls()["registrants"];
        (is_read && pages.iter().all(|page| page.status.is_some())).then_some(())
    })
    .await;
    zoom.clock().advance(TOKEN_LAPSES);
    let shown = wait_for_attendance(&fixture, WEBINAR_PROGRAM).await;
    assert_eq!(counts(&shown), LargeWebinar::COUNTS, "{shown}");
    webinar.assert_statuses(&fixture);
    let pages = zoom.log().matching("GET", REPORT);
    let lapsed: Vec<_> = pages.iter().filter(|page| page.status == Some(400)).collect();
    assert_eq!(lapsed.len(), 1, "{pages:#?}");
    // The report's three pages are read twice, of which the third fails once; all other pages are read once.
    let mut expected = fewest_calls();
    *expected.get_mut("report").unwrap() += 3;
    assert_eq!(calls_made(&fixture), expected);
    assert_checkpoints_deleted(&fixture);
    fixture.app.assert_no_trap();
}

#[tokio::test]
async fn without_report_scopes_past_participants_give_the_same_result() {
    let fixture = Fixture::new(App::start().await).await;
    let zoom = &fixture.app.env.zoom;
    lose_report_scopes(&fixture);
    let webinar = LargeWebinar::register(&fixture).await;
    clear_logs(&fixture);
    hold(&fixture, fixture.webinar, webinar.attendance()).await;
    let shown = wait_for_attendance(&fixture, WEBINAR_PROGRAM).await;
    assert_eq!(counts(&shown), LargeWebinar::COUNTS, "{shown}");
    webinar.assert_statuses(&fixture);
    // The report is requested once and refused. A missing scope with a substitute is no problem of the service.
    assert_eq!((zoom.log().count("GET", REPORT), zoom.log().count("GET", PAST)), (1, fewest_calls()["report"]));
    let services = fixture.admin.get("/oauth/services").await.unwrap().ok().unwrap();
    assert!(services["services"][0]["problem"].is_null(), "{services}");
    assert_checkpoints_deleted(&fixture);
    fixture.app.assert_no_trap();
}
