//! Sessions, reports and absentees.

use fakes::zoom::{ADMIN, Attendance, HeldSession, Joining, NewRegistrant, NewWebinar, Panelist, Person, ReportTiming};
use jiff::SignedDuration;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Value, json};

use crate::app::App;

fn registrant(email: &str) -> Person {
    Person::Registrant(email.to_owned())
}

fn encoded(text: &str) -> String {
    utf8_percent_encode(text, NON_ALPHANUMERIC).to_string()
}

fn rows(report: &Value) -> &Vec<Value> {
    report["participants"].as_array().unwrap()
}

/// Adds a webinar with two registrants. One of them attends twice.
async fn held(app: &App) -> u64 {
    let id = app.webinar(NewWebinar::default());
    app.register(id, "bo@x.com").await;
    app.register(id, "cy@x.com").await;
    let attendance = vec![
        Attendance::during(registrant("bo@x.com"), 0, 600),
        Attendance::during(registrant("bo@x.com"), 1200, 300),
        Attendance::throughout(Person::User(ADMIN.to_owned())),
        Attendance::during(Person::Guest("Gus".to_owned()), 0, 60),
        Attendance::during(Person::DialIn("+15550100".to_owned()), 0, 60),
        Attendance { waiting_room: true, ..Attendance::during(registrant("cy@x.com"), 0, 60) },
    ];
    app.zoom.hold_webinar(id, HeldSession { attendance, ..HeldSession::default() }).await.unwrap();
    id
}

#[tokio::test]
async fn report_has_a_row_per_stay() {
    let app = App::start().await;
    let id = held(&app).await;
    let path = format!("/report/webinars/{id}/participants?page_size=300");
    let (status, plain) = app.get(&path).await;
    assert_eq!((status, rows(&plain).len()), (200, 6));
    assert_eq!(rows(&plain)[0].get("registrant_id"), None);

    let (_, report) = app.get(&format!("{path}&include_fields=registrant_id")).await;
    let report = rows(&report);
    let registrant = &app.zoom.webinar(id).unwrap().registrants[0].id;
    for (row, seconds) in [(0, 600), (1, 300)] {
        assert_eq!(report[row]["registrant_id"], registrant.as_str());
        assert_eq!((&report[row]["user_email"], &report[row]["duration"]), (&json!("bo@x.com"), &json!(seconds)));
    }
    assert_ne!(report[0]["user_id"], report[1]["user_id"]);
    assert_eq!((&report[2]["user_email"], report[2]["id"] == ""), (&json!(ADMIN), false));
    assert_eq!((&report[3]["name"], &report[3]["user_email"]), (&json!("Gus"), &json!("")));
    assert_eq!((&report[4]["name"], &report[4]["registrant_id"]), (&json!("+15550100"), &json!("")));
    assert_eq!(report[5]["status"], "in_waiting_room");

    let (_, past) = app.get(&format!("/past_webinars/{id}/participants?page_size=4")).await;
    assert_eq!((rows(&past).len(), &past["total_records"]), (4, &json!(6)));
    assert_ne!(past["next_page_token"], "");
    assert_eq!(rows(&past)[2]["internal_user"], true);

    let (_, detail) = app.get(&format!("/report/webinars/{id}")).await;
    assert_eq!((&detail["duration"], &detail["participants_count"]), (&json!(60), &json!(6)));
}

#[tokio::test]
async fn row_may_lack_the_registrant_id_or_the_address() {
    let app = App::start().await;
    let id = app.webinar(NewWebinar::default());
    app.register(id, "bo@x.com").await;
    let stay = || Attendance::throughout(registrant("bo@x.com"));
    let attendance = vec![
        Attendance { without_registrant_id: true, ..stay() },
        Attendance { without_email: true, display_name: Some("Bo B".to_owned()), ..stay() },
    ];
    app.zoom.hold_webinar(id, HeldSession { attendance, ..HeldSession::default() }).await.unwrap();
    let (_, report) = app.get(&format!("/report/webinars/{id}/participants?include_fields=registrant_id")).await;
    let report = rows(&report);
    assert_eq!((report[0].get("registrant_id"), &report[0]["user_email"]), (None, &json!("bo@x.com")));
    assert_eq!((&report[1]["user_email"], &report[1]["name"]), (&json!(""), &json!("Bo B")));
    assert_eq!(report[1]["registrant_id"], app.zoom.webinar(id).unwrap().registrants[0].id.as_str());
    // Zoom knows who was there.
    let (_, absent) = app.get(&format!("/past_webinars/{id}/absentees")).await;
    assert_eq!(absent["total_records"], 0);
}

