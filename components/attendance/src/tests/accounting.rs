//! Who ends up with which status.

use super::world::{PROGRAM, World, problem, registrant, row, summary};
use domain::webinar::RegistrationMode;
use serde_json::json;

/// Three came through Marketo, two through Zoom's page; of each one stayed away.
async fn usual() -> World {
    let world = World::new().await;
    {
        let mut marketo = world.marketo();
        for id in ["r1", "r2", "r3"] {
            marketo.member(id, "Registered", id);
        }
        marketo.member("invited", "Invited", "");
    }
    world.zoom().crowd(&["r1", "r2", "r3", "r4", "r5"], &["r1", "r2", "r5"]);
    world.held();
    world
}

#[tokio::test]
async fn r11_everybody_is_attended_or_no_show_and_strangers_are_leads() {
    let world = usual().await;
    assert_eq!(summary(&world.sync().await), ("settling".into(), 3, 2, 2));
    for (name, status) in [
        ("r1", "Attended"),
        ("r2", "Attended"),
        ("r3", "No Show"),
        ("r4", "No Show"),
        ("r5", "Attended"),
        ("invited", "Invited"),
    ] {
        assert_eq!(world.status(name), status, "{name}");
    }
    let lead = world.leads("r5@x.test")[0];
    let stranger = json!(world.marketo().leads[&lead]);
    let expected =
        json!({"email": "r5@x.test", "firstName": "R5", "lastName": "Last", "company": "Org", "phone": "+1 555"});
    assert_eq!(stranger, expected);
}

#[tokio::test]
async fn r10_a_registration_on_zooms_page_counts_once_it_is_attendance() {
    let world = usual().await;
    assert!(world.leads("r5@x.test").is_empty());
    world.sync().await;
    assert_eq!(world.leads("R5@X.TEST").len(), 1);
}

#[tokio::test]
async fn r16_what_was_written_is_not_written_again_and_never_moves_back() {
    let world = usual().await;
    world.sync().await;
    let changes = world.marketo().changes.clone();
    // Attended is written first: where Marketo's order allowed it, a No Show would be overtaken, not the reverse.
    let statuses: Vec<_> = changes.iter().map(|(_, status)| status.as_str()).collect();
    assert_eq!(statuses, ["Attended", "Attended", "Attended", "No Show", "No Show"]);

    let again = world.sync().await;
    assert_eq!(summary(&again), ("settling".into(), 3, 2, 2));
    assert_eq!(world.marketo().changes, changes);
    assert_eq!(world.marketo().written.len(), 2);
}

#[tokio::test]
async fn r16_who_attended_is_never_no_show_even_where_the_channel_would_let_them() {
    let world = usual().await;
    world.marketo().steps.insert("No Show".into(), 50);
    world.marketo().member("r4", "Attended", "r4");
    world.change_connection(|connection| connection.channel.statuses[2].step = 50).await;
    world.sync().await;
    // The next report has lost r1, and Zoom calls r4, who watched the recording, absent.
    world.zoom().crowd(&["r1", "r2", "r3", "r4", "r5"], &["r2", "r5"]);
    world.sync().await;
    for name in ["r1", "r4"] {
        assert_eq!(world.status(name), "Attended", "{name}");
    }
}

#[tokio::test]
async fn r16_already_past_the_status_is_success() {
    let world = usual().await;
    world.marketo().steps.insert("Met Sales".into(), 90);
    world.marketo().member("r6", "Met Sales", "");
    world.zoom().crowd(&["r6", "r7"], &["r6"]);
    let view = world.sync().await;
    assert_eq!((world.status("r6").as_str(), problem(&view)), ("Met Sales", "none"));
}

#[tokio::test]
async fn a_member_whom_zoom_does_not_know_is_a_no_show() {
    let world = usual().await;
    world.marketo().member("lost", "Registered", "");
    world.marketo().member("gone", "Registered", "r99");
    world.sync().await;
    assert_eq!((world.status("lost"), world.status("gone")), ("No Show".into(), "No Show".into()));
}

