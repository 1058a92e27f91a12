//! My Tokens: the webinar as Marketo shows it (R4).

use super::support::{connection, my_tokens, refresh, tokens_written};
use crate::harness::{App, Fixture};
use fakes::marketo::subscription::{MyToken, MyTokenType, WEBINAR_PROGRAM};
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
async fn r4_tokens_of_a_webinar_across_the_end_of_daylight_saving_time_in_new_york() {
    // In 2035 the clocks go back from 2:00 to 1:00 on November 4, at 06:00 UTC.
    let webinar = NewWebinar {
        topic: "Late night".to_owned(),
        agenda: "First line.\nSecond line.".to_owned(),
        start_time: Some(at("2035-11-04T05:30:00Z")),
        duration: 120,
        timezone: "America/New_York".to_owned(),
        ..NewWebinar::default()
    };
    let fixture = Fixture::with_webinar(App::start().await, webinar).await;
    let id = fixture.webinar.to_string();
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
    assert_eq!(my_tokens(&fixture.app, WEBINAR_PROGRAM), tokens);

    // 24 hours later: an hour earlier on the local clock, in standard time.
    let change = WebinarChange { start_time: Some(at("2035-11-05T05:30:00Z")), ..WebinarChange::default() };
    fixture.app.env.zoom.update_webinar(fixture.webinar, change).await.unwrap();
    refresh(&fixture.admin, WEBINAR_PROGRAM).await;
    tokens.extend(expected(&[
        ("Webinar Start Date", "Monday, November 5, 2035"),
        ("Webinar Start Time", "12:30 AM"),
        ("Webinar End Time", "2:30 AM"),
        ("Webinar Time Zone", "America/New_York (UTC-05:00)"),
    ]));
    assert_eq!(my_tokens(&fixture.app, WEBINAR_PROGRAM), tokens);
}

#[tokio::test]
async fn r4_times_on_lord_howe_with_its_half_hour_daylight_saving_shift() {
    // In 2035 the clocks go forward from 2:00 to 2:30 on October 7, at 15:30 UTC of the day before.
    let webinar = NewWebinar {
        start_time: Some(at("2035-10-06T15:00:00Z")),
        timezone: "Australia/Lord_Howe".to_owned(),
        ..NewWebinar::default()
    };
    let fixture = Fixture::with_webinar(App::start().await, webinar).await;
    let tokens = my_tokens(&fixture.app, WEBINAR_PROGRAM);
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
    let fixture = Fixture::new(App::start().await).await;
    let (zoom, marketo) = (&fixture.app.env.zoom, &fixture.app.env.marketo);
    assert_eq!(tokens_written(&fixture.app), 9);
    let calls = |method: &str| marketo.log().count(method, "/rest/asset/v1/**");
    let reads = calls("GET");
    refresh(&fixture.admin, WEBINAR_PROGRAM).await;
    assert_eq!(tokens_written(&fixture.app), 9, "a refresh without a change writes no token");
    println!("a refresh without a change: {} asset calls, all reads", calls("GET") - reads);

    // A marketer's own token stays; a changed value is corrected.
    marketo.arrange(|world| {
        let tokens = &mut world.programs.get_mut(&WEBINAR_PROGRAM).unwrap().my_tokens;
        let text = |value: &str| MyToken { kind: MyTokenType::Text, value: value.to_owned() };
        tokens.insert("Speaker".to_owned(), text("Ada"));
        tokens.insert("Webinar Start Time".to_owned(), text("whenever"));
    });
    refresh(&fixture.admin, WEBINAR_PROGRAM).await;
    let tokens = my_tokens(&fixture.app, WEBINAR_PROGRAM);
    assert_eq!((tokens_written(&fixture.app), tokens["Speaker"].as_str()), (10, "Ada"));
    assert_ne!(tokens["Webinar Start Time"], "whenever");

    // The event is lost, so that only the refresh writes.
    zoom.set_event_url("http://127.0.0.1:9/");
    let change = WebinarChange { topic: Some("New".to_owned()), duration: Some(61), ..WebinarChange::default() };
    zoom.update_webinar(fixture.webinar, change).await.unwrap();
    refresh(&fixture.admin, WEBINAR_PROGRAM).await;
    let writes = marketo.log().matching("POST", "/rest/asset/v1/folder/*/tokens.json");
    let written: Vec<_> = writes.iter().skip(10).map(|call| call.body["name"].as_str().unwrap()).collect();
    assert_eq!(written, ["Webinar Topic", "Webinar Duration", "Webinar End Time"]);
    for call in &writes {
        // The format that the asset API requires.
        assert_eq!(call.headers["content-type"], "application/x-www-form-urlencoded");
        assert_eq!((&call.body["type"], &call.body["folderType"]), (&json!("text"), &json!("Program")));
    }
}

#[tokio::test]
async fn r4_unusual_and_long_texts_arrive_unchanged_up_to_zooms_limits() {
    let odd = r#"<b>R&D</b> & "Öl" 100% +1 = 'ß' {{lead.First Name}} 漢字 🎉 ;/?#\ "#;
    let topic: String = odd.chars().cycle().take(199).chain(['.']).collect();
    let agenda: String = odd.chars().cycle().take(1_999).chain(['.']).collect();
    let webinar = NewWebinar { topic: topic.clone(), agenda: agenda.clone(), ..NewWebinar::default() };
    let fixture = Fixture::with_webinar(App::start().await, webinar).await;
    let shown = |name: &str| my_tokens(&fixture.app, WEBINAR_PROGRAM)[name].clone();
    assert_eq!((shown("Webinar Topic"), shown("Webinar Description")), (topic.clone(), agenda.clone()));
    assert_eq!(connection(&fixture.admin, WEBINAR_PROGRAM).await["webinar"]["topic"], topic);

    // Texts beyond Zoom's own limits are cut between two characters.
    let change = WebinarChange {
        topic: Some(format!("{topic}🎉 too long")),
        agenda: Some(format!("{agenda}{}", "🎉".repeat(50_000))),
        ..WebinarChange::default()
    };
    fixture.app.env.zoom.update_webinar(fixture.webinar, change).await.unwrap();
    assert_eq!(refresh(&fixture.admin, WEBINAR_PROGRAM).await["problem"], json!(null));
    assert_eq!((shown("Webinar Topic"), shown("Webinar Description")), (topic, agenda));

    // A topic is one line, because it appears in subject lines. A token is never empty, because Marketo would show its
    // name.
    let change = WebinarChange {
        topic: Some("Two\r\nlines".to_owned()),
        agenda: Some(String::new()),
        ..WebinarChange::default()
    };
    fixture.app.env.zoom.update_webinar(fixture.webinar, change).await.unwrap();
    refresh(&fixture.admin, WEBINAR_PROGRAM).await;
    assert_eq!((shown("Webinar Topic"), shown("Webinar Description")), ("Two lines".to_owned(), "\u{a0}".to_owned()));
    fixture.app.assert_no_trap();
}
