//! The statuses, leads and fields that a run writes.

use super::env::{PROGRAM, TestEnv, problem, registrant, row, summary};
use domain::webinar::RegistrationMode;
use serde_json::json;

/// r1 to r3 registered through Marketo, r4 and r5 on Zoom's page; r3 and r4 did not attend.
async fn five_registrants() -> TestEnv {
    let env = TestEnv::new().await;
    {
        let mut marketo = env.marketo();
        for id in ["r1", "r2", "r3"] {
            marketo.member(id, "Registered", id);
        }
        marketo.member("invited", "Invited", "");
    }
    env.zoom().set_attendance(&["r1", "r2", "r3", "r4", "r5"], &["r1", "r2", "r5"]);
    env.end_webinar();
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
    let new_lead = json!(env.marketo().leads[&lead]);
    let expected =
        json!({"email": "r5@x.test", "firstName": "R5", "lastName": "Last", "company": "Org", "phone": "+1 555"});
    assert_eq!(new_lead, expected);
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
    let changes = env.marketo().status_changes.clone();
    // Attended comes first, so that a No Show can never replace it.
    let statuses: Vec<_> = changes.iter().map(|(_, status)| status.as_str()).collect();
    assert_eq!(statuses, ["Attended", "Attended", "Attended", "No Show", "No Show"]);

    let again = env.sync().await;
    assert_eq!(summary(&again), ("settling".into(), 3, 2, 2));
    assert_eq!(env.marketo().status_changes, changes);
    assert_eq!(env.marketo().lead_writes.len(), 2);
}

#[tokio::test]
async fn r16_an_attendee_is_never_set_to_no_show_even_if_the_channel_allows_it() {
    let env = five_registrants().await;
    env.marketo().steps.insert("No Show".into(), 50);
    env.marketo().member("r4", "Attended", "r4");
    env.change_connection(|connection| connection.channel.statuses[2].step = 50).await;
    env.sync().await;
    // The next report lacks r1, and Zoom lists r4, who watched the recording, as absent.
    env.zoom().set_attendance(&["r1", "r2", "r3", "r4", "r5"], &["r2", "r5"]);
    env.sync().await;
    for name in ["r1", "r4"] {
        assert_eq!(env.status(name), "Attended", "{name}");
    }
}

#[tokio::test]
async fn r16_a_member_past_the_status_is_success() {
    let env = five_registrants().await;
    env.marketo().steps.insert("Met Sales".into(), 90);
    env.marketo().member("r6", "Met Sales", "");
    env.zoom().set_attendance(&["r6", "r7"], &["r6"]);
    let view = env.sync().await;
    assert_eq!((env.status("r6").as_str(), problem(&view)), ("Met Sales", "none"));
}

#[tokio::test]
async fn r19_a_member_whose_registration_does_not_stand_keeps_their_status() {
    let env = five_registrants().await;
    env.marketo().member("lost", "Registered", "");
    env.marketo().member("gone", "Registered", "r99");
    env.marketo().member("denied", "Registered", "r98");
    env.zoom().denied = vec![registrant("r98")];
    let view = env.sync().await;
    for name in ["lost", "gone", "denied"] {
        assert_eq!(env.status(name), "Registered", "{name}");
    }
    assert_eq!((&view["never_registered"], &view["cancelled"], &view["no_show"]), (&json!(1), &json!(2), &json!(2)));
}

#[tokio::test]
async fn a_member_without_registrant_id_is_matched_by_address() {
    let env = five_registrants().await;
    env.marketo().member("R5", "Registered", "");
    assert_eq!(summary(&env.sync().await), ("settling".into(), 3, 2, 1));
    assert_eq!(env.status("r5"), "Attended");
}

#[tokio::test]
async fn of_several_leads_with_one_address_the_member_is_set() {
    let env = five_registrants().await;
    env.marketo().lead("r5@x.test");
    let member = env.marketo().member("r5", "Invited", "");
    env.marketo().member("r5", "Registered", "");
    env.sync().await;
    assert_eq!(env.leads("r5@x.test").len(), 3);
    assert_eq!(env.marketo().members[&(PROGRAM, member)].0, "Invited");
    assert_eq!(env.marketo().members[&(PROGRAM, member + 1)].0, "Attended");
}

#[tokio::test]
async fn one_address_becomes_one_lead() {
    let env = TestEnv::new().await;
    let twice = |id: &str, email: &str| {
        let mut registrant = registrant(id);
        registrant["email"] = email.into();
        registrant
    };
    env.zoom().set_attendance(&[], &["r1", "r2"]);
    env.zoom().registrants = Some(vec![twice("r1", "ada@x.test"), twice("r2", "ADA@X.TEST")]);
    env.end_webinar();
    assert_eq!(summary(&env.sync().await), ("settling".into(), 1, 0, 1));
    assert_eq!(env.leads("ada@x.test").len(), 1);
}

