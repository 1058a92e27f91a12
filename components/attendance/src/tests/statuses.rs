//! The statuses, leads and fields that a run writes.

use super::env::{HOST, MEMBER_LIST_LIMIT, PROGRAM, TestEnv, WEBINAR, problem, stay, summary};
use fakes::zoom::{Attendance, NewUser, NewWebinar, Person};
use serde_json::json;

/// r1 to r3 registered through Marketo, r4 and r5 on Zoom's page. The webinar lies ahead.
async fn registered() -> TestEnv {
    let env = TestEnv::new().await;
    env.register(&["r1", "r2", "r3", "r4", "r5"]).await;
    for id in ["r1", "r2", "r3"] {
        env.member(id, "Registered", id);
    }
    env.member("invited", "Invited", "");
    env
}

/// The same after the webinar; r3 and r4 did not attend.
async fn five_registrants() -> TestEnv {
    five_registrants_with(Vec::new()).await
}

/// The same with more stays.
async fn five_registrants_with(more: Vec<Attendance>) -> TestEnv {
    let env = registered().await;
    let usual = ["r1", "r2", "r5"].map(|name| stay(name, 0, 10));
    env.end_webinar_with(usual.into_iter().chain(more).collect()).await;
    env
}

#[tokio::test]
async fn r11_registrants_are_attended_or_no_show_and_unknown_people_become_leads() {
    let env = five_registrants().await;
    assert_eq!(summary(&env.sync().await), ("settling".into(), 3, 2, 2));
    for (name, status) in [
        ("r1", "Attended"),
        ("r2", "Attended"),
        ("r3", "No Show"),
        ("r4", "No Show"),
        ("r5", "Attended"),
        ("invited", "Invited"),
    ] {
        assert_eq!(env.status(name), status, "{name}");
    }
    let lead = env.leads("r5@x.test")[0];
    let expected =
        json!({"email": "r5@x.test", "firstName": "R5", "lastName": "Last", "company": "Org", "phone": "+1 555"});
    assert_eq!(env.lead_fields(lead), expected);
}

#[tokio::test]
async fn r10_a_registration_on_zooms_page_becomes_a_lead_after_the_webinar() {
    let env = five_registrants().await;
    assert!(env.leads("r5@x.test").is_empty());
    env.sync().await;
    assert_eq!(env.leads("R5@X.TEST").len(), 1);
}

#[tokio::test]
async fn r16_a_repeated_run_writes_nothing_and_moves_no_status_back() {
    let env = five_registrants().await;
    env.sync().await;
    let changes = env.status_changes();
    // Attended comes first, so that a No Show can never replace it.
    let statuses: Vec<_> = changes.iter().map(|(_, status)| status.as_str()).collect();
    assert_eq!(statuses, ["Attended", "Attended", "Attended", "No Show", "No Show"]);

    let again = env.sync().await;
    assert_eq!(summary(&again), ("settling".into(), 3, 2, 2));
    assert_eq!(env.status_changes(), changes);
    assert_eq!(env.lead_writes(), 2);
}

#[tokio::test]
async fn r16_an_attendee_is_never_set_to_no_show_even_if_the_channel_allows_it() {
    let env = five_registrants().await;
    env.set_step("No Show", 50);
    env.member("r4", "Attended", "r4");
    env.change_connection(|connection| connection.channel.statuses[2].step = 50).await;
    env.sync().await;
    // The next report lacks r1, and Zoom lists r4, who watched the recording, as absent.
    let (gone, email) = (env.listed("r1"), "r1@x.test");
    env.change_report(|rows| rows.retain(|row| row["user_email"] != email)).await;
    env.change_absentees(|rows| rows.push(gone)).await;
    env.sync().await;
    for name in ["r1", "r4"] {
        assert_eq!(env.status(name), "Attended", "{name}");
    }
}

#[tokio::test]
async fn r16_a_member_past_the_status_is_success() {
    let env = registered().await;
    env.set_step("Met Sales", 90);
    env.member("r6", "Met Sales", "");
    env.register(&["r6", "r7"]).await;
    env.end_webinar(&["r6"]).await;
    let view = env.sync().await;
    assert_eq!((env.status("r6").as_str(), problem(&view)), ("Met Sales", "none"));
}

