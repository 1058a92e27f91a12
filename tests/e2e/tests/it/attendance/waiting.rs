//! Reports that are not ready wait; webinars that never started are an error of the service (R14).

use super::past::{
    INSTANCES, REPORT, accounted_for, counts, emails, hold, hours_ago, looked_at_in_vain, lose_events, minutes_to_next,
    move_to, problem, register_on_zoom, shown, status, sync, throughout, tick,
};
use crate::harness::{App, Scene, email, until};
use fakes::marketo::world::WEBINAR_PROGRAM;
use fakes::zoom::{Attendance, NewWebinar, Person, ReportTiming};
use jiff::SignedDuration;
use serde_json::{Value, json};

/// The service's problem, as the console lists it.
async fn problem_of_service(scene: &Scene) -> Value {
    scene.admin.get("/oauth/services").await.unwrap().ok().unwrap()["services"][0]["problem"].clone()
}

#[tokio::test]
async fn not_found_no_durations_and_missing_rows_wait_and_touch_nobody() {
    const HOUR: i64 = 3_600;
    let report_timing = ReportTiming { delay_seconds: HOUR, zero_duration_seconds: HOUR, growth_seconds: 3 * HOUR };
    // Its tokens outlive the hours that pass for Zoom alone.
    let access_lives = SignedDuration::from_hours(24);
    let options = fakes::zoom::Options { report_timing, access_lives, ..fakes::zoom::Options::default() };
    let scene = Scene::set(App::start_with(options, fakes::marketo::Options::default()).await).await;
    let zoom = &scene.app.stage.zoom;
    let leads = scene.add_leads(5);
    scene.run_campaign(&leads).await;
    let statuses = || -> Vec<_> { leads.iter().map(|&lead| status(&scene, lead).unwrap()).collect() };
    hold(&scene, scene.webinar, (1..=4).map(|n| throughout(&email(n))).collect()).await;
    let waiting = looked_at_in_vain(&scene).await;
    // No report at all, then rows without durations: both are looked at again ever later. Whoever asks by hand looks too.
    assert_eq!(minutes_to_next(&waiting), 5);
    for minutes in [15, 30] {
        let shown = sync(&scene.admin, WEBINAR_PROGRAM).await;
        assert_eq!((&shown["phase"], minutes_to_next(&shown), problem(&shown)), (&json!("waiting"), minutes, ""));
    }
    // Before its time the tick does not look.
    let calls = zoom.log().count("GET", REPORT);
    assert_eq!(tick(&scene.admin).await, 0);
    assert_eq!(zoom.log().count("GET", REPORT), calls);
    zoom.clock().advance(SignedDuration::from_secs(HOUR + 60));
    for minutes in [60, 60] {
        let shown = sync(&scene.admin, WEBINAR_PROGRAM).await;
        assert_eq!((&shown["phase"], minutes_to_next(&shown), problem(&shown)), (&json!("waiting"), minutes, ""));
    }
    assert_eq!(statuses(), ["Registered"; 5]);

    // The report grows still: who is on it attended, whom Zoom calls absent did not come, the others wait.
    zoom.clock().advance(SignedDuration::from_secs(HOUR));
    let growing = sync(&scene.admin, WEBINAR_PROGRAM).await;
    let waited_for = growing["unaccounted"].as_u64().unwrap();
    assert_eq!(growing["phase"], "settling", "{growing}");
    assert!((1..=3).contains(&waited_for), "{growing}");
    assert_eq!(counts(&growing), [4 - waited_for, 1, 0]);
    assert_eq!(statuses().iter().filter(|status| *status == "Registered").count() as u64, waited_for);
    zoom.clock().advance(SignedDuration::from_secs(2 * HOUR));
    let whole = sync(&scene.admin, WEBINAR_PROGRAM).await;
    assert_eq!((counts(&whole), &whole["unaccounted"]), ([4, 1, 0], &json!(0)));
    assert_eq!(statuses(), ["Attended", "Attended", "Attended", "Attended", "No Show"]);
    for &lead in &leads {
        assert_eq!(scene.app.stage.marketo.status_history(WEBINAR_PROGRAM, lead).len(), 2);
    }
    scene.app.assert_no_trap();
}

