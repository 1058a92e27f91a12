//! The webinars that are offered (R3).

use super::support::{BOB, EVE, add_users, enable, ids, in_hours, listing, webinar_of};
use crate::harness::App;
use fakes::support::{Effect, Fault};
use fakes::zoom::{ADMIN, NewWebinar, UserChange};
use jiff::SignedDuration;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// The path of a user's webinar list.
const LISTS: &str = "/v2/users/*/webinars";

#[tokio::test]
async fn r3_lists_webinars_of_the_admin_and_enabled_users_once_each_by_start() {
    let app = App::start().await;
    let zoom = &app.env.zoom;
    add_users(&app, &[BOB, EVE]);
    let add = |webinar: NewWebinar| zoom.add_webinar(webinar).unwrap().id;
    let start = |host: &str, hours: i64| NewWebinar { start_time: Some(in_hours(hours)), ..webinar_of(host) };
    let third = add(start(ADMIN, 72));
    let second = add(start(BOB, 48));
    let fourth = add(start(BOB, 96));
    let under_way = in_hours(0) - SignedDuration::from_mins(30);
    let first = add(NewWebinar { start_time: Some(under_way), ..webinar_of(ADMIN) });
    // Not offered: another host's, recurring without and with fixed times, over.
    add(start(EVE, 24));
    add(NewWebinar { kind: 6, ..webinar_of(ADMIN) });
    add(NewWebinar { kind: 9, ..start(BOB, 24) });
    add(start(ADMIN, -2));

    let admin = app.admin();
    let service = admin.sign_in("Acme Webinars").await.unwrap();
    assert_eq!(ids(&listing(&admin, &service).await), [first, third], "webinars of the admin");
    // The admin among the users, and one user in two spellings.
    enable(&admin, &service, &[BOB, ADMIN, "Bob@Example.com"]).await;
    let listed = listing(&admin, &service).await;
    assert_eq!(ids(&listed), [first, second, third, fourth]);
    assert_eq!(listed["problems"], json!([]));
    let hosts: Vec<_> = listed["webinars"].as_array().unwrap().iter().map(|webinar| &webinar["host_email"]).collect();
    assert_eq!(hosts, [ADMIN, BOB, ADMIN, BOB]);
    enable(&admin, &service, &[]).await;
    assert_eq!(ids(&listing(&admin, &service).await), [first, third], "webinars of the admin again");
    app.assert_no_trap();
}

#[tokio::test]
async fn r3_all_pages_of_a_list_are_read() {
    let app = App::start().await;
    for hour in (1..=650).rev() {
        app.env.zoom.add_webinar(NewWebinar { start_time: Some(in_hours(hour)), ..NewWebinar::default() }).unwrap();
    }
    let admin = app.admin();
    let service = admin.sign_in("Acme Webinars").await.unwrap();
    let listed = listing(&admin, &service).await;
    let found = ids(&listed);
    let each: BTreeMap<_, _> = found.iter().map(|id| (id, ())).collect();
    assert_eq!((found.len(), each.len()), (650, 650));
    let starts: Vec<_> = listed["webinars"].as_array().unwrap().iter().map(|w| w["start_time"].as_str()).collect();
    assert!(starts.is_sorted(), "{starts:?}");
    assert_eq!(app.env.zoom.log().count("GET", LISTS), 3);
}

