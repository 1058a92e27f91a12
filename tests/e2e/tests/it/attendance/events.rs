//! Zoom's events: their authentication, their effects, and how little happens before the response.

use super::support::{
    INSTANCES, counts, hold, program_attendance, register_on_zoom, throughout, tick, wait_for_attendance,
    wait_for_incomplete_report,
};
use crate::harness::{App, Browser, Fixture, InstanceStats, Page, email, wait_for};
use fakes::marketo::subscription::WEBINAR_PROGRAM;
use fakes::zoom::{NewWebinar, WebinarChange};
use futures::future::join_all;
use jiff::{SignedDuration, Timestamp};
use reqwest::Method;
use serde_json::{Value, json};

const EVENTS: &str = "/zoom/events";

/// Sends a body with the given timestamp and signature headers.
async fn send(app: &App, body: &[u8], timestamp: &str, signature: &str) -> Page {
    let request = Browser::new(app).request(Method::POST, EVENTS).header("content-type", "application/json");
    let request = request.header("x-zm-request-timestamp", timestamp).header("x-zm-signature", signature);
    Page::of(request.body(body.to_vec())).await
}

/// Sends a body signed as Zoom signs it now.
async fn send_signed(app: &App, body: &[u8]) -> Page {
    let (timestamp, signature) = app.env.zoom.sign(body);
    send(app, body, &timestamp, &signature).await
}

fn ended(webinar: Value) -> Value {
    json!({"event": "webinar.ended", "event_ts": 1, "payload": {"account_id": "acc_1", "object": {"id": webinar}}})
}

#[tokio::test]
async fn only_events_signed_by_zoom_are_accepted_and_at_any_age() {
    let app = App::start().await;
    // Spaces, escapes and a number beyond 64-bit floats: parsing and printing before verification would change this
    // text.
    let raw = br#"{ "event" :"webinar.\u0065nded", "n": 90071992547409931, "payload":{"object":{"id":"81"} }}  "#;
    let zoom = &app.env.zoom;
    let (now, signature) = zoom.sign(raw);
    assert_eq!(send(&app, raw, &now, &signature).await.status, 200);
    let stored = app.stored();
    assert!(stored.contains_key("ended:81"), "{:?}", stored.keys());

    // Zoom repeats an event for 85 minutes, and does not say whether with a new timestamp.
    for seconds in [-290, 290, -310, 310, -86_400] {
        let at = Timestamp::now() + SignedDuration::from_secs(seconds);
        let body = ended(json!("82"));
        let (timestamp, signature) = zoom.sign_at(at, body.to_string().as_bytes());
        let page = send(&app, body.to_string().as_bytes(), &timestamp, &signature).await;
        assert_eq!(page.status, 200, "{seconds} seconds off: {page:?}");
    }

    let printed = serde_json::from_slice::<Value>(raw).unwrap().to_string();
    let other_secret = fakes::zoom::Zoom::start(fakes::zoom::Options {
        webhook_secret: "another secret".to_owned(),
        ..fakes::zoom::Options::default()
    });
    let (_, of_other) = other_secret.await.unwrap().sign(raw);
    let shifted = (now.parse::<i64>().unwrap() + 1).to_string();
    let upper = signature.to_uppercase();
    let cut = &signature[..signature.len() - 1];
    let body = ended(json!("83")).to_string();
    for (what, body, timestamp, signature) in [
        ("printed after parsing", printed.as_bytes(), &*now, &*signature),
        ("another body", body.as_bytes(), &now, &signature),
        ("another secret", raw, &now, &of_other),
        ("another time", raw, &shifted, &signature),
        ("another case", raw, &now, &upper),
        ("cut off", raw, &now, cut),
        ("no time", raw, "", &signature),
        ("no number", raw, "soon", &signature),
        ("no signature", raw, &now, ""),
    ] {
        let page = send(&app, body, timestamp, signature).await;
        assert_eq!((page.status, &*page.code()), (401, "UNAUTHENTICATED"), "{what}");
    }
    let without = Browser::new(&app).request(Method::POST, EVENTS).body(raw.to_vec());
    assert_eq!(Page::of(without).await.status, 401);
    assert!(!app.stored().contains_key("ended:83"));
    zoom.validate_endpoint(&format!("{}{EVENTS}", app.url())).await.unwrap();
    app.assert_no_trap();
    app.assert_logs_are_clean();
}

