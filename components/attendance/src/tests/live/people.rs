//! Who becomes Attended, and who does not.

use super::{joined, live};
use crate::tests::env::{HOST, OTHER_WEBINAR, PROGRAM, TestEnv, WEBINAR, address};
use domain::time::SignedDuration;
use fakes::zoom::{NewWebinar, Panelist};
use serde_json::json;

#[tokio::test]
async fn r19_live_a_person_who_joins_becomes_attended_within_seconds_and_nobody_else_changes() {
    let env = live().await;
    env.push(&["r1", "r2"]).await;
    let (before, began) = (env.zoom_calls(""), env.now());
    env.join("r1").await;
    assert_eq!((env.marketo_calls(), env.status("r1").as_str()), (0, "Registered"), "the answer does not wait");
    env.memory.run_background().await;
    assert!(env.now() < began + SignedDuration::from_mins(1));
    let changed = env.marketo.activities().into_iter().rfind(|activity| activity.text("new") == "Attended").unwrap();
    assert!(changed.at < began + SignedDuration::from_secs(13));
    assert_eq!((env.status("r1"), env.status("r2")), ("Attended".into(), "Registered".into()));
    // A person registered by a program costs no look-up.
    assert_eq!((env.status_calls(), env.marketo_calls(), env.zoom_calls("")), (1, 1, before));
    assert!(env.live_keys("joins").is_empty() && env.live_keys("worker").is_empty());
}

#[tokio::test]
async fn r19_live_is_off_by_default_and_costs_one_read() {
    let mut env = TestEnv::new().await;
    env.receive_events(true);
    env.start_session().await;
    env.push(&["r1"]).await;
    env.memory.run_background().await;
    let (store, accesses) = (env.memory.dump(), env.memory.accesses());
    env.join("r1").await;
    env.join("r1").await;
    assert_eq!((env.memory.dump(), env.memory.accesses()), (store, accesses + 1));
    env.memory.run_background().await;
    assert_eq!((env.status("r1").as_str(), env.marketo_calls()), ("Registered", 0));
    // Another program's setting, and one that was switched off again, change nothing.
    env.connect(1002, OTHER_WEBINAR).await;
    env.set_live(1002, true).await;
    env.set_live(PROGRAM, true).await;
    env.set_live(PROGRAM, false).await;
    env.advance(1);
    env.join("r1").await;
    env.memory.run_background().await;
    assert_eq!((env.status("r1").as_str(), env.marketo_calls()), ("Registered", 0));
    assert_eq!(env.view().await["live_since"], json!(null));
}

#[tokio::test]
async fn r19_live_the_program_shows_since_when_its_webinar_is_live() {
    let env = live().await;
    assert_eq!(env.view().await["live_since"], json!(env.now()));
    env.advance(60);
    env.end_session().await;
    assert_eq!(env.view().await["live_since"], json!(null));
    // A rehearsal a day before, and a start whose end was lost.
    env.move_to(env.now() + SignedDuration::from_hours(24)).await;
    env.start_session().await;
    assert_eq!(env.view().await["live_since"], json!(null));
    env.end_session().await;
    env.move_to(env.now()).await;
    env.start_session().await;
    assert_ne!(env.view().await["live_since"], json!(null));
    env.advance(6 * 60);
    assert_eq!(env.view().await["live_since"], json!(null));
}

#[tokio::test]
async fn r16_live_a_person_costs_one_call_however_often_and_late_they_join() {
    let env = live().await;
    env.push(&["r1", "r2"]).await;
    env.join("r1").await;
    let event = env.zoom.deliveries().last().unwrap().seq;
    env.zoom.resend(event).await.unwrap();
    env.memory.run_background().await;
    assert_eq!(env.status_calls(), 1);
    for _ in 0..3 {
        env.advance(5);
        env.zoom.resend(event).await.unwrap();
        env.join("r1").await;
        env.memory.run_background().await;
    }
    assert_eq!((env.status_calls(), env.marketo_calls()), (1, 1));
    // A higher step stays.
    env.set_step("Attended Premium", 50);
    let lead = env.leads("r2@x.test")[0];
    env.add_member(PROGRAM, lead, "Attended Premium", "");
    env.join("r2").await;
    env.memory.run_background().await;
    assert_eq!((env.status("r2").as_str(), env.status_calls()), ("Attended Premium", 2));
}

