//! Who is an attendee, a No Show, or neither (R11, R19, R20, R22).

use super::env::{PROGRAM, TestEnv, problem, registrant, row, stay, summary};
use domain::time::SignedDuration;
use domain::webinar::RegistrationMode;
use serde_json::json;

/// A webinar that ended long enough ago, with one session of an hour that `people` attended.
async fn held(registered: &[&str], people: &[&str]) -> TestEnv {
    let env = TestEnv::new().await;
    let start = env.now();
    env.zoom().set_attendance(registered, &[]);
    env.zoom().plan(start);
    env.zoom().hold("held", start, start + SignedDuration::from_mins(60), people);
    env.advance(95);
    env
}

#[tokio::test]
async fn r19_a_cancelled_registration_is_counted_and_keeps_its_status() {
    for is_gone in [true, false] {
        let env = held(&["b", "c"], &["b"]).await;
        env.marketo().member("a", "Registered", "a");
        env.marketo().member("b", "Registered", "b");
        env.marketo().member("c", "Registered", "c");
        if !is_gone {
            env.zoom().denied = vec![registrant("a")];
        }
        let view = env.sync().await;
        assert_eq!((summary(&view), &view["cancelled"]), (("settling".into(), 1, 1, 0), &json!(1)));
        assert_eq!((env.status("a"), env.status("c")), ("Registered".into(), "No Show".into()));
    }
}

#[tokio::test]
async fn r21_a_member_in_status_cancelled_is_left_alone() {
    let env = held(&["a", "b"], &["b"]).await;
    env.marketo().steps.insert("Cancelled".into(), 25);
    env.change_connection(|connection| {
        let status = domain::status::ProgressionStatus { name: "Cancelled".into(), step: 25 };
        connection.channel.statuses.push(status);
    })
    .await;
    env.marketo().member("a", "Cancelled", "a");
    env.marketo().member("b", "Registered", "b");
    let view = env.sync().await;
    assert_eq!((env.status("a").as_str(), &view["cancelled"], &view["no_show"]), ("Cancelled", &json!(1), &json!(0)));
}

#[tokio::test]
async fn r19_a_member_registered_to_another_webinar_is_no_no_show_of_this_one() {
    let env = held(&["b"], &["b"]).await;
    let lead = env.marketo().member("a", "Registered", "other");
    env.marketo().links.insert(lead, "https://zoom.test/w/10?tk=other".into());
    let view = env.sync().await;
    assert_eq!((env.status("a").as_str(), &view["cancelled"], &view["no_show"]), ("Registered", &json!(0), &json!(0)));
}

#[tokio::test]
async fn r11_without_registration_a_guest_becomes_a_lead_and_a_panelist_does_not() {
    let env = held(&[], &["host"]).await;
    let start = env.now() - SignedDuration::from_mins(95);
    let end = start + SignedDuration::from_mins(60);
    env.change_connection(|connection| connection.snapshot.registration = RegistrationMode::None).await;
    env.zoom().webinar.as_mut().unwrap()["settings"] =
        json!({"approval_type": 2, "alternative_hosts": "second@x.test;third@x.test, fourth@x.test"});
    env.zoom().panelists = Some(vec!["Speaker@elsewhere.example"]);
    let people = ["speaker@elsewhere.example", "guest@y.example", "third@x.test", "FOURTH@x.test"];
    let rows = people.map(|email| stay(json!({"user_email": email, "name": "First Last"}), start, end));
    env.zoom().reports.insert("held".into(), Some(rows.into()));
    let view = env.sync().await;
    assert_eq!((&view["attended"], &view["new_leads"]), (&json!(1), &json!(1)), "{view}");
    assert_eq!(people.map(|email| env.leads(email).len()), [0, 1, 0, 0]);
    assert_eq!(view["warnings"], json!([]));
}

#[tokio::test]
async fn r11_without_the_scope_of_panelists_the_program_says_what_is_missing() {
    let env = held(&["a"], &["host", "a"]).await;
    env.marketo().member("a", "Registered", "a");
    env.zoom().panelists = None;
    let start = env.now() - SignedDuration::from_mins(95);
    let stranger = stay(json!({"user_email": "speaker@y.test"}), start, start + SignedDuration::from_mins(60));
    env.zoom().reports.get_mut("held").unwrap().as_mut().unwrap().push(stranger);
    let view = env.sync().await;
    assert_eq!((summary(&view), problem(&view)), (("settling".into(), 1, 0, 0), "none"));
    // The address may be a panelist's.
    assert!(env.leads("speaker@y.test").is_empty());
    let warning = view["warnings"][0].as_str().unwrap();
    assert!(warning.contains("webinar:read:list_panelists:admin") && warning.contains("sign in again"), "{warning}");
}

