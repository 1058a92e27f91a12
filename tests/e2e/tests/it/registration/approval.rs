//! What hosts decide: approving by hand, denying, cancelling.

use crate::harness::{App, Scene, until};
use fakes::marketo::campaign::Campaign;
use fakes::marketo::world::{Channel, NewProgram, ProgressionStatus, WEBINAR_PROGRAM};
use fakes::zoom::{NewRegistrant, NewWebinar};
use serde_json::json;

/// Adds a program whose channel lets people wait for approval after they became Registered, as Marketo lets them where
/// both statuses have one step.
fn add_program_with_approval(scene: &Scene) -> i64 {
    let statuses = [("Not in Program", 0), ("Registered", 40), ("Pending Approval", 40), ("Attended", 70)];
    let channel = Channel {
        id: 0,
        name: "Webinar by invitation".to_owned(),
        applicable_program_type: "webinar".to_owned(),
        progression_statuses: statuses.map(|(name, step)| ProgressionStatus::new(name, step)).into(),
    };
    let marketo = &scene.app.stage.marketo;
    let now = marketo.clock().now();
    marketo.arrange(|world| {
        let (kind, channel_name) = ("Event with Webinar".to_owned(), channel.name.clone());
        world.add_channel(channel);
        world.add_program(NewProgram { id: None, name: "By invitation".into(), kind, channel: channel_name }, now)
    })
}

/// Waits until a lead has its link in Marketo, and tells it.
async fn link(scene: &Scene, program: i64, lead: i64) -> String {
    let marketo = &scene.app.stage.marketo;
    until("the link", || async {
        let member = marketo.member(program, lead).unwrap();
        let link = member.text("webinarUrl").to_owned();
        (link.contains("tk=") && member.status_name == "Registered").then_some(link)
    })
    .await
}

#[tokio::test]
async fn whom_the_host_has_to_approve_is_pending_and_then_gets_the_link() {
    let manual = NewWebinar { approval_type: 1, ..NewWebinar::default() };
    let scene = Scene::set_with(App::start().await, manual).await;
    let (zoom, marketo) = (&scene.app.stage.zoom, &scene.app.stage.marketo);
    let program = add_program_with_approval(&scene);
    scene.admin.connect(program, &scene.service, scene.webinar).await.unwrap().ok().unwrap();
    let leads = scene.add_leads(2);
    let email = |lead: i64| marketo.lead(lead).unwrap().text("email").to_owned();
    let status = |program, lead| marketo.member(program, lead).unwrap().status_name;

    // By the flow step, into the program whose channel has the status where it can be reached; by the webhook, into the
    // one where Pending Approval comes before Registered and Marketo does not go back.
    let run = marketo.run_campaign(Campaign { program_id: program, ..scene.campaign(&leads[..1]) }).await.unwrap();
    assert!(run.outcomes()[&leads[0]].success, "{:#?}", run.outcomes());
    assert!(marketo.set_member(WEBINAR_PROGRAM, leads[1], "Registered"));
    let answer = scene.call_webhook(WEBINAR_PROGRAM, leads[1]).await;
    assert_eq!(answer.body["outcome"], "pending", "{answer:?}");
    assert_eq!(status(program, leads[0]), "Pending Approval");
    assert_eq!(status(WEBINAR_PROGRAM, leads[1]), "Registered", "R16: no status moves back");

    for (program, lead) in [(program, leads[0]), (WEBINAR_PROGRAM, leads[1])] {
        let member = marketo.member(program, lead).unwrap();
        let registrants = zoom.webinar(scene.webinar).unwrap().registrants;
        let registrant = registrants.iter().find(|one| one.email == email(lead)).unwrap();
        assert_eq!((member.text("webinarUrl"), member.text("registrationCode")), ("", &*registrant.id));
        zoom.set_registration(scene.webinar, &email(lead), "approve").await.unwrap();
        assert_eq!(link(&scene, program, lead).await, registrant.join_url);
        assert_eq!(scene.add_calls(&email(lead)), 1);
    }
    // Asked for again, the link is there at once.
    assert_eq!(scene.call_webhook(WEBINAR_PROGRAM, leads[1]).await.body["outcome"], "registered");
    assert_eq!(scene.add_calls(&email(leads[1])), 1);
    scene.app.assert_no_trap();
    scene.app.assert_nothing_personal();
}

#[tokio::test]
async fn who_was_denied_or_cancelled_and_registers_again_is_approved_again() {
    let scene = Scene::set(App::start().await).await;
    let (zoom, marketo) = (&scene.app.stage.zoom, &scene.app.stage.marketo);
    let leads = scene.add_leads(3);
    for &lead in &leads {
        assert!(marketo.set_member(WEBINAR_PROGRAM, lead, "Registered"));
    }
    let email = |lead: i64| marketo.lead(lead).unwrap().text("email").to_owned();
    for &lead in &leads[..2] {
        scene.call_webhook(WEBINAR_PROGRAM, lead).await;
    }
    // The third registered on Zoom's own page, and was denied before we ever heard of them.
    let stranger = NewRegistrant {
        email: email(leads[2]),
        first_name: "Some".into(),
        last_name: "Body".into(),
        ..NewRegistrant::default()
    };
    zoom.register_on_zoom(scene.webinar, stranger).await.unwrap();
    for (&lead, action) in leads.iter().zip(["cancel", "deny", "deny"]) {
        zoom.set_registration(scene.webinar, &email(lead), action).await.unwrap();
    }
    let denied = until("what the host decided", || async {
        let failures = scene.admin.get("/registration/failures").await.unwrap().ok().unwrap();
        (failures["failures"].as_array().unwrap().len() == 2).then_some(failures)
    })
    .await;
    assert!(denied["failures"].as_array().unwrap().iter().all(|row| row["code"] == "REGISTRANT_DENIED"), "{denied}");

    for &lead in &leads {
        let answer = scene.call_webhook(WEBINAR_PROGRAM, lead).await;
        assert_eq!(answer.body["outcome"], "registered", "{answer:?}");
    }
    let registrants = zoom.webinar(scene.webinar).unwrap().registrants;
    let standings: Vec<_> = registrants.iter().map(|one| one.status.as_str()).collect();
    assert_eq!(standings, ["approved"; 3]);
    let failures = scene.admin.get("/registration/failures").await.unwrap().ok().unwrap();
    assert_eq!(failures["failures"], json!([]));
    let approvals = zoom.log().count("PUT", &format!("{}/status", scene.registrants_path()));
    assert_eq!(approvals, 3, "of 10 a day for each registrant");
    for (&lead, adds) in leads.iter().zip([2, 2, 1]) {
        assert_eq!(scene.add_calls(&email(lead)), adds);
    }
    scene.app.assert_no_trap();
}
