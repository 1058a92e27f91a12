//! What Marketo shows of a program's webinar: its My Tokens (R4).

use super::people::{connection, my_tokens, refresh, tokens_written};
use crate::harness::{App, Scene};
use fakes::marketo::world::{MyToken, MyTokenType, WEBINAR_PROGRAM};
use fakes::zoom::{NewWebinar, WebinarChange};
use jiff::Timestamp;
use serde_json::json;
use std::collections::BTreeMap;

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn expected(tokens: &[(&str, &str)]) -> BTreeMap<String, String> {
    tokens.iter().map(|&(name, value)| (name.to_owned(), value.to_owned())).collect()
}

#[tokio::test]
async fn r4_all_tokens_of_a_webinar_that_runs_while_the_clocks_of_new_york_go_back() {
    // In 2035 they go back from 2:00 to 1:00 on November 4, at 06:00 UTC.
    let webinar = NewWebinar {
        topic: "Late night".to_owned(),
        agenda: "First line.\nSecond line.".to_owned(),
        start_time: Some(at("2035-11-04T05:30:00Z")),
        duration: 120,
        timezone: "America/New_York".to_owned(),
        ..NewWebinar::default()
    };
    let scene = Scene::set_with(App::start().await, webinar).await;
    let id = scene.webinar.to_string();
    let personal = "Each registrant has a personal link; use the token member.webinar url.";
    let mut tokens = expected(&[
        ("Webinar Topic", "Late night"),
        ("Webinar Description", "First line.\nSecond line."),
        ("Webinar Start Date", "Sunday, November 4, 2035"),
        ("Webinar Start Time", "1:30 AM"),
        ("Webinar Duration", "120 minutes"),
        ("Webinar End Time", "2:30 AM UTC-05:00"),
        ("Webinar Time Zone", "America/New_York (UTC-04:00)"),
        ("Webinar ID", &id),
        ("Webinar Join Link", personal),
    ]);
    assert_eq!(my_tokens(&scene.app, WEBINAR_PROGRAM), tokens);

    // A day later, by UTC: an hour earlier on the clock, and in winter time.
    let change = WebinarChange { start_time: Some(at("2035-11-05T05:30:00Z")), ..WebinarChange::default() };
    scene.app.stage.zoom.update_webinar(scene.webinar, change).await.unwrap();
    refresh(&scene.admin, WEBINAR_PROGRAM).await;
    tokens.extend(expected(&[
        ("Webinar Start Date", "Monday, November 5, 2035"),
        ("Webinar Start Time", "12:30 AM"),
        ("Webinar End Time", "2:30 AM"),
        ("Webinar Time Zone", "America/New_York (UTC-05:00)"),
    ]));
    assert_eq!(my_tokens(&scene.app, WEBINAR_PROGRAM), tokens);
}

#[tokio::test]
async fn r4_times_on_lord_howe_whose_clocks_change_by_half_an_hour() {
    // In 2035 they go forward from 2:00 to 2:30 on October 7, at 15:30 UTC of the day before.
    let webinar = NewWebinar {
        start_time: Some(at("2035-10-06T15:00:00Z")),
        timezone: "Australia/Lord_Howe".to_owned(),
        ..NewWebinar::default()
    };
    let scene = Scene::set_with(App::start().await, webinar).await;
    let tokens = my_tokens(&scene.app, WEBINAR_PROGRAM);
    for (name, value) in [
        ("Webinar Start Date", "Sunday, October 7, 2035"),
        ("Webinar Start Time", "1:30 AM"),
        ("Webinar Duration", "60 minutes"),
        ("Webinar End Time", "3:00 AM UTC+11:00"),
        ("Webinar Time Zone", "Australia/Lord_Howe (UTC+10:30)"),
    ] {
        assert_eq!(tokens[name], value, "{name}");
    }
}