#[tokio::test]
async fn each_event_is_answered_after_at_most_one_write_and_unknown_events_are_ignored() {
    const ENDS: usize = 40;
    let app = App::start().await;
    let sets = |app: &App| app.instances("attendance").iter().map(|one| one.key_value_sets).sum::<u64>();
    let unknown = [
        json!({"event": "webinar.invented_in_2030", "payload": {"object": {"id": "84"}}}),
        json!({"event": "meeting.ended", "payload": {"object": {"id": "85"}}}),
        json!({"event": "webinar.ended", "payload": null}),
        json!({"event": "webinar.ended", "payload": {"object": {"id": "eighty-six"}}}),
        json!({"event": "webinar.participant_joined", "payload": {"object": {"id": 87, "participant": 5}}}),
        json!({"event": "", "more": [1, {"deep": [[[]]]}]}),
    ];
    for event in &unknown {
        let page = send_signed(&app, event.to_string().as_bytes()).await;
        assert_eq!((page.status, &*page.text), (200, ""), "{event}");
    }
    for (body, status) in [("not json", 400), ("[1]", 400), ("{}", 400), (r#"{"event":1}"#, 400)] {
        let page = send_signed(&app, body.as_bytes()).await;
        assert_eq!((page.status, &*page.code()), (status, "INVALID_REQUEST"), "{body}");
    }
    let all =
        app.wait_for_instances("attendance", |ended| ended.iter().map(|one| one.requests).sum::<u64>() >= 10).await;
    // Each instance records at most once a minute that an event arrived.
    let noted = all.as_ref().map_or(0, Vec::len);
    let unknown_sets = sets(&app);
    assert!(unknown_sets <= noted as u64, "{all:?}");

    // Ids as strings and as numbers, concurrently.
    let id = |n: usize| if n.is_multiple_of(2) { json!(9_000 + n) } else { json!((9_000 + n).to_string()) };
    let answers = join_all((0..ENDS).map(|n| {
        let (app, body) = (&app, ended(id(n)).to_string());
        async move { send_signed(app, body.as_bytes()).await.status }
    }));
    assert_eq!(answers.await, [200; ENDS]);
    let stored = app.stored();
    assert!((0..ENDS).all(|n| stored.contains_key(&format!("ended:{}", 9_000 + n))));
    let requests = |ended: &[InstanceStats]| ended.iter().map(|one| one.requests).sum::<u64>();
    let all = app.wait_for_instances("attendance", |ended| requests(ended) >= 10 + ENDS as u64).await;
    if let Some(all) = all {
        let ends = sets(&app) - unknown_sets;
        println!("{ENDS} end events: {ends} values written by {} instances", all.len() - noted);
        assert!((ENDS as u64..=(ENDS + all.len() - noted) as u64).contains(&ends), "{all:?}");
    }
    app.assert_no_trap();
}

#[tokio::test]
async fn r13_practice_sessions_and_replays_change_nothing() {
    let fixture = Fixture::new(App::start().await).await;
    let zoom = &fixture.app.env.zoom;
    let leads = fixture.add_leads(3);
    fixture.run_campaign(&leads).await;
    register_on_zoom(&fixture, fixture.webinar, "Cara Stone", "stranger@example.net").await;

    zoom.start_practice(fixture.webinar).await.unwrap();
    let practice = zoom.end_webinar(fixture.webinar).await.unwrap().unwrap();
    assert_eq!((practice.status, &practice.body["payload"]["object"]["practice_session"]), (Some(200), &json!(true)));
    // The practice session has no report, and the webinar is planned for tomorrow.
    wait_for_incomplete_report(&fixture).await;
    assert_eq!(program_attendance(&fixture.admin, WEBINAR_PROGRAM).await["phase"], "waiting");

    let held = hold(&fixture, fixture.webinar, vec![throughout(&email(1)), throughout("stranger@example.net")]).await;
    let first = wait_for_attendance(&fixture, WEBINAR_PROGRAM).await;
    assert_eq!(counts(&first), [2, 2, 1]);
    let history = |n: usize| fixture.app.env.marketo.status_history(WEBINAR_PROGRAM, leads[n]);
    let before: Vec<_> = (0..3).map(history).collect();
    let end = held.delivery.unwrap();
    let looks = || zoom.log().count("GET", INSTANCES);
    let looks_before = looks();
    for _ in 0..3 {
        assert_eq!(zoom.resend(end.seq).await.unwrap().status, Some(200));
        // The replay names the same end, so it is no new signal for the tick either.
        assert_eq!(tick(&fixture.admin).await, 0);
        let after = program_attendance(&fixture.admin, WEBINAR_PROGRAM).await;
        assert_eq!((counts(&after), &after["phase"]), (counts(&first), &json!("settling")), "{after}");
    }
    assert_eq!(looks(), looks_before);
    assert_eq!((0..3).map(history).collect::<Vec<_>>(), before);
    assert_eq!(fixture.app.env.marketo.leads_by_email("stranger@example.net").len(), 1);
    fixture.app.assert_no_trap();
}

#[tokio::test]
async fn events_for_catalog_and_registration_reach_them_without_a_tick() {
    let fixture =
        Fixture::with_webinar(App::start().await, NewWebinar { approval_type: 1, ..NewWebinar::default() }).await;
    let (zoom, marketo) = (&fixture.app.env.zoom, &fixture.app.env.marketo);
    let leads = fixture.add_leads(1);
    fixture.run_campaign(&leads).await;
    assert_eq!(marketo.member(WEBINAR_PROGRAM, leads[0]).unwrap().text("webinarUrl"), "");
    zoom.set_registration(fixture.webinar, &email(1), "approve").await.unwrap();
    wait_for("the join link", || async {
        marketo.member(WEBINAR_PROGRAM, leads[0]).unwrap().text("webinarUrl").contains("tk=").then_some(())
    })
    .await;

    let change = WebinarChange { topic: Some("Renamed".to_owned()), ..WebinarChange::default() };
    zoom.update_webinar(fixture.webinar, change).await.unwrap();
    wait_for("the new topic", || async { (fixture.program().await["webinar"]["topic"] == "Renamed").then_some(()) })
        .await;
    fixture.app.assert_no_trap();
}
