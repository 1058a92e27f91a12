//! R13: the instance that actually ran is the one that is read, whenever that was and whatever its UUID looks like.

use super::past::{
    REPORT, accounted_for, counts, hold, hold_at, hours_ago, looked_at_in_vain, lose_events, lose_report_scopes,
    minutes_to_next, move_to, registered, status, status_in, sync, throughout, tick, webinar,
};
use crate::harness::{App, Scene, email};
use fakes::marketo::world::WEBINAR_PROGRAM;
use fakes::zoom::{ADMIN, Attendance, Person};
use jiff::SignedDuration;
use serde_json::Value;
use std::collections::BTreeSet;

#[tokio::test]
async fn r13_what_ran_when_people_were_told_is_read_although_the_start_was_moved_since() {
    let scene = Scene::set(App::start().await).await;
    let leads = scene.add_leads(3);
    scene.run_campaign(&leads).await;
    lose_events(&scene);
    let zoom = &scene.app.stage.zoom;
    // It was moved to three days ago, then once more. Three instances: a trial, the one that ran when everybody had been
    // told it would, and one long after.
    move_to(&scene, WEBINAR_PROGRAM, scene.webinar, hours_ago(72)).await;
    move_to(&scene, WEBINAR_PROGRAM, scene.webinar, hours_ago(12)).await;
    let ten_minutes = SignedDuration::from_mins(10);
    hold_at(&scene, scene.webinar, hours_ago(100), vec![throughout(&email(1)), throughout(&email(2))]).await;
    let ran = hold_at(&scene, scene.webinar, hours_ago(72) + ten_minutes, vec![throughout(&email(3))]).await;
    hold_at(&scene, scene.webinar, hours_ago(20), vec![throughout(&email(1))]).await;
    assert_eq!(tick(&scene.admin).await, 1);
    assert_eq!(counts(&accounted_for(&scene, WEBINAR_PROGRAM).await), [1, 2, 0]);
    let statuses: Vec<_> = leads.iter().map(|&lead| status(&scene, lead).unwrap()).collect();
    assert_eq!(statuses, ["No Show", "No Show", "Attended"]);
    // No other instance's report was looked at.
    let reports: BTreeSet<_> = zoom.log().matching("GET", REPORT).into_iter().map(|report| report.path).collect();
    assert_eq!(reports.len(), 1, "{reports:?}");
    let record = scene.app.stored().remove(&format!("attendance:{WEBINAR_PROGRAM}")).unwrap();
    assert_eq!(serde_json::from_slice::<Value>(&record).unwrap()["instance"], ran.uuid);
    scene.app.assert_no_trap();
}

#[tokio::test]
async fn r13_a_rehearsal_the_day_before_is_waited_past() {
    let scene = Scene::set(App::start().await).await;
    let leads = scene.add_leads(2);
    scene.run_campaign(&leads).await;
    // Alice and a panelist try it out, and not in a practice session.
    let panelist = fakes::zoom::Panelist { email: "speaker@elsewhere.example".into(), name: "Spea Ker".into() };
    scene.app.stage.zoom.add_panelist(scene.webinar, panelist).unwrap();
    let staff = [Person::User(ADMIN.into()), Person::Panelist("speaker@elsewhere.example".into())];
    hold_at(&scene, scene.webinar, hours_ago(5), staff.into_iter().map(Attendance::throughout).collect()).await;
    let waiting = looked_at_in_vain(&scene).await;
    // Until five minutes after the planned end of a webinar that begins in a day and lasts an hour.
    assert!((25 * 60..=25 * 60 + 5).contains(&minutes_to_next(&waiting)), "{waiting}");
    // Asked for by hand it is the same.
    assert_eq!(sync(&scene.admin, WEBINAR_PROGRAM).await["phase"], "waiting");
    for &lead in &leads {
        assert_eq!(status(&scene, lead).unwrap(), "Registered");
    }
    assert!(scene.app.stage.marketo.leads_by_email("speaker@elsewhere.example").is_empty());

    // The real one.
    move_to(&scene, WEBINAR_PROGRAM, scene.webinar, hours_ago(1)).await;
    hold(&scene, scene.webinar, vec![throughout(&email(2))]).await;
    assert_eq!(counts(&accounted_for(&scene, WEBINAR_PROGRAM).await), [1, 1, 0]);
    let statuses: Vec<_> = leads.iter().map(|&lead| status(&scene, lead).unwrap()).collect();
    assert_eq!(statuses, ["No Show", "Attended"]);
    scene.app.assert_no_trap();
}

/// Every third UUID of the stand-in begins with a slash, every sixth has two in a row; Zoom finds neither unless it is
/// encoded twice.
#[tokio::test]
async fn uuids_with_slashes_are_found_with_and_without_the_right_to_reports() {
    for may_read_reports in [true, false] {
        let scene = Scene::set(App::start().await).await;
        if !may_read_reports {
            lose_report_scopes(&scene);
        }
        let zoom = &scene.app.stage.zoom;
        let other = zoom.add_webinar(webinar("Another")).unwrap().id;
        let program = scene.add_program("Another");
        scene.admin.connect(program, &scene.service, other).await.unwrap().ok().unwrap();
        let one = registered(&scene, WEBINAR_PROGRAM, scene.webinar, &[email(1), email(2)]).await;
        let two = registered(&scene, program, other, &[email(3), email(4)]).await;
        let begins = hold(&scene, scene.webinar, vec![throughout(&email(1))]).await;
        assert!(begins.uuid.starts_with('/'), "{}", begins.uuid);
        assert_eq!(counts(&accounted_for(&scene, WEBINAR_PROGRAM).await), [1, 1, 0]);
        for name in ["to use up", "two UUIDs"] {
            zoom.add_webinar(webinar(name)).unwrap();
        }
        let inside = hold(&scene, other, vec![throughout(&email(4))]).await;
        assert!(inside.uuid.contains("//"), "{}", inside.uuid);
        assert_eq!(counts(&accounted_for(&scene, program).await), [1, 1, 0]);
        assert_eq!([one[0], one[1]].map(|lead| status(&scene, lead).unwrap()), ["Attended", "No Show"]);
        assert_eq!([two[0], two[1]].map(|lead| status_in(&scene, program, lead).unwrap()), ["No Show", "Attended"]);
        scene.app.assert_no_trap();
    }
}