#[tokio::test]
async fn a_member_without_registrant_id_is_matched_by_address() {
    let world = usual().await;
    world.marketo().member("R5", "Registered", "");
    assert_eq!(summary(&world.sync().await), ("settling".into(), 3, 2, 1));
    assert_eq!(world.status("r5"), "Attended");
}

#[tokio::test]
async fn of_several_leads_with_one_address_the_member_is_meant() {
    let world = usual().await;
    world.marketo().lead("r5@x.test");
    let member = world.marketo().member("r5", "Invited", "");
    world.marketo().member("r5", "Registered", "");
    world.sync().await;
    assert_eq!(world.leads("r5@x.test").len(), 3);
    assert_eq!(world.marketo().members[&(PROGRAM, member)].0, "Invited");
    assert_eq!(world.marketo().members[&(PROGRAM, member + 1)].0, "Attended");
}

#[tokio::test]
async fn one_address_becomes_one_lead() {
    let world = World::new().await;
    let twice = |id: &str, email: &str| {
        let mut registrant = registrant(id);
        registrant["email"] = email.into();
        registrant
    };
    world.zoom().crowd(&[], &["r1", "r2"]);
    world.zoom().registrants = Some(vec![twice("r1", "ada@x.test"), twice("r2", "ADA@X.TEST")]);
    world.held();
    assert_eq!(summary(&world.sync().await), ("settling".into(), 1, 0, 1));
    assert_eq!(world.leads("ada@x.test").len(), 1);
}

#[tokio::test]
async fn r11_blanks_of_a_known_lead_are_filled_in_and_the_rest_is_kept() {
    let world = usual().await;
    let lead = world.marketo().lead("R5@x.test");
    world.marketo().leads.get_mut(&lead).unwrap().insert("firstName".into(), "Rosalind".into());
    assert_eq!(world.sync().await["new_leads"], 1);
    let fields = json!(world.marketo().leads[&lead]);
    assert_eq!((&fields["firstName"], &fields["company"]), (&json!("Rosalind"), &json!("Org")));
}

#[tokio::test]
async fn r11_a_subscription_that_refuses_companies_gets_leads_without() {
    let world = usual().await;
    world.marketo().read_only.insert("company");
    let view = world.sync().await;
    assert_eq!((summary(&view), problem(&view)), (("settling".into(), 3, 2, 2), "none"));
    let lead = world.leads("r5@x.test")[0];
    assert_eq!(world.marketo().leads[&lead].get("company"), None);
    assert_eq!(world.marketo().leads[&lead]["firstName"], "R5");
}

#[tokio::test]
async fn an_address_that_marketo_does_not_take_hurts_nobody_else() {
    let world = usual().await;
    world.zoom().rows.as_mut().unwrap().push(row(json!({"registrant_id": "r8", "user_email": "åsa@x.test"})));
    let view = world.sync().await;
    assert_eq!((summary(&view), problem(&view)), (("settling".into(), 3, 2, 2), "MARKETO_UNAVAILABLE"));
    assert_eq!(view["refused"], 1);
}

#[tokio::test]
async fn a_status_that_marketo_refuses_is_surfaced_and_not_taken_for_absence() {
    let world = usual().await;
    let lead = world.leads("r1@x.test")[0];
    world.marketo().refused.insert(lead, "1008");
    let view = world.sync().await;
    assert_eq!((view["refused"].clone(), problem(&view)), (json!(1), "MARKETO_UNAVAILABLE"));
    assert_eq!(world.status("r1"), "Registered");

    world.marketo().refused.clear();
    let view = world.sync().await;
    assert_eq!((problem(&view), world.status("r1").as_str()), ("none", "Attended"));
}

