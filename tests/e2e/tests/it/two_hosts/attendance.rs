//! Attendance at two hosts: events of Zoom at both start a worker at each.

use super::support::TwoHosts;
use crate::attendance::support::{
    LEADS, emails, hold, lead_of, lose_events, register_on_zoom, registered, status_in, throughout,
    wait_for_attendance, webinar,
};
use crate::harness::wait_for;
use fakes::marketo::subscription::WEBINAR_PROGRAM;
use futures::future::join_all;
use serde_json::json;

#[tokio::test]
async fn workers_of_both_hosts_write_each_attendance_once() {
    let Some(hosts) = TwoHosts::start().await else { return };
    let fixture = &hosts.fixture;
    let marketo = &fixture.app.env.marketo;
    let other = fixture.app.env.zoom.add_webinar(webinar("Another day")).unwrap().id;
    let another = fixture.add_program("Another program");
    fixture.admin.connect(another, &fixture.service, other).await.unwrap().ok().unwrap();
    lose_events(fixture);
    // Strangers are in both webinars: two workers at once would create them twice.
    let strangers = emails("stranger", 20);
    let mut members = Vec::new();
    for (program, webinar, kind) in [(WEBINAR_PROGRAM, fixture.webinar, "one"), (another, other, "two")] {
        let people = emails(kind, 10);
        members.push((program, registered(fixture, program, webinar, &people).await));
        for stranger in &strangers {
            register_on_zoom(fixture, webinar, "Cara Stone", stranger).await;
        }
        hold(fixture, webinar, people.iter().chain(&strangers).map(|email| throughout(email)).collect()).await;
    }
    marketo.log().clear();

    let ended = |webinar: u64| {
        json!({"event": "webinar.ended", "event_ts": 1,
               "payload": {"account_id": "acc_1", "object": {"id": webinar.to_string()}}})
    };
    let events = [ended(fixture.webinar), ended(other)];
    // Zoom repeats deliveries, so each host gets both.
    join_all(hosts.urls().iter().flat_map(|url| events.iter().map(|event| hosts.send_event(url, event)))).await;
    for (program, leads) in &members {
        wait_for_attendance(fixture, *program).await;
        for &lead in leads {
            assert_eq!(marketo.status_history(*program, lead), ["Registered", "Attended"], "lead {lead} of {program}");
        }
        for stranger in &strangers {
            assert_eq!(status_in(fixture, *program, lead_of(fixture, stranger)).as_deref(), Some("Attended"));
        }
    }
    wait_for("idle workers", || async { (!fixture.app.stored().contains_key("worker:attendance")).then_some(()) })
        .await;
    let upserts = marketo.log().matching("POST", LEADS);
    let created: usize = upserts
        .iter()
        .filter(|call| !call.query.contains_key("_method"))
        .map(|call| call.body["input"].as_array().unwrap().len())
        .sum();
    assert_eq!(created, members.len() * strangers.len(), "each program writes each stranger once");
    assert!(marketo.violations().is_empty(), "{:?}", marketo.violations());
    fixture.app.assert_no_trap();
    fixture.app.assert_logs_are_clean();
}