#[tokio::test]
async fn r11_live_the_own_side_is_not_attended_unless_registered() {
    let env = live().await;
    let host = env.lead(HOST);
    env.join("host").await;
    env.memory.run_background().await;
    assert_eq!((env.status_of(PROGRAM, host), env.marketo_calls()), (None, 0));
    env.add_ledger_entry(HOST, PROGRAM, host).await;
    env.join("host").await;
    env.advance(5);
    let mut event = joined("host", "r", env.now());
    event["payload"]["object"]["participant"]["id"] = json!("u1");
    assert_eq!(env.event(&event).await.0, 200);
    env.memory.run_background().await;
    assert_eq!(env.status_of(PROGRAM, host).as_deref(), Some("Attended"));
}

#[tokio::test]
async fn r13_live_a_join_outside_of_the_planned_time_does_not_count() {
    for (minutes, expected) in
        [(-24 * 60, "Registered"), (-61, "Registered"), (-59, "Attended"), (299, "Attended"), (301, "Registered")]
    {
        let env = live().await;
        env.push(&["r1"]).await;
        let start = env.now();
        env.memory.advance(SignedDuration::from_hours(6));
        let event = joined("r1", &env.registrant_id("r1").unwrap(), start + SignedDuration::from_mins(minutes));
        assert_eq!(env.event(&event).await.0, 200);
        env.memory.run_background().await;
        assert_eq!(env.status("r1"), expected, "{minutes}");
    }
}

#[tokio::test]
async fn r20_live_a_registration_of_zooms_page_is_recognised_by_its_registrant_id() {
    let env = live().await;
    env.register(&["r1", "r2", "r3"]).await;
    let lead = env.lead("r1@x.test");
    // Of two leads with the address the member is the person.
    let (_, member) = (env.lead("r3@x.test"), env.member("r3", "Registered", ""));
    env.join("r1").await;
    env.join("r2").await;
    env.join("r3").await;
    env.memory.run_background().await;
    assert_eq!(env.status_of(PROGRAM, lead).as_deref(), Some("Attended"));
    assert_eq!(env.status_of(PROGRAM, member).as_deref(), Some("Attended"));
    // The run after the webinar creates leads.
    assert!(env.leads("r2@x.test").is_empty() && env.lead_writes() == 0);
}

#[tokio::test]
async fn r20_live_a_visitor_is_recognised_by_the_address_unless_they_may_be_of_the_own_side() {
    let webinar = NewWebinar {
        approval_type: 2,
        alternative_hosts: "second@x.test".to_owned(),
        panelists: vec![Panelist { name: "Speaker".to_owned(), email: "speaker@x.test".to_owned() }],
        ..NewWebinar::default()
    };
    let mut env = TestEnv::with_webinar(webinar).await;
    env.set_live(PROGRAM, true).await;
    env.receive_events(true);
    let names = ["visitor", "second", "speaker", "colleague"];
    let leads = names.map(|name| env.lead(&address(name)));
    for name in &names[..3] {
        assert_eq!(env.event(&joined(name, "", env.now())).await.0, 200);
    }
    let mut event = joined("colleague", "", env.now());
    event["payload"]["object"]["participant"]["participant_user_id"] = json!("u2");
    assert_eq!(env.event(&event).await.0, 200);
    env.memory.run_with_background(async {}).await;
    let statuses = leads.map(|lead| env.status_of(PROGRAM, lead).unwrap_or_default());
    assert_eq!(statuses, ["Attended", "", "", ""]);
    assert_eq!((env.status_calls(), env.marketo_calls(), env.lead_writes()), (1, 2, 0));
}

#[tokio::test]
async fn r20_live_the_registrant_id_decides_and_not_the_address_or_the_name() {
    let env = live().await;
    env.push(&["r1", "r2"]).await;
    // A person uses another person's link with an address that is registered too.
    let event = joined("r2", &env.registrant_id("r1").unwrap(), env.now());
    assert_eq!(env.event(&event).await.0, 200);
    env.memory.run_background().await;
    assert_eq!((env.status("r1"), env.status("r2")), ("Attended".into(), "Registered".into()));
}