#[tokio::test]
async fn r19_a_member_whose_registration_does_not_stand_keeps_their_status() {
    let env = registered().await;
    env.register(&["r98"]).await;
    env.set_registration("r98", "deny").await;
    env.member("lost", "Registered", "");
    env.member("gone", "Registered", "r99");
    env.member("denied", "Registered", "r98");
    env.end_webinar(&["r1", "r2", "r5"]).await;
    let view = env.sync().await;
    for name in ["lost", "gone", "denied"] {
        assert_eq!(env.status(name), "Registered", "{name}");
    }
    assert_eq!((&view["never_registered"], &view["cancelled"], &view["no_show"]), (&json!(1), &json!(2), &json!(2)));
}

#[tokio::test]
async fn a_member_without_registrant_id_is_matched_by_address() {
    let env = five_registrants().await;
    env.member("R5", "Registered", "");
    assert_eq!(summary(&env.sync().await), ("settling".into(), 3, 2, 1));
    assert_eq!(env.status("r5"), "Attended");
}

#[tokio::test]
async fn of_several_leads_with_one_address_the_member_is_set() {
    let env = five_registrants().await;
    env.lead("r5@x.test");
    let member = env.member("r5", "Invited", "");
    let registered = env.member("r5", "Registered", "");
    env.sync().await;
    assert_eq!(env.leads("r5@x.test").len(), 3);
    assert_eq!(env.status_of(PROGRAM, member).unwrap(), "Invited");
    assert_eq!(env.status_of(PROGRAM, registered).unwrap(), "Attended");
}

#[tokio::test]
async fn one_address_becomes_one_lead() {
    let env = TestEnv::new().await;
    // Registered in the middle once more, in another spelling, and attended with both links.
    env.register_as("ada", "ada@x.test").await;
    env.start_session().await;
    env.join("ada").await;
    env.set_registration("ada", "withdraw").await;
    env.register_as("ada", "ADA@X.TEST").await;
    env.join("ada").await;
    env.advance(60);
    env.end_session().await;
    assert_eq!(summary(&env.sync().await), ("settling".into(), 1, 0, 1));
    assert_eq!(env.leads("ada@x.test").len(), 1);
}

#[tokio::test]
async fn r11_only_blank_fields_of_an_existing_lead_are_filled() {
    let env = five_registrants().await;
    let lead = env.lead("R5@x.test");
    env.set_lead_field(lead, "firstName", "Rosalind");
    assert_eq!(env.sync().await["new_leads"], 1);
    let fields = env.lead_fields(lead);
    assert_eq!((&fields["firstName"], &fields["company"]), (&json!("Rosalind"), &json!("Org")));
}

#[tokio::test]
async fn r11_leads_are_created_without_companies_if_marketo_rejects_those() {
    let env = five_registrants().await;
    env.make_read_only("company");
    let view = env.sync().await;
    assert_eq!((summary(&view), problem(&view)), (("settling".into(), 3, 2, 2), "none"));
    let lead = env.leads("r5@x.test")[0];
    assert_eq!(env.lead_fields(lead).get("company"), None);
    assert_eq!(env.lead_fields(lead)["firstName"], "R5");
}

#[tokio::test]
async fn a_rejected_address_does_not_affect_other_people() {
    let env = registered().await;
    env.register(&["åsa"]).await;
    env.end_webinar(&["r1", "r2", "r5", "åsa"]).await;
    let view = env.sync().await;
    assert_eq!((summary(&view), problem(&view)), (("settling".into(), 3, 2, 2), "MARKETO_UNAVAILABLE"));
    assert_eq!(view["refused"], 1);
}

#[tokio::test]
async fn a_rejected_status_is_shown_and_not_taken_for_absence() {
    let env = five_registrants().await;
    let lead = env.leads("r1@x.test")[0];
    env.marketo.arrange(|subscription| subscription.closed_partition.insert(lead.try_into().unwrap()));
    let view = env.sync().await;
    assert_eq!((view["refused"].clone(), problem(&view)), (json!(1), "MARKETO_UNAVAILABLE"));
    let detail = view["problem"]["detail"].as_str().unwrap();
    assert!(detail.contains("may not access their lead partition"), "{detail}");
    assert_eq!(env.status("r1"), "Registered");

    env.marketo.arrange(|subscription| subscription.closed_partition.clear());
    let view = env.sync().await;
    assert_eq!((problem(&view), env.status("r1").as_str()), ("none", "Attended"));
}