#[tokio::test]
async fn absentees_are_approved_registrants_who_never_left_the_waiting_room() {
    let app = App::start().await;
    let id = held(&app).await;
    let (_, absent) = app.get(&format!("/past_webinars/{id}/absentees?page_size=300")).await;
    assert_eq!(absent["total_records"], 1);
    assert_eq!(absent["registrants"][0]["email"], "cy@x.com");

    let open = app.webinar(NewWebinar { approval_type: 2, ..NewWebinar::default() });
    app.zoom.hold_webinar(open, HeldSession::default()).await.unwrap();
    let (status, body) = app.get(&format!("/past_webinars/{open}/absentees")).await;
    assert_eq!((status, &body["code"]), (400, &json!(3000)));
}

#[tokio::test]
async fn uuid_with_slashes_must_be_encoded_twice() {
    let app = App::start().await;
    let id = app.webinar(NewWebinar::default());
    for _ in 0..6 {
        app.zoom.hold_webinar(id, HeldSession::default()).await.unwrap();
    }
    let (_, instances) = app.get(&format!("/past_webinars/{id}/instances")).await;
    let mut awkward = 0;
    for instance in instances["webinars"].as_array().unwrap() {
        let uuid = instance["uuid"].as_str().unwrap();
        let once = encoded(uuid);
        let twice = encoded(&once);
        let must = uuid.starts_with('/') || uuid.contains("//");
        awkward += usize::from(must);
        let detail = async |uuid: &str| app.get(&format!("/report/webinars/{uuid}")).await;
        assert_eq!(detail(&once).await.0, if must { 404 } else { 200 }, "{uuid}");
        let (status, found) = detail(&twice).await;
        assert_eq!((status, &found["uuid"]), (200, &json!(uuid)));
        let (status, _) = app.get(&format!("/past_webinars/{twice}/participants")).await;
        assert_eq!(status, 200);
    }
    assert_eq!((instances["webinars"].as_array().unwrap().len(), awkward), (6, 2));
}

#[tokio::test]
async fn webinar_without_a_session_has_no_report() {
    let app = App::start().await;
    let id = app.webinar(NewWebinar::default());
    for path in ["report/webinars/ID", "report/webinars/ID/participants", "past_webinars/ID/participants"] {
        let (status, body) = app.get(&format!("/{}", path.replace("ID", &id.to_string()))).await;
        assert_eq!((status, &body["code"]), (404, &json!(3001)), "{path}");
    }
    let (status, instances) = app.get(&format!("/past_webinars/{id}/instances")).await;
    assert_eq!((status, instances), (200, json!({ "webinars": [] })));
}

#[tokio::test]
async fn report_is_late_then_lacks_durations_then_grows() {
    let app = App::start().await;
    app.zoom.set_report_timing(ReportTiming {
        delay_seconds: 100,
        zero_duration_seconds: 100,
        growth_seconds: 400,
        ..ReportTiming::default()
    });
    let id = held(&app).await;
    let path = format!("/report/webinars/{id}/participants");
    let seen = async |seconds| {
        app.zoom.clock().advance(SignedDuration::from_secs(seconds));
        let (status, report) = app.get(&path).await;
        let known = report["participants"][0]["duration"].as_i64().unwrap_or_default() > 0;
        (status, report["total_records"].as_u64(), known)
    };
    assert_eq!(seen(0).await, (404, None, false));
    assert_eq!(seen(110).await, (200, Some(1), false));
    assert_eq!(seen(200).await, (200, Some(3), true));
    assert_eq!(seen(400).await, (200, Some(6), true));
}

