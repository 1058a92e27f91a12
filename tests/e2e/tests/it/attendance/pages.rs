//! More people than a page holds: all pages are read, each once, and a page token that lapses is survived.

use super::crowd::{Crowd, clear_logs, fewest, made};
use super::past::{PAST, REGISTRANTS, REPORT, accounted_for, assert_no_sheets, counts, hold, lose_report_scopes};
use crate::harness::{App, Scene, until};
use fakes::marketo::world::WEBINAR_PROGRAM;
use fakes::support::{Effect, Fault};
use jiff::SignedDuration;

/// Page tokens live 15 minutes.
const TOKEN_LAPSES: SignedDuration = SignedDuration::from_mins(16);

#[tokio::test]
async fn every_page_is_read_once_and_a_lapsed_token_makes_its_list_be_read_again() {
    let scene = Scene::set(App::start().await).await;
    let zoom = &scene.app.stage.zoom;
    let crowd = Crowd::register(&scene).await;
    clear_logs(&scene);
    // The third page of the report is on its way for so long that its token is no good when it arrives.
    zoom.faults().add(Fault::once("GET", REPORT, Effect::Delay { delay_ms: 2_000 }).after(2));
    hold(&scene, scene.webinar, crowd.attendance()).await;
    until("the third page", || async { (zoom.log().count("GET", REPORT) == 3).then_some(()) }).await;
    // The other lists are read beside it; theirs must not lapse.
    until("the last registrants", || async {
        let pages = zoom.log().matching("GET", REGISTRANTS);
        (pages.len() == fewest()["registrants"] && pages.iter().all(|page| page.status.is_some())).then_some(())
    })
    .await;
    zoom.clock().advance(TOKEN_LAPSES);
    let shown = accounted_for(&scene, WEBINAR_PROGRAM).await;
    assert_eq!(counts(&shown), Crowd::COUNTS, "{shown}");
    crowd.assert_accounted_for(&scene);
    let pages = zoom.log().matching("GET", REPORT);
    let lapsed: Vec<_> = pages.iter().filter(|page| page.status == Some(400)).collect();
    assert_eq!(lapsed.len(), 1, "{pages:#?}");
    // The report's three pages, the third for the first time in vain; all others once.
    let mut expected = fewest();
    *expected.get_mut("report").unwrap() += 3;
    assert_eq!(made(&scene), expected);
    assert_no_sheets(&scene);
    scene.app.assert_no_trap();
}

#[tokio::test]
async fn without_the_right_to_reports_the_past_participants_say_the_same() {
    let scene = Scene::set(App::start().await).await;
    let zoom = &scene.app.stage.zoom;
    lose_report_scopes(&scene);
    let crowd = Crowd::register(&scene).await;
    clear_logs(&scene);
    hold(&scene, scene.webinar, crowd.attendance()).await;
    let shown = accounted_for(&scene, WEBINAR_PROGRAM).await;
    assert_eq!(counts(&shown), Crowd::COUNTS, "{shown}");
    crowd.assert_accounted_for(&scene);
    // The report was asked for once, in vain; that it has a substitute is no problem of the service.
    assert_eq!((zoom.log().count("GET", REPORT), zoom.log().count("GET", PAST)), (1, fewest()["report"]));
    let services = scene.admin.get("/oauth/services").await.unwrap().ok().unwrap();
    assert!(services["services"][0]["problem"].is_null(), "{services}");
    assert_no_sheets(&scene);
    scene.app.assert_no_trap();
}