#[tokio::test]
async fn r4_tokens_are_written_only_when_they_differ() {
    let scene = Scene::set(App::start().await).await;
    let (zoom, marketo) = (&scene.app.stage.zoom, &scene.app.stage.marketo);
    assert_eq!(tokens_written(&scene.app), 9);
    let calls = |method: &str| marketo.log().count(method, "/rest/asset/v1/**");
    let reads = calls("GET");
    refresh(&scene.admin, WEBINAR_PROGRAM).await;
    assert_eq!(tokens_written(&scene.app), 9, "nothing had changed");
    println!("a refresh without a change: {} asset calls, all of them reads", calls("GET") - reads);

    // A marketer's own token and value: the one stays, the other is put right.
    marketo.arrange(|world| {
        let tokens = &mut world.programs.get_mut(&WEBINAR_PROGRAM).unwrap().my_tokens;
        let text = |value: &str| MyToken { kind: MyTokenType::Text, value: value.to_owned() };
        tokens.insert("Speaker".to_owned(), text("Ada"));
        tokens.insert("Webinar Start Time".to_owned(), text("whenever"));
    });
    refresh(&scene.admin, WEBINAR_PROGRAM).await;
    let tokens = my_tokens(&scene.app, WEBINAR_PROGRAM);
    assert_eq!((tokens_written(&scene.app), tokens["Speaker"].as_str()), (10, "Ada"));
    assert_ne!(tokens["Webinar Start Time"], "whenever");

    // No event tells of this change, so that the refresh alone writes.
    zoom.set_event_url("http://127.0.0.1:9/");
    let change = WebinarChange { topic: Some("New".to_owned()), duration: Some(61), ..WebinarChange::default() };
    zoom.update_webinar(scene.webinar, change).await.unwrap();
    refresh(&scene.admin, WEBINAR_PROGRAM).await;
    let writes = marketo.log().matching("POST", "/rest/asset/v1/folder/*/tokens.json");
    let written: Vec<_> = writes.iter().skip(10).map(|call| call.body["name"].as_str().unwrap()).collect();
    assert_eq!(written, ["Webinar Topic", "Webinar Duration", "Webinar End Time"]);
    for call in &writes {
        // As the asset API wants it.
        assert_eq!(call.headers["content-type"], "application/x-www-form-urlencoded");
        assert_eq!((&call.body["type"], &call.body["folderType"]), (&json!("text"), &json!("Program")));
    }
}

#[tokio::test]
async fn r4_odd_and_long_texts_arrive_as_they_are_up_to_zooms_limits() {
    let odd = r#"<b>R&D</b> & "Öl" 100% +1 = 'ß' {{lead.First Name}} 漢字 🎉 ;/?#\ "#;
    let topic: String = odd.chars().cycle().take(199).chain(['.']).collect();
    let agenda: String = odd.chars().cycle().take(1_999).chain(['.']).collect();
    let webinar = NewWebinar { topic: topic.clone(), agenda: agenda.clone(), ..NewWebinar::default() };
    let scene = Scene::set_with(App::start().await, webinar).await;
    let shown = |name: &str| my_tokens(&scene.app, WEBINAR_PROGRAM)[name].clone();
    assert_eq!((shown("Webinar Topic"), shown("Webinar Description")), (topic.clone(), agenda.clone()));
    assert_eq!(connection(&scene.admin, WEBINAR_PROGRAM).await["webinar"]["topic"], topic);

    // Beyond the limits, which Zoom itself does not pass, texts are cut between two characters.
    let change = WebinarChange {
        topic: Some(format!("{topic}🎉 too long")),
        agenda: Some(format!("{agenda}{}", "🎉".repeat(50_000))),
        ..WebinarChange::default()
    };
    scene.app.stage.zoom.update_webinar(scene.webinar, change).await.unwrap();
    assert_eq!(refresh(&scene.admin, WEBINAR_PROGRAM).await["problem"], json!(null));
    assert_eq!((shown("Webinar Topic"), shown("Webinar Description")), (topic, agenda));

    // One line in Marketo, since it goes into subject lines; and never empty, which would show the token's name.
    let change = WebinarChange {
        topic: Some("Two\r\nlines".to_owned()),
        agenda: Some(String::new()),
        ..WebinarChange::default()
    };
    scene.app.stage.zoom.update_webinar(scene.webinar, change).await.unwrap();
    refresh(&scene.admin, WEBINAR_PROGRAM).await;
    assert_eq!((shown("Webinar Topic"), shown("Webinar Description")), ("Two lines".to_owned(), "\u{a0}".to_owned()));
    scene.app.assert_no_trap();
}