#[tokio::test]
async fn r20_live_a_lead_whose_address_was_corrected_is_the_same_lead() {
    let env = live().await;
    env.push(&["r1"]).await;
    let lead = env.leads("r1@x.test")[0];
    env.set_lead_field(lead, "email", "corrected@y.test");
    env.join("r1").await;
    env.memory.run_background().await;
    assert_eq!(env.status_of(PROGRAM, lead).as_deref(), Some("Attended"));
}

#[tokio::test]
async fn r22_live_a_field_that_cannot_be_read_costs_at_most_the_person() {
    let env = live().await;
    env.push(&["r1", "r2"]).await;
    let whole = joined("r1", &env.registrant_id("r1").unwrap(), env.now());
    for odd in [json!(null), json!(7), json!([]), json!({"a": 1}), json!(""), json!("x".repeat(300))] {
        for path in [
            "/payload",
            "/payload/object",
            "/payload/object/id",
            "/payload/object/participant",
            "/payload/object/participant/email",
            "/payload/object/participant/registrant_id",
            "/payload/object/participant/join_time",
            "/payload/object/participant/id",
            "/payload/object/participant/user_name",
            "/event_ts",
        ] {
            let mut event = whole.clone();
            *event.pointer_mut(path).unwrap() = odd.clone();
            assert_eq!(env.event(&event).await.0, 200, "{path} {odd}");
        }
    }
    // An address alone, and a registrant id alone.
    let mut event = joined("r2", "", env.now());
    assert_eq!(env.event(&event).await.0, 200);
    event["payload"]["object"]["participant"] = json!({"registrant_id": env.registrant_id("r1")});
    assert_eq!(env.event(&event).await.0, 200);
    env.memory.run_background().await;
    assert_eq!((env.status("r1"), env.status("r2")), ("Attended".into(), "Attended".into()));
    assert_eq!(env.status_changes().len(), 2);
}

#[tokio::test]
async fn r16_live_a_sibling_program_counts_a_person_only_if_they_are_a_member() {
    let env = live().await;
    env.connect(1002, WEBINAR).await;
    env.set_live(1002, true).await;
    env.push(&["r1", "r2"]).await;
    env.add_member(1002, env.leads("r2@x.test")[0], "Invited", "");
    env.join("r1").await;
    env.join("r2").await;
    env.memory.run_background().await;
    assert_eq!((env.status("r1"), env.status("r2")), ("Attended".into(), "Attended".into()));
    assert_eq!((env.status_in(1002, "r1").as_str(), env.status_in(1002, "r2").as_str()), ("", "Attended"));
}

#[tokio::test]
async fn r19_live_attendance_decides_after_the_webinar() {
    let env = live().await;
    let names = ["r1", "r2", "r3"];
    env.push(&names).await;
    let began = env.now();
    env.join("r1").await;
    env.join("r2").await;
    env.memory.run_background().await;
    env.advance(60);
    let minutes = 2 * env.now().duration_since(began).as_secs() / 60;
    env.end_session().await;
    env.tick_for(45).await;
    let view = env.view().await;
    assert_eq!((&view["attended"], &view["no_show"], &view["minutes"]), (&json!(2), &json!(1), &json!(minutes)));
    assert_eq!(names.map(|name| env.status(name)), ["Attended", "Attended", "No Show"]);
    // A late event says nothing against the report.
    let event = joined("r3", &env.registrant_id("r3").unwrap(), env.now() - SignedDuration::from_hours(1));
    env.event(&event).await;
    env.memory.run_background().await;
    env.sync().await;
    assert_eq!(names.map(|name| env.status(name)), ["Attended", "Attended", "No Show"]);
}

#[tokio::test]
async fn the_store_has_no_address_of_a_person_who_joined() {
    let env = live().await;
    env.push(&["r1"]).await;
    env.join("r1").await;
    let stored = env.memory.dump();
    let joins: Vec<_> = stored.iter().filter(|(key, _)| key.starts_with("live-")).collect();
    assert_eq!(joins.len(), 1);
    let text = String::from_utf8_lossy(joins[0].1).into_owned();
    assert!(!text.contains(&address("r1")) && !text.contains("R1"), "{text}");
}