#[tokio::test]
async fn r11_only_blank_fields_of_an_existing_lead_are_filled() {
    let env = five_registrants().await;
    let lead = env.marketo().lead("R5@x.test");
    env.marketo().leads.get_mut(&lead).unwrap().insert("firstName".into(), "Rosalind".into());
    assert_eq!(env.sync().await["new_leads"], 1);
    let fields = json!(env.marketo().leads[&lead]);
    assert_eq!((&fields["firstName"], &fields["company"]), (&json!("Rosalind"), &json!("Org")));
}

#[tokio::test]
async fn r11_leads_are_created_without_companies_if_marketo_rejects_those() {
    let env = five_registrants().await;
    env.marketo().read_only.insert("company");
    let view = env.sync().await;
    assert_eq!((summary(&view), problem(&view)), (("settling".into(), 3, 2, 2), "none"));
    let lead = env.leads("r5@x.test")[0];
    assert_eq!(env.marketo().leads[&lead].get("company"), None);
    assert_eq!(env.marketo().leads[&lead]["firstName"], "R5");
}

#[tokio::test]
async fn a_rejected_address_does_not_affect_other_people() {
    let env = five_registrants().await;
    env.zoom().rows.as_mut().unwrap().push(row(json!({"registrant_id": "r8", "user_email": "åsa@x.test"})));
    let view = env.sync().await;
    assert_eq!((summary(&view), problem(&view)), (("settling".into(), 3, 2, 2), "MARKETO_UNAVAILABLE"));
    assert_eq!(view["refused"], 1);
}

#[tokio::test]
async fn a_rejected_status_is_shown_and_not_taken_for_absence() {
    let env = five_registrants().await;
    let lead = env.leads("r1@x.test")[0];
    env.marketo().rejected.insert(lead, "1008");
    let view = env.sync().await;
    assert_eq!((view["refused"].clone(), problem(&view)), (json!(1), "MARKETO_UNAVAILABLE"));
    assert_eq!(env.status("r1"), "Registered");

    env.marketo().rejected.clear();
    let view = env.sync().await;
    assert_eq!((problem(&view), env.status("r1").as_str()), ("none", "Attended"));
}

#[tokio::test]
async fn a_person_who_rejoins_counts_once_and_a_caller_by_phone_is_unmatched() {
    let env = five_registrants().await;
    {
        let mut zoom = env.zoom();
        let rows = zoom.rows.as_mut().unwrap();
        let later =
            json!({"registrant_id": "r1", "join_time": "2026-11-02T09:05:00Z", "leave_time": "2026-11-02T09:25:00Z"});
        rows.push(row(later));
        rows.push(row(json!({"name": "+1555****100"})));
        rows.push(row(json!({"id": "u1", "user_email": "host@x.test", "name": "The Host"})));
        rows.push(row(json!({"user_email": "r3@x.test", "status": "in_waiting_room"})));
    }
    let view = env.sync().await;
    assert_eq!(summary(&view), ("settling".into(), 3, 2, 2));
    assert_eq!((&view["unmatched"], &view["minutes"]), (&json!(1), &json!(25 + 10 + 10)));
    assert!(env.leads("host@x.test").is_empty());
}

#[tokio::test]
async fn without_registration_members_are_matched_by_address() {
    let env = TestEnv::new().await;
    env.change_connection(|connection| connection.snapshot.registration = RegistrationMode::None).await;
    env.marketo().member("ada", "Registered", "");
    env.marketo().member("bob", "Registered", "");
    env.zoom().rows = Some(vec![
        row(json!({"user_email": "ADA@x.test", "name": "Ada Lovelace"})),
        row(json!({"user_email": "cyd@x.test", "name": "Cyd Charisse"})),
        row(json!({"id": "u1", "user_email": "colleague@x.test"})),
    ]);
    env.end_webinar();
    let view = env.sync().await;
    assert_eq!((summary(&view), &view["never_registered"]), (("settling".into(), 2, 0, 1), &json!(1)));
    // Bob was never registered in Zoom, so nothing shows that he wanted to come (R19).
    assert_eq!((env.status("ada").as_str(), env.status("bob").as_str()), ("Attended", "Registered"));
    let cyd = env.leads("cyd@x.test")[0];
    assert_eq!(env.marketo().leads[&cyd]["lastName"], "Charisse");
    assert_eq!(env.zoom_calls("registrants") + env.zoom_calls("absentees"), 0);
}