/// Without registration nobody but the report itself can say that it is whole.
#[tokio::test]
async fn a_total_that_grows_while_it_is_looked_at_is_waited_for() {
    const CALLERS: usize = 240;
    let webinar = NewWebinar { approval_type: 2, ..NewWebinar::default() };
    let scene = Scene::set_with(App::start().await, webinar).await;
    let zoom = &scene.app.stage.zoom;
    // Two rows more each second.
    zoom.set_report_timing(ReportTiming { growth_seconds: 120, ..ReportTiming::default() });
    let callers = emails("caller", CALLERS).into_iter().map(|name| Attendance::throughout(Person::Guest(name)));
    lose_events(&scene);
    hold(&scene, scene.webinar, callers.collect()).await;
    move_to(&scene, WEBINAR_PROGRAM, scene.webinar, hours_ago(2)).await;
    let growing = sync(&scene.admin, WEBINAR_PROGRAM).await;
    assert_eq!((&growing["phase"], minutes_to_next(&growing)), (&json!("waiting"), 5), "{growing}");
    zoom.clock().advance(SignedDuration::from_secs(120));
    let whole = sync(&scene.admin, WEBINAR_PROGRAM).await;
    // Zoom tells nobody's address: they are counted and not guessed.
    assert_eq!(
        (&whole["phase"], &whole["unmatched"], counts(&whole)),
        (&json!("settling"), &json!(CALLERS), [0, 0, 0])
    );
    assert!(scene.app.stage.marketo.members(WEBINAR_PROGRAM).is_empty());
    scene.app.assert_no_trap();
}

#[tokio::test]
async fn r14_a_webinar_that_never_started_is_an_error_of_the_service_until_it_runs_after_all() {
    let scene = Scene::set(App::start().await).await;
    let leads = scene.add_leads(3);
    scene.run_campaign(&leads).await;
    register_on_zoom(&scene, scene.webinar, "Stran Ger", "stranger@example.net").await;
    // Nobody started it. For a day it is waited for.
    move_to(&scene, WEBINAR_PROGRAM, scene.webinar, hours_ago(24)).await;
    assert_eq!(tick(&scene.admin).await, 1);
    let waiting = shown(&scene.admin, WEBINAR_PROGRAM).await;
    assert_eq!((&waiting["phase"], minutes_to_next(&waiting), problem(&waiting)), (&json!("waiting"), 5, ""));
    assert_eq!(problem_of_service(&scene).await, Value::Null);

    move_to(&scene, WEBINAR_PROGRAM, scene.webinar, hours_ago(26)).await;
    let given_up = sync(&scene.admin, WEBINAR_PROGRAM).await;
    assert_eq!((&given_up["phase"], problem(&given_up)), (&json!("failed"), "WEBINAR_NEVER_STARTED"));
    assert_eq!(given_up["next_at"], Value::Null);
    let listed = problem_of_service(&scene).await;
    assert_eq!(listed["code"], "WEBINAR_NEVER_STARTED");
    assert!(listed["detail"].as_str().unwrap().contains(&scene.webinar.to_string()), "{listed}");
    for &lead in &leads {
        assert_eq!(status(&scene, lead).unwrap(), "Registered");
    }
    assert!(scene.app.stage.marketo.leads_by_email("stranger@example.net").is_empty());
    let looks = scene.app.stage.zoom.log().count("GET", INSTANCES);
    assert_eq!(tick(&scene.admin).await, 0);
    assert_eq!(scene.app.stage.zoom.log().count("GET", INSTANCES), looks);

    hold(&scene, scene.webinar, vec![throughout(&email(1))]).await;
    assert_eq!(counts(&accounted_for(&scene, WEBINAR_PROGRAM).await), [1, 3, 1]);
    until("the service to be well", || async { problem_of_service(&scene).await.is_null().then_some(()) }).await;
    scene.app.assert_no_trap();
}