#[tokio::test]
async fn a_person_who_rejoins_counts_once_and_a_caller_by_phone_is_unmatched() {
    let waiting = Attendance { waiting_room: true, ..stay("r3", 0, 10) };
    let more = vec![stay("r1", 5, 25), stay("+1555****100", 0, 10), stay("host", 0, 10), waiting];
    let env = five_registrants_with(more).await;
    let view = env.sync().await;
    assert_eq!(summary(&view), ("settling".into(), 3, 2, 2));
    assert_eq!((&view["unmatched"], &view["minutes"]), (&json!(1), &json!(25 + 10 + 10)));
    assert!(env.leads(HOST).is_empty());
}

#[tokio::test]
async fn without_registration_members_are_matched_by_address() {
    let env = TestEnv::with_webinar(NewWebinar { approval_type: 2, ..NewWebinar::default() }).await;
    env.zoom.add_user(NewUser::named("colleague@x.test")).unwrap();
    env.member("ada", "Registered", "");
    env.member("bob", "Registered", "");
    let named = |email: &str, name: &str| Attendance { display_name: Some(name.to_owned()), ..stay(email, 0, 10) };
    let colleague = Attendance::throughout(Person::User("colleague@x.test".to_owned()));
    let people = vec![named("ADA@x.test", "Ada Lovelace"), named("cyd@x.test", "Cyd Charisse"), colleague];
    env.end_webinar_with(people).await;
    let view = env.sync().await;
    assert_eq!((summary(&view), &view["never_registered"]), (("settling".into(), 2, 0, 1), &json!(1)));
    // Bob was never registered in Zoom, so nothing shows that he wanted to come (R19).
    assert_eq!((env.status("ada").as_str(), env.status("bob").as_str()), ("Attended", "Registered"));
    let cyd = env.leads("cyd@x.test")[0];
    assert_eq!(env.lead_fields(cyd)["lastName"], "Charisse");
    assert_eq!(env.zoom_calls("registrants") + env.zoom_calls("absentees"), 0);
}

#[tokio::test]
async fn a_deleted_webinar_still_has_its_absentees() {
    let env = five_registrants().await;
    env.zoom.delete_webinar(WEBINAR).await.unwrap();
    assert_eq!(summary(&env.sync().await), ("settling".into(), 3, 2, 2));
    assert_eq!(env.status("r4"), "No Show");
}

#[tokio::test]
async fn a_webinar_without_attendees_sets_all_to_no_show() {
    let env = TestEnv::new().await;
    env.register(&["r1", "r2", "r3"]).await;
    for id in ["r1", "r2", "r3"] {
        env.member(id, "Registered", id);
    }
    env.end_webinar_with(vec![stay("host", 0, 31)]).await;
    // Until then the report may be short.
    env.advance(30);
    assert_eq!(summary(&env.sync().await), ("settling".into(), 0, 3, 0));
}

#[tokio::test]
async fn a_channel_without_no_show_is_reported_and_attended_is_set() {
    let env = five_registrants().await;
    env.change_connection(|connection| connection.channel.statuses.retain(|status| status.name != "No Show")).await;
    let view = env.sync().await;
    assert_eq!((view["phase"].as_str(), problem(&view)), (Some("settling"), "PROGRAM_NOT_WEBINAR_CHANNEL"));
    assert!(view["problem"]["detail"].as_str().unwrap().contains("No Show"));
    assert_eq!((env.status("r1"), env.status("r3")), ("Attended".into(), "Registered".into()));
}

#[tokio::test]
async fn a_person_registered_by_a_sibling_program_is_not_added_to_this_one() {
    let env = five_registrants().await;
    env.connect(1002, WEBINAR).await;
    let lead = env.lead("r4@x.test");
    env.add_member(1002, lead, "Registered", &env.registrant_id("r4").unwrap());
    env.add_ledger_entry("r4@x.test", 1002, lead).await;
    assert_eq!(summary(&env.sync().await), ("settling".into(), 3, 1, 1));
    assert_eq!(env.status_in(PROGRAM, "r4"), "");
    assert_eq!(env.status_in(PROGRAM, "r5"), "Attended");
}