#[tokio::test]
async fn r20_a_registrant_is_recognized_by_the_ledger_although_the_address_was_corrected() {
    let env = held(&["first", "second"], &["host", "first"]).await;
    // Registered as typo@; corrected, and registered again. The membership has the second registration.
    let lead = env.marketo().member("right", "Registered", "second");
    for (registrant, email) in [("first", "typo@x.test"), ("second", "right@x.test")] {
        let zoom = &mut *env.zoom();
        let lists = [zoom.registrants.as_mut(), zoom.absent.get_mut("held").and_then(Option::as_mut)];
        for row in lists.into_iter().flatten().flatten().filter(|row| row["id"] == registrant) {
            row["email"] = email.into();
        }
        let rows = zoom.reports.get_mut("held").unwrap().as_mut().unwrap();
        for row in rows.iter_mut().filter(|row| row["registrant_id"] == registrant) {
            row["user_email"] = email.into();
        }
    }
    env.add_ledger_entry("typo@x.test", PROGRAM, lead).await;
    env.add_ledger_entry("right@x.test", PROGRAM, lead).await;
    let view = env.sync().await;
    assert_eq!((summary(&view), env.status("right")), (("settling".into(), 1, 0, 0), "Attended".into()));
    assert!(env.leads("typo@x.test").is_empty());
}

#[tokio::test]
async fn r20_an_absentee_is_recognized_by_the_ledger_too() {
    let env = held(&["first"], &["host"]).await;
    let lead = env.marketo().member("right", "Registered", "");
    env.zoom().registrants.as_mut().unwrap()[0]["email"] = "typo@x.test".into();
    env.add_ledger_entry("typo@x.test", PROGRAM, lead).await;
    let view = env.sync().await;
    assert_eq!((summary(&view), env.status("right")), (("settling".into(), 0, 1, 0), "No Show".into()));
    assert!(env.leads("typo@x.test").is_empty() && view["never_registered"] == 0);
}

#[tokio::test]
async fn r20_an_attendee_with_another_address_is_a_new_lead_that_attended() {
    let env = held(&["a"], &["host"]).await;
    env.marketo().member("a", "Registered", "a");
    let start = env.now() - SignedDuration::from_mins(95);
    let other =
        stay(json!({"user_email": "private@y.test", "name": "A Person"}), start, start + SignedDuration::from_mins(60));
    env.zoom().reports.get_mut("held").unwrap().as_mut().unwrap().push(other);
    let view = env.sync().await;
    assert_eq!((summary(&view), &view["without_registration"]), (("settling".into(), 1, 1, 1), &json!(1)));
    assert_eq!(env.leads("private@y.test").len(), 1);
}

#[tokio::test]
async fn r20_an_attendee_without_an_address_is_counted_and_listed() {
    let env = held(&["a"], &["host", "a"]).await;
    env.marketo().member("a", "Registered", "a");
    let start = env.now() - SignedDuration::from_mins(95);
    let at = |minute: i64| start + SignedDuration::from_mins(minute);
    for (from, to) in [(0, 10), (20, 30)] {
        let caller = stay(json!({"name": "+1 555 0100"}), at(from), at(to));
        env.zoom().reports.get_mut("held").unwrap().as_mut().unwrap().push(caller);
    }
    assert_eq!(env.sync().await["unmatched"], 1);
    let (status, list) = env.admin("GET", &format!("/attendance/programs/{PROGRAM}/unmatched")).await;
    let expected = json!([{"name": "+1 555 0100", "joined_at": at(0).to_string(), "left_at": at(30).to_string()}]);
    assert_eq!((status, &list["people"]), (200, &expected));
}

#[tokio::test]
async fn r22_a_row_without_a_duration_does_not_stop_the_others() {
    let env = held(&["a", "b"], &["host", "a", "b"]).await;
    env.marketo().member("a", "Registered", "a");
    env.marketo().member("b", "Registered", "b");
    let odd = row(json!({"registrant_id": "b", "leave_time": null, "duration": null, "failover": null, "status": null,
        "internal_user": null}));
    env.zoom().reports.get_mut("held").unwrap().as_mut().unwrap().push(odd);
    assert_eq!(summary(&env.sync().await), ("settling".into(), 2, 0, 0));
    assert_eq!(env.trace("b@x.test").await["minutes"], 60);
}

#[tokio::test]
async fn a_refused_custom_field_is_a_problem_and_statuses_are_set() {
    let env = held(&["a", "b"], &["host", "a"]).await;
    env.marketo().member("a", "Registered", "a");
    env.marketo().member("b", "Registered", "b");
    env.change_connection(|connection| connection.member_fields.minutes = Some("gone".into())).await;
    env.marketo().fields_error = Some("1006");
    let view = env.sync().await;
    assert_eq!((summary(&view), problem(&view)), (("settling".into(), 1, 1, 0), "MARKETO_UNAVAILABLE"));
    assert!(view["problem"]["detail"].as_str().unwrap().contains("field"), "{view}");
}