#[tokio::test]
async fn who_comes_back_counts_once_and_a_caller_by_phone_is_unmatched() {
    let world = usual().await;
    {
        let mut zoom = world.zoom();
        let rows = zoom.rows.as_mut().unwrap();
        let later =
            json!({"registrant_id": "r1", "join_time": "2026-11-02T09:05:00Z", "leave_time": "2026-11-02T09:25:00Z"});
        rows.push(row(later));
        rows.push(row(json!({"name": "+1555****100"})));
        rows.push(row(json!({"id": "u1", "user_email": "host@x.test", "name": "The Host"})));
        rows.push(row(json!({"user_email": "r3@x.test", "status": "in_waiting_room"})));
    }
    let view = world.sync().await;
    assert_eq!(summary(&view), ("settling".into(), 3, 2, 2));
    assert_eq!((&view["unmatched"], &view["minutes"]), (&json!(1), &json!(25 + 10 + 10)));
    assert!(world.leads("host@x.test").is_empty());
}

#[tokio::test]
async fn without_registration_addresses_are_matched_and_the_rest_of_the_registered_is_absent() {
    let world = World::new().await;
    world.change_connection(|connection| connection.snapshot.registration = RegistrationMode::None).await;
    world.marketo().member("ada", "Registered", "");
    world.marketo().member("bob", "Registered", "");
    world.zoom().rows = Some(vec![
        row(json!({"user_email": "ADA@x.test", "name": "Ada Lovelace"})),
        row(json!({"user_email": "cyd@x.test", "name": "Cyd Charisse"})),
        row(json!({"id": "u1", "user_email": "colleague@x.test"})),
    ]);
    world.held();
    assert_eq!(summary(&world.sync().await), ("settling".into(), 2, 1, 1));
    assert_eq!((world.status("ada").as_str(), world.status("bob").as_str()), ("Attended", "No Show"));
    let cyd = world.leads("cyd@x.test")[0];
    assert_eq!(world.marketo().leads[&cyd]["lastName"], "Charisse");
    assert_eq!(world.times_asked("registrants") + world.times_asked("absentees"), 0);
}

#[tokio::test]
async fn a_webinar_that_was_deleted_since_still_has_its_absentees() {
    let world = usual().await;
    world.zoom().registrants = None;
    assert_eq!(summary(&world.sync().await), ("settling".into(), 3, 2, 2));
    assert_eq!(world.status("r4"), "No Show");
}

#[tokio::test]
async fn nobody_came() {
    let world = usual().await;
    world.zoom().crowd(&["r1", "r2", "r3"], &[]);
    assert_eq!(summary(&world.sync().await), ("settling".into(), 0, 3, 0));
}

#[tokio::test]
async fn a_channel_without_no_show_says_so_and_the_rest_is_done() {
    let world = usual().await;
    world.change_connection(|connection| connection.channel.statuses.retain(|status| status.name != "No Show")).await;
    let view = world.sync().await;
    assert_eq!((view["phase"].as_str(), problem(&view)), (Some("settling"), "PROGRAM_NOT_WEBINAR_CHANNEL"));
    assert!(view["problem"]["detail"].as_str().unwrap().contains("No Show"));
    assert_eq!((world.status("r1"), world.status("r3")), ("Attended".into(), "Registered".into()));
}

#[tokio::test]
async fn whom_another_program_of_the_webinar_registered_is_not_tied_to_this_one() {
    let world = usual().await;
    world.connect(1002, super::world::WEBINAR).await;
    let lead = world.marketo().lead("r4@x.test");
    world.marketo().members.insert((1002, lead), ("Registered".into(), "r4".into()));
    world.in_ledger("r4@x.test", 1002, lead).await;
    assert_eq!(summary(&world.sync().await), ("settling".into(), 3, 1, 1));
    assert_eq!(world.status_in(PROGRAM, "r4"), "");
    assert_eq!(world.status_in(PROGRAM, "r5"), "Attended");
}

