//! Who is an attendee, a No Show, or neither (R11, R19, R20, R22).

use super::env::{PROGRAM, TestEnv, problem, stay, summary, throughout};
use domain::time::SignedDuration;
use fakes::zoom::{Attendance, NewWebinar, Panelist};
use serde_json::{Value, json};

/// A webinar that ended long enough ago, with one session of an hour that `people` attended.
async fn held(registered: &[&str], people: &[&str]) -> TestEnv {
    held_with(registered, throughout(people)).await
}

/// The same with any stays.
async fn held_with(registered: &[&str], stays: Vec<Attendance>) -> TestEnv {
    let env = TestEnv::new().await;
    env.register(registered).await;
    hold(&env, stays).await;
    env
}

async fn hold(env: &TestEnv, stays: Vec<Attendance>) {
    env.end_webinar_with(stays).await;
    env.advance(35);
}

#[tokio::test]
async fn r19_a_cancelled_registration_is_counted_and_keeps_its_status() {
    for is_gone in [true, false] {
        let env = TestEnv::new().await;
        env.register(&["a", "b", "c"]).await;
        env.member("a", "Registered", "a");
        env.member("b", "Registered", "b");
        env.member("c", "Registered", "c");
        env.set_registration("a", if is_gone { "withdraw" } else { "deny" }).await;
        hold(&env, throughout(&["b"])).await;
        let view = env.sync().await;
        assert_eq!((summary(&view), &view["cancelled"]), (("settling".into(), 1, 1, 0), &json!(1)));
        assert_eq!((env.status("a"), env.status("c")), ("Registered".into(), "No Show".into()));
    }
}

#[tokio::test]
async fn r21_a_member_in_status_cancelled_is_left_alone() {
    let env = held(&["a", "b"], &["b"]).await;
    env.set_step("Cancelled", 25);
    env.change_connection(|connection| {
        let status = domain::status::ProgressionStatus { name: "Cancelled".into(), step: 25 };
        connection.channel.statuses.push(status);
    })
    .await;
    env.member("a", "Cancelled", "a");
    env.member("b", "Registered", "b");
    let view = env.sync().await;
    assert_eq!((env.status("a").as_str(), &view["cancelled"], &view["no_show"]), ("Cancelled", &json!(1), &json!(0)));
}

#[tokio::test]
async fn r19_a_member_registered_to_another_webinar_is_no_no_show_of_this_one() {
    let env = held(&["b"], &["b"]).await;
    let lead = env.member("a", "Registered", "other");
    env.set_member_data(PROGRAM, lead, json!({"webinarUrl": "https://zoom.test/w/10?tk=other"}));
    let view = env.sync().await;
    assert_eq!((env.status("a").as_str(), &view["cancelled"], &view["no_show"]), ("Registered", &json!(0), &json!(0)));
}

#[tokio::test]
async fn r11_without_registration_a_guest_becomes_a_lead_and_a_panelist_does_not() {
    let alternative_hosts = "second@x.test;third@x.test, fourth@x.test".to_owned();
    let speaker = Panelist { email: "Speaker@elsewhere.example".to_owned(), name: "A Speaker".to_owned() };
    let webinar = NewWebinar { approval_type: 2, alternative_hosts, panelists: vec![speaker], ..NewWebinar::default() };
    let env = TestEnv::with_webinar(webinar).await;
    let people = ["speaker@elsewhere.example", "guest@y.example", "third@x.test", "FOURTH@x.test"];
    hold(&env, throughout(&[&["host"], &people[..]].concat())).await;
    let view = env.sync().await;
    assert_eq!((&view["attended"], &view["new_leads"]), (&json!(1), &json!(1)), "{view}");
    assert_eq!(people.map(|email| env.leads(email).len()), [0, 1, 0, 0]);
    assert_eq!(view["warnings"], json!([]));
}

#[tokio::test]
async fn r11_without_the_scope_of_panelists_the_program_says_what_is_missing() {
    let env = held(&["a"], &["host", "a", "speaker@y.test"]).await;
    env.member("a", "Registered", "a");
    env.remove_scopes(&["webinar:read:list_panelists:admin"]);
    let view = env.sync().await;
    assert_eq!((summary(&view), problem(&view)), (("settling".into(), 1, 0, 0), "none"));
    // The address may be a panelist's.
    assert!(env.leads("speaker@y.test").is_empty());
    let warning = view["warnings"][0].as_str().unwrap();
    assert!(warning.contains("webinar:read:list_panelists:admin") && warning.contains("sign in again"), "{warning}");
}

