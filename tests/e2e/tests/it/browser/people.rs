//! The people of a program in the console: who failed, trying again, and one person's trace.

use super::chromium::Chromium;
use super::desk::{Desk, the};
use crate::harness::{App, Scene, email, until};
use fakes::zoom::{Attendance, HeldSession, Person};
use serde_json::json;

const PROGRAM: &str = "2026-12 Product webinar";

#[tokio::test]
async fn a_failure_is_told_with_its_cause_and_tried_again() {
    let Some(chromium) = Chromium::start().await else { return };
    let scene = Scene::set(App::start().await).await;
    let nameless = scene.app.stage.marketo.add_lead(&json!({"firstName": "Ada", "email": "ada@example.org"}));
    scene.run_campaign(&[nameless]).await;
    let desk = Desk::before(chromium, &scene.app).await;
    let tab = &desk.tab;
    desk.sign_in().await;
    desk.view("#/programs/1001", PROGRAM).await;
    desk.figure("Failed", "1").await;
    let failures = scene.admin.get("/registration/failures").await.unwrap().ok().unwrap();
    let cause = failures["failures"][0]["detail"].as_str().unwrap();
    let region = the("region", "Failures");
    tab.shows(&region, cause).await;
    let again = the("button", &format!("Try again: lead {nameless}")).within(region.clone());

    // It fails again, and says so.
    tab.click(&again).await;
    tab.shows(&the("status", ""), &format!("Lead {nameless} was not registered.")).await;

    // With the name it works.
    let now = scene.app.stage.marketo.clock().now();
    scene.app.stage.marketo.arrange(|world| {
        let lead = world.leads.by_id.get_mut(&nameless).unwrap();
        lead.fields.insert("lastName".into(), json!("Lovelace"));
        lead.updated_at = now;
    });
    tab.click(&again).await;
    tab.shows(&the("status", ""), &format!("Lead {nameless} is registered.")).await;
    tab.shows(&region, "Nobody has failed.").await;
    desk.figure("Registered", "1").await;
    desk.figure("Failed", "0").await;
    assert_eq!(scene.app.stage.zoom.webinar(scene.webinar).unwrap().registrants.len(), 1);
    desk.assert_clean(&scene.app, &[]);
}

#[tokio::test]
async fn the_trace_of_a_lead_tells_what_became_of_it() {
    let Some(chromium) = Chromium::start().await else { return };
    let scene = Scene::set(App::start().await).await;
    let leads = scene.add_leads(2);
    scene.run_campaign(&leads).await;
    let attendance = vec![Attendance::during(Person::Registrant(email(1)), 60, 1_800)];
    let held = HeldSession { attendance, minutes: 60, ..HeldSession::default() };
    scene.app.stage.zoom.hold_webinar(scene.webinar, held).await.unwrap();
    until("the attendance", || async {
        let report = scene.admin.get("/attendance/programs/1001").await.unwrap().ok().unwrap();
        matches!(report["phase"].as_str(), Some("settling" | "done")).then_some(())
    })
    .await;

    let desk = Desk::before(chromium, &scene.app).await;
    let tab = &desk.tab;
    desk.sign_in().await;
    desk.view("#/programs/1001", PROGRAM).await;
    let field = the("textbox", "E-mail address");
    for (address, minutes, status) in [
        (email(1), Some("30 minutes"), "Program status in Marketo: Attended"),
        (email(2), None, "Program status in Marketo: No Show"),
    ] {
        tab.fill(&field, &address).await;
        tab.click(&the("button", "Trace")).await;
        for step in ["Registered in Zoom", "Join link written to Marketo", status] {
            tab.shows(&the("list", "Trace"), step).await;
        }
        match minutes {
            Some(minutes) => desk.traced_minutes(minutes).await,
            None => assert!(!tab.words(&tab.find(&the("list", "Trace")).await).await.contains("Joined")),
        }
    }
    tab.fill(&field, "nobody@example.com").await;
    tab.click(&the("button", "Trace")).await;
    tab.sees("Nothing is known of this address in this program.").await;
    tab.fill(&field, "nobody").await;
    tab.click(&the("button", "Trace")).await;
    assert!(tab.focused(&field).await.is("invalid"));
    desk.assert_clean(&scene.app, &[]);
    // Looking somebody up leaves nothing of the address behind.
    assert!(!scene.app.stored().iter().any(|(key, value)| {
        key.contains("nobody@") || String::from_utf8_lossy(value).contains("nobody@example.com")
    }));
}
