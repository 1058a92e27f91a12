//! Changes in Zoom: through events, and found by a refresh without them (R4, R13).

use super::support::{connection, in_hours, my_tokens, refresh};
use crate::harness::{App, Fixture, wait_for};
use fakes::marketo::subscription::WEBINAR_PROGRAM;
use fakes::zoom::{EVENTS, EventSettings, NewWebinar, WebinarChange};
use serde_json::{Value, json};

/// Waits until the connection's problem has a code; null for no problem.
async fn wait_for_problem(fixture: &Fixture, code: Value) {
    wait_for(&format!("the problem {code}"), || async {
        (connection(&fixture.admin, WEBINAR_PROGRAM).await["problem"]["code"] == code).then_some(())
    })
    .await;
}

#[tokio::test]
async fn r4_event_updates_the_snapshot_and_my_tokens() {
    let fixture = Fixture::new(App::start().await).await;
    let start = in_hours(100);
    let change = WebinarChange {
        topic: Some("Renamed".to_owned()),
        agenda: Some("Rewritten.".to_owned()),
        start_time: Some(start),
        duration: Some(90),
        timezone: Some("Asia/Kolkata".to_owned()),
        ..WebinarChange::default()
    };
    let delivery = fixture.app.env.zoom.update_webinar(fixture.webinar, change).await.unwrap().unwrap();
    assert_eq!(delivery.status.map(|status| status / 100), Some(2), "{delivery:?}");
    wait_for("the new times in Marketo", || async {
        (my_tokens(&fixture.app, WEBINAR_PROGRAM)["Webinar Time Zone"] == "Asia/Kolkata (UTC+05:30)").then_some(())
    })
    .await;
    let shown = connection(&fixture.admin, WEBINAR_PROGRAM).await;
    let webinar = &shown["webinar"];
    assert_eq!((&webinar["topic"], &webinar["description"]), (&json!("Renamed"), &json!("Rewritten.")));
    assert_eq!((&webinar["start_time"], &webinar["duration"]), (&json!(start.to_string()), &json!(90)));
    assert_eq!(webinar["timezone"], "Asia/Kolkata");
    let tokens = my_tokens(&fixture.app, WEBINAR_PROGRAM);
    assert_eq!((&*tokens["Webinar Topic"], &*tokens["Webinar Duration"]), ("Renamed", "90 minutes"));
}

#[tokio::test]
async fn r4_refresh_finds_changes_of_lost_events() {
    let fixture = Fixture::new(App::start().await).await;
    let zoom = &fixture.app.env.zoom;
    zoom.set_event_url("http://127.0.0.1:9/");
    let change = WebinarChange { topic: Some("Renamed".to_owned()), ..WebinarChange::default() };
    let delivery = zoom.update_webinar(fixture.webinar, change).await.unwrap().unwrap();
    assert_eq!(delivery.status, None, "{delivery:?}");
    // The tick skips a webinar that was just read, to save the account's Zoom calls.
    let details = || zoom.log().count("GET", &format!("/v2/webinars/{}", fixture.webinar));
    let before = details();
    fixture.admin.tick().await.unwrap().ok().unwrap();
    assert_eq!(details(), before);
    assert_eq!(connection(&fixture.admin, WEBINAR_PROGRAM).await["webinar"]["topic"], "Launch day");

    assert_eq!(refresh(&fixture.admin, WEBINAR_PROGRAM).await["webinar"]["topic"], "Renamed");
    assert_eq!(my_tokens(&fixture.app, WEBINAR_PROGRAM)["Webinar Topic"], "Renamed");
}

#[tokio::test]
async fn r13_previous_starts_are_kept_when_a_webinar_is_moved_after_registrations() {
    let starts = [in_hours(24), in_hours(48), in_hours(30)];
    let webinar = NewWebinar { start_time: Some(starts[0]), ..NewWebinar::default() };
    let fixture = Fixture::with_webinar(App::start().await, webinar).await;
    assert_eq!(connection(&fixture.admin, WEBINAR_PROGRAM).await["moved_from"], json!([]));
    let leads = fixture.add_leads(2);
    let run = fixture.app.env.marketo.run_campaign(fixture.campaign(&leads)).await.unwrap();
    assert!(run.outcomes().values().all(|outcome| outcome.success), "{:#?}", run.outcomes());
    for moves in 1..starts.len() {
        let change = WebinarChange { start_time: Some(starts[moves]), ..WebinarChange::default() };
        fixture.app.env.zoom.update_webinar(fixture.webinar, change).await.unwrap();
        let previous: Vec<_> = starts[..moves].iter().map(ToString::to_string).collect();
        let shown = wait_for("the previous starts", || async {
            let shown = connection(&fixture.admin, WEBINAR_PROGRAM).await;
            (shown["moved_from"] == json!(previous)).then_some(shown)
        })
        .await;
        assert_eq!(shown["webinar"]["start_time"], starts[moves].to_string());
        // A moved start is no problem.
        assert_eq!(shown["problem"], json!(null));
    }
    // Registrants and their links remain.
    assert_eq!(fixture.app.env.zoom.webinar(fixture.webinar).unwrap().registrants.len(), leads.len());
}

#[tokio::test]
async fn r4_deletion_and_a_switch_to_recurring_are_problems_until_undone() {
    let fixture = Fixture::new(App::start().await).await;
    let zoom = &fixture.app.env.zoom;
    let events = EVENTS.iter().copied().chain(["webinar.recovered"]).map(str::to_owned).collect();
    zoom.set_events(EventSettings { events: Some(events), ..EventSettings::default() });
    let kind = |kind| WebinarChange { kind: Some(kind), ..WebinarChange::default() };
    let before = my_tokens(&fixture.app, WEBINAR_PROGRAM);

    zoom.update_webinar(fixture.webinar, kind(9)).await.unwrap();
    wait_for_problem(&fixture, json!("WEBINAR_RECURRING")).await;
    zoom.update_webinar(fixture.webinar, kind(5)).await.unwrap();
    wait_for_problem(&fixture, Value::Null).await;

    zoom.delete_webinar(fixture.webinar).await.unwrap();
    wait_for_problem(&fixture, json!("WEBINAR_NOT_FOUND")).await;
    // The last snapshot stays visible in the console and in Marketo.
    assert_eq!(connection(&fixture.admin, WEBINAR_PROGRAM).await["webinar"]["topic"], "Launch day");
    assert_eq!(my_tokens(&fixture.app, WEBINAR_PROGRAM), before);
    let refreshed = refresh(&fixture.admin, WEBINAR_PROGRAM).await;
    assert_eq!(refreshed["problem"]["code"], "WEBINAR_NOT_FOUND");
    assert!(refreshed["problem"]["detail"].as_str().unwrap().contains("connect the program to another"));
    zoom.recover_webinar(fixture.webinar).await.unwrap();
    wait_for_problem(&fixture, Value::Null).await;
    fixture.app.assert_no_trap();
}