#[tokio::test]
async fn r20_a_registrant_is_recognized_by_the_ledger_although_the_address_was_corrected() {
    let env = held(&["typo", "right"], &["host", "typo"]).await;
    // Registered as typo@; corrected, and registered again. The membership has the second registration.
    let lead = env.member("right", "Registered", "right");
    env.add_ledger_entry("typo@x.test", PROGRAM, lead).await;
    env.add_ledger_entry("right@x.test", PROGRAM, lead).await;
    let view = env.sync().await;
    assert_eq!((summary(&view), env.status("right")), (("settling".into(), 1, 0, 0), "Attended".into()));
    assert!(env.leads("typo@x.test").is_empty());
}

#[tokio::test]
async fn r20_an_absentee_is_recognized_by_the_ledger_too() {
    let env = held(&["typo"], &["host"]).await;
    let lead = env.member("right", "Registered", "");
    env.add_ledger_entry("typo@x.test", PROGRAM, lead).await;
    let view = env.sync().await;
    assert_eq!((summary(&view), env.status("right")), (("settling".into(), 0, 1, 0), "No Show".into()));
    assert!(env.leads("typo@x.test").is_empty() && view["never_registered"] == 0);
}

#[tokio::test]
async fn r19_a_person_with_two_registrations_is_no_no_show_while_one_is_on_neither_list() {
    // Registered as typo@; corrected, and registered again. The row of the first registration comes late.
    let late = Attendance { late_seconds: 3_600, ..stay("typo", 0, 60) };
    let env = held_with(&["typo", "right"], vec![stay("host", 0, 60), late]).await;
    let lead = env.member("right", "Registered", "right");
    env.add_ledger_entry("typo@x.test", PROGRAM, lead).await;
    env.add_ledger_entry("right@x.test", PROGRAM, lead).await;
    let view = env.sync().await;
    assert_eq!(
        (&view["no_show"], &view["unaccounted"], env.status("right")),
        (&json!(0), &json!(1), "Registered".into())
    );
    env.advance(60);
    assert_eq!((summary(&env.sync().await), env.status("right")), (("settling".into(), 1, 0, 0), "Attended".into()));
}

#[tokio::test]
async fn r20_an_attendee_with_another_address_is_a_new_lead_that_attended() {
    let other = Attendance { display_name: Some("A Person".to_owned()), ..stay("private@y.test", 0, 60) };
    let env = held_with(&["a"], vec![stay("host", 0, 60), other]).await;
    env.member("a", "Registered", "a");
    let view = env.sync().await;
    assert_eq!((summary(&view), &view["without_registration"]), (("settling".into(), 1, 1, 1), &json!(1)));
    assert_eq!(env.leads("private@y.test").len(), 1);
}

#[tokio::test]
async fn r20_an_attendee_without_an_address_is_counted_and_listed() {
    let callers = [(0, 10), (20, 30)].map(|(from, to)| stay("+1 555 0100", from, to));
    let env = held_with(&["a"], [throughout(&["host", "a"]), callers.into()].concat()).await;
    env.member("a", "Registered", "a");
    let start = env.now() - SignedDuration::from_mins(95);
    let at = |minute: i64| start + SignedDuration::from_mins(minute);
    assert_eq!(env.sync().await["unmatched"], 1);
    let (status, list) = env.admin("GET", &format!("/attendance/programs/{PROGRAM}/unmatched")).await;
    let expected = json!([{"name": "+1 555 0100", "joined_at": at(0).to_string(), "left_at": at(30).to_string()}]);
    assert_eq!((status, &list["people"]), (200, &expected));
}

#[tokio::test]
async fn r22_a_row_without_a_duration_does_not_stop_the_others() {
    let env = held(&["a", "b"], &["host", "a", "b"]).await;
    env.member("a", "Registered", "a");
    env.member("b", "Registered", "b");
    env.change_report(|rows| {
        let mut odd = rows[2].clone();
        for field in ["leave_time", "duration", "failover", "status", "internal_user"] {
            odd[field] = Value::Null;
        }
        rows.push(odd);
    })
    .await;
    assert_eq!(summary(&env.sync().await), ("settling".into(), 2, 0, 0));
    assert_eq!(env.trace("b@x.test").await["minutes"], 60);
}

#[tokio::test]
async fn a_refused_custom_field_is_a_problem_and_statuses_are_set() {
    let env = held(&["a", "b"], &["host", "a"]).await;
    env.member("a", "Registered", "a");
    env.member("b", "Registered", "b");
    env.change_connection(|connection| connection.member_fields.minutes = Some("gone".into())).await;
    env.refuse_member_data("1006");
    let view = env.sync().await;
    assert_eq!((summary(&view), problem(&view)), (("settling".into(), 1, 1, 0), "MARKETO_UNAVAILABLE"));
    assert!(view["problem"]["detail"].as_str().unwrap().contains("field"), "{view}");
}