#[tokio::test]
async fn people_join_and_leave_a_running_session() {
    let app = App::start().await;
    let id = app.webinar(NewWebinar::default());
    app.register(id, "bo@x.com").await;
    let practice = app.zoom.start_practice(id).await.unwrap();
    app.zoom.end_webinar(id).await.unwrap();
    let started = app.zoom.start_webinar(id).await.unwrap();
    assert_ne!(started.uuid, practice.uuid);
    let joining = Joining { person: registrant("bo@x.com"), waiting_room: false };
    let stay = app.zoom.join(id, joining.clone()).await.unwrap();
    app.zoom.clock().advance(SignedDuration::from_secs(300));
    app.zoom.leave(id, &stay).await.unwrap();
    app.zoom.join(id, joining).await.unwrap();
    let unknown = Joining { person: registrant("unknown@x.com"), waiting_room: false };
    assert!(app.zoom.join(id, unknown).await.is_err());
    assert_eq!(app.get(&format!("/report/webinars/{id}/participants")).await.0, 404, "it runs");
    app.zoom.clock().advance(SignedDuration::from_secs(60));
    app.zoom.end_webinar(id).await.unwrap();

    let (_, report) = app.get(&format!("/report/webinars/{id}/participants")).await;
    let durations: Vec<i64> = rows(&report).iter().map(|row| row["duration"].as_i64().unwrap()).collect();
    // The clock runs on in real time between the moves.
    assert!(matches!(durations[..], [300..330, 60..90]), "{durations:?}");
    let (_, instances) = app.get(&format!("/past_webinars/{id}/instances")).await;
    assert_eq!(instances["webinars"].as_array().unwrap().len(), 1, "practice is no instance");
}

#[tokio::test]
async fn reports_of_a_deleted_webinar_remain_for_six_months() {
    let mut app = App::start().await;
    let id = held(&app).await;
    app.zoom.delete_webinar(id).await.unwrap();
    assert_eq!(app.get(&format!("/webinars/{id}")).await.0, 404);
    assert_eq!(app.get(&format!("/report/webinars/{id}/participants")).await.0, 200);
    app.zoom.clock().advance(SignedDuration::from_hours(24 * 200));
    app.sign_in().await;
    let (status, body) = app.get(&format!("/report/webinars/{id}/participants")).await;
    assert_eq!((status, &body["code"]), (400, &json!(12702)));
}

#[tokio::test]
async fn panelists_and_alternative_hosts_are_shown() {
    let app = App::start().await;
    let panelist = Panelist { email: "speaker@y.com".into(), name: "Spea Ker".into() };
    let alternative_hosts = "second@x.com;third@x.com".to_owned();
    let new = NewWebinar { panelists: vec![panelist], alternative_hosts, ..NewWebinar::default() };
    let id = app.zoom.add_webinar(new).unwrap().id;
    let (status, list) = app.get(&format!("/webinars/{id}/panelists")).await;
    assert_eq!((status, &list["panelists"][0]["email"]), (200, &json!("speaker@y.com")));
    let (_, shown) = app.get(&format!("/webinars/{id}")).await;
    assert_eq!(shown["settings"]["alternative_hosts"], "second@x.com;third@x.com");
}

#[tokio::test]
async fn lists_come_late_and_a_registration_that_its_person_cancels_vanishes() {
    let app = App::start().await;
    let id = held(&app).await;
    let timing = ReportTiming { listing_delay_seconds: 100, absentees_delay_seconds: 200, ..ReportTiming::default() };
    app.zoom.set_report_timing(timing);
    for (instances, absentees) in [(0, 404), (1, 404), (1, 200)] {
        let (_, list) = app.get(&format!("/past_webinars/{id}/instances")).await;
        assert_eq!(list["webinars"].as_array().unwrap().len(), instances);
        assert_eq!(app.get(&format!("/past_webinars/{id}/absentees")).await.0, absentees);
        app.zoom.clock().advance(SignedDuration::from_secs(110));
    }
    let open = app.zoom.add_webinar(NewWebinar::default()).unwrap().id;
    let new = NewRegistrant { email: "ada@x.com".into(), first_name: "Ada".into(), ..NewRegistrant::default() };
    let first = app.zoom.register_on_zoom(open, new.clone()).await.unwrap();
    app.zoom.set_registration(open, "ada@x.com", "withdraw").await.unwrap();
    for status in ["approved", "pending", "denied"] {
        let (_, list) = app.get(&format!("/webinars/{open}/registrants?status={status}")).await;
        assert_eq!(list["total_records"], 0, "{status}");
    }
    assert_eq!(app.get(&format!("/webinars/{open}/registrants/{}", first.id)).await.0, 404);
    assert_ne!(app.zoom.register_on_zoom(open, new).await.unwrap().id, first.id);
}