#[tokio::test]
async fn a_deleted_webinar_still_has_its_absentees() {
    let env = five_registrants().await;
    env.zoom().registrants = None;
    assert_eq!(summary(&env.sync().await), ("settling".into(), 3, 2, 2));
    assert_eq!(env.status("r4"), "No Show");
}

#[tokio::test]
async fn a_webinar_without_attendees_sets_all_to_no_show() {
    let env = five_registrants().await;
    env.zoom().set_attendance(&["r1", "r2", "r3"], &[]);
    let host = json!({"id": "u1", "user_email": "host@x.test", "leave_time": "2026-11-02T09:31:00Z"});
    env.zoom().rows = Some(vec![row(host)]);
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
    env.connect(1002, super::env::WEBINAR).await;
    let lead = env.marketo().lead("r4@x.test");
    env.marketo().members.insert((1002, lead), ("Registered".into(), "r4".into()));
    env.add_ledger_entry("r4@x.test", 1002, lead).await;
    assert_eq!(summary(&env.sync().await), ("settling".into(), 3, 1, 1));
    assert_eq!(env.status_in(PROGRAM, "r4"), "");
    assert_eq!(env.status_in(PROGRAM, "r5"), "Attended");
}

#[tokio::test]
async fn minutes_and_times_are_written_to_the_named_fields() {
    let env = five_registrants().await;
    env.change_connection(|connection| {
        connection.member_fields.minutes = Some("zoomMinutes".into());
        connection.member_fields.first_join = Some("zoomJoined".into());
    })
    .await;
    let again =
        json!({"registrant_id": "r1", "join_time": "2026-11-02T09:05:00Z", "leave_time": "2026-11-02T09:25:00Z"});
    env.zoom().rows.as_mut().unwrap().push(row(again));
    assert_eq!(summary(&env.sync().await), ("settling".into(), 3, 2, 2));
    for (name, minutes) in [("r1", 25), ("r2", 10), ("r5", 10)] {
        let lead = env.leads(&format!("{name}@x.test"))[0];
        let expected = json!({"leadId": lead, "zoomMinutes": minutes, "zoomJoined": "2026-11-02T09:00:00Z"});
        assert_eq!(env.marketo().fields[&lead], expected, "{name}");
    }
    assert_eq!(env.marketo().fields.len(), 3);

    // A late row changes the fields of r2, although the status does not change.
    let later =
        json!({"registrant_id": "r2", "join_time": "2026-11-02T09:30:00Z", "leave_time": "2026-11-02T09:50:00Z"});
    env.zoom().rows.as_mut().unwrap().push(row(later));
    env.sync().await;
    let lead = env.leads("r2@x.test")[0];
    assert_eq!(env.marketo().fields[&lead]["zoomMinutes"], 30);
}

#[tokio::test]
async fn r16_a_person_registered_by_a_sibling_program_is_attended_here_too_if_a_member() {
    let env = five_registrants().await;
    env.connect(1002, super::env::WEBINAR).await;
    let lead = env.marketo().member("r5", "Registered", "");
    env.marketo().members.insert((1002, lead), ("Registered".into(), "r5".into()));
    env.add_ledger_entry("r5@x.test", 1002, lead).await;
    assert_eq!(summary(&env.sync().await), ("settling".into(), 3, 2, 1));
    assert_eq!(env.status("r5"), "Attended");
}

#[tokio::test]
async fn r16_an_address_that_attended_is_not_a_no_show_under_another_registration() {
    let env = five_registrants().await;
    env.marketo().steps.insert("No Show".into(), 50);
    env.change_connection(|connection| connection.channel.statuses[2].step = 50).await;
    // The person attended with a first, cancelled registration; Zoom lists the second one as absent.
    env.zoom().rows.as_mut().unwrap().push(row(json!({"registrant_id": "r9", "user_email": "R4@x.test"})));
    env.sync().await;
    assert_eq!(env.status("r4"), "Attended");
}

#[tokio::test]
async fn an_attendee_without_times_is_attended() {
    let env = five_registrants().await;
    env.change_connection(|connection| connection.member_fields.first_join = Some("zoomJoined".into())).await;
    let untimed = json!({"registrant_id": "r3", "join_time": "", "leave_time": "", "duration": 60});
    env.zoom().rows.as_mut().unwrap().push(row(untimed));
    env.sync().await;
    let lead = env.leads("r3@x.test")[0];
    assert_eq!((env.status("r3").as_str(), env.marketo().fields.get(&lead)), ("Attended", None));
}

#[tokio::test]
async fn people_of_a_program_too_large_to_list_are_matched_by_address() {
    let env = five_registrants().await;
    env.marketo().is_too_large = true;
    // r4 was set to Attended by a marketer, and Zoom lists them as absent.
    env.marketo().member("r4", "Attended", "r4");
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
