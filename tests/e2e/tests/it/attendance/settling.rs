//! A day later the report is read once more, and what came late is applied.

use super::past::{
    accounted_for, counts, hold, hours_ago, lead_of, minutes_to_next, move_to, register_on_zoom, shown, status, sync,
    throughout, tick,
};
use crate::harness::{App, Scene, email, state};
use fakes::marketo::world::WEBINAR_PROGRAM;
use fakes::zoom::Attendance;
use jiff::SignedDuration;
use serde_json::{Value, json};

const HOUR: i64 = 3_600;

/// Pretends that everybody was accounted for a day ago: the application's clock is this machine's, and does not wait.
fn a_day_passes(scene: &Scene) {
    let zoom = &scene.app.stage.zoom;
    zoom.clock().advance(SignedDuration::from_hours(25));
    scene.app.stage.marketo.clock().advance(SignedDuration::from_hours(25));
    let key = format!("attendance:{WEBINAR_PROGRAM}");
    state::change(scene.app.state(), &key, |record: &mut Value| {
        for name in ["written_at", "next_at"] {
            let at: jiff::Timestamp = record[name].as_str().unwrap().parse().unwrap();
            record[name] = (at - SignedDuration::from_hours(25)).to_string().into();
        }
    });
}

#[tokio::test]
async fn rows_that_come_late_are_applied_after_a_day_and_nobody_else_is_moved() {
    let scene = Scene::set(App::start().await).await;
    let marketo = &scene.app.stage.marketo;
    let leads = scene.add_leads(4);
    scene.run_campaign(&leads).await;
    register_on_zoom(&scene, scene.webinar, "Stran Ger", "late@example.net").await;
    // One is in the report at once, two have rows that come within the day, one of them a stranger, two stay away.
    let late = |email: &str| Attendance { late_seconds: 20 * HOUR, ..throughout(email) };
    move_to(&scene, WEBINAR_PROGRAM, scene.webinar, hours_ago(30)).await;
    hold(&scene, scene.webinar, vec![throughout(&email(1)), late(&email(2)), late("late@example.net")]).await;
    let first = accounted_for(&scene, WEBINAR_PROGRAM).await;
    // Telling somebody who was there that they were missed is what must not happen.
    assert_eq!((counts(&first), &first["unaccounted"]), ([1, 2, 0], &json!(2)), "{first}");
    let statuses = || -> Vec<_> { leads.iter().map(|&lead| status(&scene, lead).unwrap()).collect() };
    assert_eq!(statuses(), ["Attended", "Registered", "No Show", "No Show"]);
    assert!(marketo.leads_by_email("late@example.net").is_empty());
    // They are looked for as a report is that is not ready.
    assert_eq!(minutes_to_next(&first), 5);
    assert_eq!(tick(&scene.admin).await, 0);
    // A marketer knows better of one.
    assert!(marketo.set_member(WEBINAR_PROGRAM, leads[2], "Attended"));

    a_day_passes(&scene);
    assert_eq!(tick(&scene.admin).await, 1);
    let last = shown(&scene.admin, WEBINAR_PROGRAM).await;
    assert_eq!((&last["phase"], &last["next_at"], &last["unaccounted"]), (&json!("done"), &Value::Null, &json!(0)));
    assert_eq!(last["new_leads"], 1, "{last}");
    assert_eq!(statuses(), ["Attended", "Attended", "Attended", "No Show"]);
    assert_eq!(status(&scene, lead_of(&scene, "late@example.net")).as_deref(), Some("Attended"));
    assert!(leads.iter().all(|&lead| marketo.status_history(WEBINAR_PROGRAM, lead).len() <= 3));
    // That was the end: neither the tick nor a day changes anything.
    assert_eq!(tick(&scene.admin).await, 0);
    // Who asks by hand is served all the same.
    assert_eq!(sync(&scene.admin, WEBINAR_PROGRAM).await["phase"], "done");
    assert_eq!(statuses(), ["Attended", "Attended", "Attended", "No Show"]);
    scene.app.assert_no_trap();
}

#[tokio::test]
async fn whose_row_never_comes_is_no_show_in_the_end() {
    let scene = Scene::set(App::start().await).await;
    let leads = scene.add_leads(2);
    scene.run_campaign(&leads).await;
    move_to(&scene, WEBINAR_PROGRAM, scene.webinar, hours_ago(30)).await;
    let never = Attendance { late_seconds: 1_000 * HOUR, ..throughout(&email(2)) };
    hold(&scene, scene.webinar, vec![throughout(&email(1)), never]).await;
    assert_eq!(accounted_for(&scene, WEBINAR_PROGRAM).await["unaccounted"], 1);
    assert_eq!(status(&scene, leads[1]).unwrap(), "Registered");
    a_day_passes(&scene);
    assert_eq!(tick(&scene.admin).await, 1);
    let last = shown(&scene.admin, WEBINAR_PROGRAM).await;
    assert_eq!((&last["phase"], counts(&last)), (&json!("done"), [1, 1, 0]), "{last}");
    assert_eq!(status(&scene, leads[1]).unwrap(), "No Show");
    scene.app.assert_no_trap();
}