#[tokio::test]
async fn minutes_and_times_go_into_the_fields_that_were_named() {
    let world = usual().await;
    world
        .change_connection(|connection| {
            connection.member_fields.minutes = Some("zoomMinutes".into());
            connection.member_fields.first_join = Some("zoomJoined".into());
        })
        .await;
    let again =
        json!({"registrant_id": "r1", "join_time": "2026-11-02T09:05:00Z", "leave_time": "2026-11-02T09:25:00Z"});
    world.zoom().rows.as_mut().unwrap().push(row(again));
    assert_eq!(summary(&world.sync().await), ("settling".into(), 3, 2, 2));
    for (name, minutes) in [("r1", 25), ("r2", 10), ("r5", 10)] {
        let lead = world.leads(&format!("{name}@x.test"))[0];
        let expected = json!({"leadId": lead, "zoomMinutes": minutes, "zoomJoined": "2026-11-02T09:00:00Z"});
        assert_eq!(world.marketo().fields[&lead], expected, "{name}");
    }
    assert_eq!(world.marketo().fields.len(), 3);

    // Somebody who came back is there longer by the next look, although their status stays.
    let later =
        json!({"registrant_id": "r2", "join_time": "2026-11-02T09:30:00Z", "leave_time": "2026-11-02T09:50:00Z"});
    world.zoom().rows.as_mut().unwrap().push(row(later));
    world.sync().await;
    let lead = world.leads("r2@x.test")[0];
    assert_eq!(world.marketo().fields[&lead]["zoomMinutes"], 30);
}

#[tokio::test]
async fn r16_whom_another_program_registered_is_attended_here_too_if_they_are_a_member() {
    let world = usual().await;
    world.connect(1002, super::world::WEBINAR).await;
    let lead = world.marketo().member("r5", "Registered", "");
    world.marketo().members.insert((1002, lead), ("Registered".into(), "r5".into()));
    world.in_ledger("r5@x.test", 1002, lead).await;
    assert_eq!(summary(&world.sync().await), ("settling".into(), 3, 2, 1));
    assert_eq!(world.status("r5"), "Attended");
}

#[tokio::test]
async fn r16_an_address_that_attended_is_not_absent_under_another_registration() {
    let world = usual().await;
    world.marketo().steps.insert("No Show".into(), 50);
    world.change_connection(|connection| connection.channel.statuses[2].step = 50).await;
    // Somebody whose first registration was cancelled came with it; their second is called absent.
    world.zoom().rows.as_mut().unwrap().push(row(json!({"registrant_id": "r9", "user_email": "R4@x.test"})));
    world.sync().await;
    assert_eq!(world.status("r4"), "Attended");
}

#[tokio::test]
async fn who_was_there_without_times_has_attended() {
    let world = usual().await;
    world.change_connection(|connection| connection.member_fields.first_join = Some("zoomJoined".into())).await;
    let untimed = json!({"registrant_id": "r3", "join_time": "", "leave_time": "", "duration": 60});
    world.zoom().rows.as_mut().unwrap().push(row(untimed));
    world.sync().await;
    let lead = world.leads("r3@x.test")[0];
    assert_eq!((world.status("r3").as_str(), world.marketo().fields.get(&lead)), ("Attended", None));
}

#[tokio::test]
async fn a_program_whose_members_marketo_does_not_list_is_accounted_for_by_address() {
    let world = usual().await;
    world.marketo().is_too_large = true;
    // Somebody whom a marketer set to Attended, and whom Zoom calls absent.
    world.marketo().member("r4", "Attended", "r4");
    let view = world.sync().await;
    assert_eq!((summary(&view), problem(&view)), (("settling".into(), 3, 1, 1), "MARKETO_UNAVAILABLE"));
    for (name, status) in [
        ("r1", "Attended"),
        ("r2", "Attended"),
        ("r3", "No Show"),
        ("r4", "Attended"),
        ("r5", "Attended"),
        ("invited", "Invited"),
    ] {
        assert_eq!(world.status(name), status, "{name}");
    }
}