#[tokio::test]
async fn r3_meetings_and_recurring_webinars_in_a_list_are_not_offered() {
    let app = App::start().await;
    let zoom = &app.env.zoom;
    let single = zoom.add_webinar(NewWebinar::default()).unwrap().id;
    // Meetings of all types, a webinar of an unknown type, recurring webinars, and the single webinar twice.
    let kinds = [1, 2, 3, 4, 5, 5, 6, 8, 9, 10];
    let row = |(place, kind): (usize, &i32)| {
        let id = if *kind == 5 { single } else { 90_000_000_000 + place as u64 };
        json!({
            "id": id, "uuid": "u", "host_id": "h", "topic": format!("Type {kind}"), "agenda": "", "type": kind,
            "start_time": in_hours(24).to_string(), "duration": 60, "timezone": "UTC",
        })
    };
    let rows: Vec<Value> = kinds.iter().enumerate().map(row).collect();
    let body = json!({"page_size": 300, "total_records": rows.len(), "next_page_token": "", "webinars": rows});
    let admin = app.admin();
    let service = admin.sign_in("Acme Webinars").await.unwrap();
    let answered = |status, body| Effect::Status { status, body, headers: BTreeMap::new() };
    zoom.faults().add(Fault::once("GET", LISTS, answered(200, body)));
    // Details fail, so the list alone decides; otherwise rows unknown to Zoom would drop out.
    let refused = answered(400, json!({"code": 200, "message": "No permission."}));
    zoom.faults().add(Fault::once("GET", "/v2/webinars/*", refused).times(u32::MAX));
    assert_eq!(ids(&listing(&admin, &service).await), [single]);
    let meeting_requests = zoom.log().entries().into_iter().filter(|entry| entry.path.contains("meeting"));
    assert_eq!(meeting_requests.count(), 0);
}

#[tokio::test]
async fn r3_failing_user_is_reported_beside_the_list_and_hides_no_other_user() {
    let app = App::start().await;
    let zoom = &app.env.zoom;
    add_users(&app, &[BOB, EVE, "dan@example.com"]);
    let hosts = [ADMIN, BOB, EVE, "dan@example.com"];
    let of: Vec<u64> = hosts.iter().map(|host| zoom.add_webinar(webinar_of(host)).unwrap().id).collect();
    let admin = app.admin();
    let service = admin.sign_in("Acme Webinars").await.unwrap();
    enable(&admin, &service, &hosts[1..]).await;
    assert_eq!(ids(&listing(&admin, &service).await).len(), 4);

    zoom.change_user(BOB, UserChange { licensed: Some(false), ..UserChange::default() }).unwrap();
    zoom.remove_user(EVE).unwrap();
    let listed = listing(&admin, &service).await;
    let mut rest = ids(&listed);
    rest.sort_unstable();
    let mut expected = vec![of[0], of[3]];
    expected.sort_unstable();
    assert_eq!(rest, expected);
    let problems = listed["problems"].as_array().unwrap();
    let reported: Vec<_> = problems.iter().map(|problem| (&problem["user"], &problem["code"])).collect();
    assert_eq!(
        reported,
        [(&json!(BOB), &json!("HOST_LACKS_LICENCE")), (&json!(EVE), &json!("USER_NOT_FOUND"))],
        "{listed}"
    );
    assert!(problems[0]["detail"].as_str().unwrap().contains("licence"), "{listed}");

    zoom.change_user(BOB, UserChange { licensed: Some(true), ..UserChange::default() }).unwrap();
    assert_eq!(ids(&listing(&admin, &service).await).len(), 3);
}

#[tokio::test]
async fn r3_each_webinar_shows_its_registration_type_and_full_description() {
    let app = App::start().await;
    // Zoom's lists contain the first 250 characters only.
    let description = format!("What is new & why.\n{}\nEnd.", "Ünïcode 🎉 ".repeat(100));
    let mut expected = Vec::new();
    for (hours, (approval_type, word)) in (24..).zip([(0, "automatic"), (1, "manual"), (2, "none")]) {
        let start = in_hours(hours);
        let webinar = NewWebinar {
            agenda: description.clone(),
            approval_type,
            start_time: Some(start),
            duration: 45,
            timezone: "Europe/Berlin".to_owned(),
            ..NewWebinar::default()
        };
        let id = app.env.zoom.add_webinar(webinar).unwrap().id;
        expected.push(json!({
            "id": id.to_string(), "topic": "Product webinar", "description": description,
            "start_time": start.to_string(), "duration": 45,
            "end_time": (start + SignedDuration::from_mins(45)).to_string(), "timezone": "Europe/Berlin",
            "host_email": ADMIN, "registration": word,
        }));
    }
    let admin = app.admin();
    let service = admin.sign_in("Acme Webinars").await.unwrap();
    assert_eq!(listing(&admin, &service).await["webinars"], json!(expected));
}
