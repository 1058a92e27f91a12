//! Decisions of the host: approval, denial, cancellation.

use crate::harness::{App, Fixture, wait_for};
use fakes::marketo::campaign::Campaign;
use fakes::marketo::subscription::{Channel, NewProgram, ProgressionStatus, WEBINAR_PROGRAM};
use fakes::zoom::{NewRegistrant, NewWebinar};
use serde_json::json;

/// Adds a program whose channel has Registered and Pending Approval at the same step, so that Marketo allows a change
/// between them.
fn add_program_with_approval(fixture: &Fixture) -> i64 {
    let statuses = [("Not in Program", 0), ("Registered", 40), ("Pending Approval", 40), ("Attended", 70)];
    let channel = Channel {
        id: 0,
        name: "Webinar by invitation".to_owned(),
        applicable_program_type: "webinar".to_owned(),
        progression_statuses: statuses.map(|(name, step)| ProgressionStatus::new(name, step)).into(),
    };
    let marketo = &fixture.app.env.marketo;
    let now = marketo.clock().now();
    marketo.arrange(|world| {
        let (kind, channel_name) = ("Event with Webinar".to_owned(), channel.name.clone());
        world.add_channel(channel);
        world.add_program(NewProgram { id: None, name: "By invitation".into(), kind, channel: channel_name }, now)
    })
}

/// Waits until a lead has its link in Marketo, and returns the link.
async fn link(fixture: &Fixture, program: i64, lead: i64) -> String {
    let marketo = &fixture.app.env.marketo;
    wait_for("the link", || async {
        let member = marketo.member(program, lead).unwrap();
        let link = member.text("webinarUrl").to_owned();
        (link.contains("tk=") && member.status_name == "Registered").then_some(link)
    })
    .await
}

#[tokio::test]
async fn registrant_awaiting_approval_is_pending_and_gets_the_link_once_approved() {
    let manual = NewWebinar { approval_type: 1, ..NewWebinar::default() };
    let fixture = Fixture::with_webinar(App::start().await, manual).await;
    let (zoom, marketo) = (&fixture.app.env.zoom, &fixture.app.env.marketo);
    let program = add_program_with_approval(&fixture);
    fixture.admin.connect(program, &fixture.service, fixture.webinar).await.unwrap().ok().unwrap();
    let leads = fixture.add_leads(2);
    let email = |lead: i64| marketo.lead(lead).unwrap().text("email").to_owned();
    let status = |program, lead| marketo.member(program, lead).unwrap().status_name;

    // The flow step registers into the program whose channel allows Pending Approval after Registered. The webhook
    // registers into the one where Marketo does not move the status back.
    let run = marketo.run_campaign(Campaign { program_id: program, ..fixture.campaign(&leads[..1]) }).await.unwrap();
    assert!(run.outcomes()[&leads[0]].success, "{:#?}", run.outcomes());
    assert!(marketo.set_member(WEBINAR_PROGRAM, leads[1], "Registered"));
    let answer = fixture.call_webhook(WEBINAR_PROGRAM, leads[1]).await;
    assert_eq!(answer.body["outcome"], "pending", "{answer:?}");
    assert_eq!(status(program, leads[0]), "Pending Approval");
    assert_eq!(status(WEBINAR_PROGRAM, leads[1]), "Registered", "no status moves back (R16)");

    for (program, lead) in [(program, leads[0]), (WEBINAR_PROGRAM, leads[1])] {
        let member = marketo.member(program, lead).unwrap();
        let registrants = zoom.webinar(fixture.webinar).unwrap().registrants;
        let registrant = registrants.iter().find(|one| one.email == email(lead)).unwrap();
        assert_eq!((member.text("webinarUrl"), member.text("registrationCode")), ("", &*registrant.id));
        zoom.set_registration(fixture.webinar, &email(lead), "approve").await.unwrap();
        assert_eq!(link(&fixture, program, lead).await, registrant.join_url);
        assert_eq!(fixture.add_calls(&email(lead)), 1);
    }
    // A repeated registration returns the link. The ledger follows shortly after the link is in Marketo.
    wait_for("the link in the ledger", || async {
        (fixture.call_webhook(WEBINAR_PROGRAM, leads[1]).await.body["outcome"] == "registered").then_some(())
    })
    .await;
    assert_eq!(fixture.add_calls(&email(leads[1])), 1);
    fixture.app.assert_no_trap();
    fixture.app.assert_logs_are_clean();
}

#[tokio::test]
async fn denied_and_cancelled_registrants_who_register_again_are_reapproved() {
    let fixture = Fixture::new(App::start().await).await;
    let (zoom, marketo) = (&fixture.app.env.zoom, &fixture.app.env.marketo);
    let leads = fixture.add_leads(3);
    for &lead in &leads {
        assert!(marketo.set_member(WEBINAR_PROGRAM, lead, "Registered"));
    }
    let email = |lead: i64| marketo.lead(lead).unwrap().text("email").to_owned();
    for &lead in &leads[..2] {
        fixture.call_webhook(WEBINAR_PROGRAM, lead).await;
    }
    // The third lead registered on Zoom's page and was denied before the application knew of it.
    let zoom_registrant = NewRegistrant {
        email: email(leads[2]),
        first_name: "Some".into(),
        last_name: "Body".into(),
        ..NewRegistrant::default()
    };
    zoom.register_on_zoom(fixture.webinar, zoom_registrant).await.unwrap();
    for (&lead, action) in leads.iter().zip(["cancel", "deny", "deny"]) {
        zoom.set_registration(fixture.webinar, &email(lead), action).await.unwrap();
    }
    let denied = wait_for("the host's decisions", || async {
        let failures = fixture.admin.get("/registration/failures").await.unwrap().ok().unwrap();
        (failures["failures"].as_array().unwrap().len() == 2).then_some(failures)
    })
    .await;
    assert!(denied["failures"].as_array().unwrap().iter().all(|row| row["code"] == "REGISTRANT_DENIED"), "{denied}");

    for &lead in &leads {
        let answer = fixture.call_webhook(WEBINAR_PROGRAM, lead).await;
        assert_eq!(answer.body["outcome"], "registered", "{answer:?}");
    }
    let registrants = zoom.webinar(fixture.webinar).unwrap().registrants;
    let statuses: Vec<_> = registrants.iter().map(|one| one.status.as_str()).collect();
    assert_eq!(statuses, ["approved"; 3]);
    let failures = fixture.admin.get("/registration/failures").await.unwrap().ok().unwrap();
    assert_eq!(failures["failures"], json!([]));
    let approvals = zoom.log().count("PUT", &format!("{}/status", fixture.registrants_path()));
    assert_eq!(approvals, 3, "Zoom allows 10 a day per registrant");
    for &lead in &leads {
        assert_eq!(fixture.add_calls(&email(lead)), 1, "a registrant that the ledger knows is not added again");
    }
    fixture.app.assert_no_trap();
}