#[tokio::test]
async fn minutes_and_times_are_written_to_the_named_fields() {
    // A late row changes the fields of r2, although the status does not change.
    let late = Attendance { late_seconds: 7_200, ..stay("r2", 30, 50) };
    let env = five_registrants_with(vec![stay("r1", 5, 25), late]).await;
    env.change_connection(|connection| {
        connection.member_fields.minutes = Some("zoomMinutes".into());
        connection.member_fields.first_join = Some("zoomJoined".into());
    })
    .await;
    assert_eq!(summary(&env.sync().await), ("settling".into(), 3, 2, 2));
    for (name, minutes) in [("r1", 25), ("r2", 10), ("r5", 10)] {
        let lead = env.leads(&format!("{name}@x.test"))[0];
        let expected = json!({"leadId": lead, "zoomMinutes": minutes, "zoomJoined": "2026-11-02T09:00:00Z"});
        assert_eq!(env.member_fields(lead), expected, "{name}");
    }
    assert_eq!(env.members_with_fields(), 3);

    env.advance(120);
    env.sync().await;
    let lead = env.leads("r2@x.test")[0];
    assert_eq!(env.member_fields(lead)["zoomMinutes"], 30);
}

#[tokio::test]
async fn r16_a_person_registered_by_a_sibling_program_is_attended_here_too_if_a_member() {
    let env = five_registrants().await;
    env.connect(1002, WEBINAR).await;
    let lead = env.member("r5", "Registered", "");
    env.add_member(1002, lead, "Registered", &env.registrant_id("r5").unwrap());
    env.add_ledger_entry("r5@x.test", 1002, lead).await;
    assert_eq!(summary(&env.sync().await), ("settling".into(), 3, 2, 1));
    assert_eq!(env.status("r5"), "Attended");
}

#[tokio::test]
async fn r16_an_address_that_attended_is_not_a_no_show_under_another_registration() {
    let env = registered().await;
    env.set_step("No Show", 50);
    env.change_connection(|connection| connection.channel.statuses[2].step = 50).await;
    // The person attended with a first, cancelled registration; Zoom lists the second one as absent.
    env.start_session().await;
    env.join("r4").await;
    env.set_registration("r4", "withdraw").await;
    env.register_as("r4", "R4@x.test").await;
    env.advance(60);
    env.end_session().await;
    env.sync().await;
    assert_eq!(env.status("r4"), "Attended");
}

#[tokio::test]
async fn an_attendee_without_times_is_attended() {
    let env = five_registrants().await;
    env.change_connection(|connection| connection.member_fields.first_join = Some("zoomJoined".into())).await;
    let id = env.registrant_id("r3");
    let untimed = json!({"registrant_id": id, "name": "Some One", "join_time": "", "leave_time": "", "duration": 60});
    env.change_report(|rows| rows.push(untimed)).await;
    env.sync().await;
    let lead = env.leads("r3@x.test")[0];
    assert_eq!((env.status("r3").as_str(), env.member_fields(lead)), ("Attended", json!(null)));
}

#[tokio::test]
async fn people_of_a_program_too_large_to_list_are_matched_by_address() {
    let env = five_registrants().await;
    for number in 0..MEMBER_LIST_LIMIT {
        env.member(&format!("invited{number}"), "Invited", "");
    }
    // r4 was set to Attended by a marketer, and Zoom lists them as absent.
    env.member("r4", "Attended", "r4");
    let view = env.sync().await;
    assert_eq!((summary(&view), problem(&view)), (("settling".into(), 3, 1, 1), "MARKETO_UNAVAILABLE"));
    for (name, status) in [
        ("r1", "Attended"),
        ("r2", "Attended"),
        ("r3", "No Show"),
        ("r4", "Attended"),
        ("r5", "Attended"),
        ("invited", "Invited"),
    ] {
        assert_eq!(env.status(name), status, "{name}");
    }
}
