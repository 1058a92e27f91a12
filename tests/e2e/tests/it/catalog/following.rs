//! Changes in Zoom: told by events, found without them (R4, R13).

use super::people::{connection, in_hours, my_tokens, refresh};
use crate::harness::{App, Scene, until};
use fakes::marketo::world::WEBINAR_PROGRAM;
use fakes::zoom::{EVENTS, EventSettings, NewWebinar, WebinarChange};
use serde_json::{Value, json};

/// Waits until the connection has a problem of some code; null for none.
async fn until_problem(scene: &Scene, code: Value) {
    until(&format!("the problem {code}"), || async {
        (connection(&scene.admin, WEBINAR_PROGRAM).await["problem"]["code"] == code).then_some(())
    })
    .await;
}

#[tokio::test]
async fn r4_an_event_brings_a_change_into_the_snapshot_and_into_marketo() {
    let scene = Scene::set(App::start().await).await;
    let start = in_hours(100);
    let change = WebinarChange {
        topic: Some("Renamed".to_owned()),
        agenda: Some("Rewritten.".to_owned()),
        start_time: Some(start),
        duration: Some(90),
        timezone: Some("Asia/Kolkata".to_owned()),
        ..WebinarChange::default()
    };
    let delivery = scene.app.stage.zoom.update_webinar(scene.webinar, change).await.unwrap().unwrap();
    assert_eq!(delivery.status.map(|status| status / 100), Some(2), "{delivery:?}");
    until("the new times in Marketo", || async {
        (my_tokens(&scene.app, WEBINAR_PROGRAM)["Webinar Time Zone"] == "Asia/Kolkata (UTC+05:30)").then_some(())
    })
    .await;
    let shown = connection(&scene.admin, WEBINAR_PROGRAM).await;
    let webinar = &shown["webinar"];
    assert_eq!((&webinar["topic"], &webinar["description"]), (&json!("Renamed"), &json!("Rewritten.")));
    assert_eq!((&webinar["start_time"], &webinar["duration"]), (&json!(start.to_string()), &json!(90)));
    assert_eq!(webinar["timezone"], "Asia/Kolkata");
    let tokens = my_tokens(&scene.app, WEBINAR_PROGRAM);
    assert_eq!((&*tokens["Webinar Topic"], &*tokens["Webinar Duration"]), ("Renamed", "90 minutes"));
}

#[tokio::test]
async fn r4_what_lost_events_told_the_refresh_finds() {
    let scene = Scene::set(App::start().await).await;
    let zoom = &scene.app.stage.zoom;
    zoom.set_event_url("http://127.0.0.1:9/");
    let change = WebinarChange { topic: Some("Renamed".to_owned()), ..WebinarChange::default() };
    let delivery = zoom.update_webinar(scene.webinar, change).await.unwrap().unwrap();
    assert_eq!(delivery.status, None, "{delivery:?}");
    // It was read just now, so the tick lets it be: Zoom's calls are the account's.
    let details = || zoom.log().count("GET", &format!("/v2/webinars/{}", scene.webinar));
    let before = details();
    scene.admin.tick().await.unwrap().ok().unwrap();
    assert_eq!(details(), before);
    assert_eq!(connection(&scene.admin, WEBINAR_PROGRAM).await["webinar"]["topic"], "Launch day");

    assert_eq!(refresh(&scene.admin, WEBINAR_PROGRAM).await["webinar"]["topic"], "Renamed");
    assert_eq!(my_tokens(&scene.app, WEBINAR_PROGRAM)["Webinar Topic"], "Renamed");
}

#[tokio::test]
async fn r13_a_start_that_moves_after_people_registered_is_kept_in_a_history() {
    let starts = [in_hours(24), in_hours(48), in_hours(30)];
    let webinar = NewWebinar { start_time: Some(starts[0]), ..NewWebinar::default() };
    let scene = Scene::set_with(App::start().await, webinar).await;
    assert_eq!(connection(&scene.admin, WEBINAR_PROGRAM).await["moved_from"], json!([]));
    let leads = scene.add_leads(2);
    let run = scene.app.stage.marketo.run_campaign(scene.campaign(&leads)).await.unwrap();
    assert!(run.outcomes().values().all(|outcome| outcome.success), "{:#?}", run.outcomes());
    for moves in 1..starts.len() {
        let change = WebinarChange { start_time: Some(starts[moves]), ..WebinarChange::default() };
        scene.app.stage.zoom.update_webinar(scene.webinar, change).await.unwrap();
        let former: Vec<_> = starts[..moves].iter().map(ToString::to_string).collect();
        let shown = until("the history", || async {
            let shown = connection(&scene.admin, WEBINAR_PROGRAM).await;
            (shown["moved_from"] == json!(former)).then_some(shown)
        })
        .await;
        assert_eq!(shown["webinar"]["start_time"], starts[moves].to_string());
        // Information, not trouble.
        assert_eq!(shown["problem"], json!(null));
    }
    // Whoever was registered stays so, with the link that the confirmation had.
    assert_eq!(scene.app.stage.zoom.webinar(scene.webinar).unwrap().registrants.len(), leads.len());
}

#[tokio::test]
async fn r4_deletion_and_a_switch_to_recurring_are_problems_until_they_are_undone() {
    let scene = Scene::set(App::start().await).await;
    let zoom = &scene.app.stage.zoom;
    let events = EVENTS.iter().copied().chain(["webinar.recovered"]).map(str::to_owned).collect();
    zoom.set_events(EventSettings { events: Some(events), ..EventSettings::default() });
    let kind = |kind| WebinarChange { kind: Some(kind), ..WebinarChange::default() };
    let before = my_tokens(&scene.app, WEBINAR_PROGRAM);

    zoom.update_webinar(scene.webinar, kind(9)).await.unwrap();
    until_problem(&scene, json!("WEBINAR_RECURRING")).await;
    zoom.update_webinar(scene.webinar, kind(5)).await.unwrap();
    until_problem(&scene, Value::Null).await;

    zoom.delete_webinar(scene.webinar).await.unwrap();
    until_problem(&scene, json!("WEBINAR_NOT_FOUND")).await;
    // What was known of it is shown still, here and in Marketo.
    assert_eq!(connection(&scene.admin, WEBINAR_PROGRAM).await["webinar"]["topic"], "Launch day");
    assert_eq!(my_tokens(&scene.app, WEBINAR_PROGRAM), before);
    let refreshed = refresh(&scene.admin, WEBINAR_PROGRAM).await;
    assert_eq!(refreshed["problem"]["code"], "WEBINAR_NOT_FOUND");
    assert!(refreshed["problem"]["detail"].as_str().unwrap().contains("connect the program to another"));
    zoom.recover_webinar(scene.webinar).await.unwrap();
    until_problem(&scene, Value::Null).await;
    scene.app.assert_no_trap();
}
