//! Attendance while the webinar is under way, for a connection whose setting `live` is on.

use super::support::{STATUS, program_attendance, status, wait_for_attendance};
use crate::harness::{App, Fixture, email, wait_for};
use fakes::marketo::subscription::WEBINAR_PROGRAM;
use fakes::zoom::{ADMIN, Joining, Person};
use jiff::{SignedDuration, Timestamp};
use serde_json::json;

#[tokio::test]
async fn r19_live_people_are_attended_within_seconds_of_joining() {
    let fixture = Fixture::new(App::start().await).await;
    let zoom = &fixture.app.env.zoom;
    let (settings, program) =
        (json!({"live": true, "no_show_after_minutes": 0}), format!("/catalog/programs/{WEBINAR_PROGRAM}"));
    fixture.admin.put(&format!("{program}/settings"), &settings).await.unwrap().ok().unwrap();
    let leads = fixture.add_leads(3);
    fixture.run_campaign(&leads).await;
    let start = Timestamp::from_second(Timestamp::now().as_second()).unwrap() - SignedDuration::from_mins(5);
    zoom.set_plan(fixture.webinar, start, 60).unwrap();
    fixture.admin.post(&format!("{program}/refresh"), &json!({})).await.unwrap().ok().unwrap();

    zoom.start_webinar(fixture.webinar).await.unwrap();
    let shown = program_attendance(&fixture.admin, WEBINAR_PROGRAM).await;
    assert!(shown["live_since"].is_string(), "{shown}");
    fixture.app.env.marketo.log().clear();
    let host = Person::User(ADMIN.to_owned());
    for person in [host, Person::Registrant(email(1)), Person::Registrant(email(2)), Person::Registrant(email(1))] {
        zoom.join(fixture.webinar, Joining { person, waiting_room: false }).await.unwrap();
    }
    let joins = zoom.deliveries().into_iter().filter(|delivery| delivery.event == "webinar.participant_joined");
    assert_eq!(joins.map(|delivery| delivery.status).collect::<Vec<_>>(), [Some(200); 4]);
    let statuses = || leads.iter().map(|&lead| status(&fixture, lead).unwrap()).collect::<Vec<_>>();
    let expected = ["Attended", "Attended", "Registered"];
    wait_for("people who are Attended", || async { (statuses() == expected).then_some(()) }).await;
    assert_eq!(fixture.app.env.marketo.log().count("POST", STATUS), 1);
    let stored = fixture.app.stored();
    let joins: Vec<_> = stored.iter().filter(|(key, _)| key.starts_with("live-joins:")).collect();
    assert!(!joins.is_empty() && joins.iter().all(|(_, value)| !String::from_utf8_lossy(value).contains('@')));

    zoom.end_webinar(fixture.webinar).await.unwrap();
    let shown = program_attendance(&fixture.admin, WEBINAR_PROGRAM).await;
    assert!(shown["live_since"].is_null(), "{shown}");
    // As if the planned hour had passed.
    zoom.move_into_past(fixture.webinar, SignedDuration::from_hours(2)).unwrap();
    fixture.admin.post(&format!("{program}/refresh"), &json!({})).await.unwrap().ok().unwrap();
    fixture
        .admin
        .post(&format!("/attendance/programs/{WEBINAR_PROGRAM}/sync"), &json!({}))
        .await
        .unwrap()
        .ok()
        .unwrap();
    wait_for_attendance(&fixture, WEBINAR_PROGRAM).await;
    assert_eq!(statuses(), ["Attended", "Attended", "No Show"]);
    fixture.app.assert_no_trap();
    fixture.app.assert_logs_are_clean();
}
