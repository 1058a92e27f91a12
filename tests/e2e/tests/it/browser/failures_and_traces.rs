//! A program's people in the console: failures, retries, and the trace of one person.

use super::chromium::Chromium;
use super::console::{Console, by_role};
use crate::harness::{App, Fixture, email, wait_for};
use fakes::zoom::{Attendance, HeldSession, Person};
use serde_json::json;

const PROGRAM: &str = "2026-12 Product webinar";

#[tokio::test]
async fn failure_shows_its_cause_and_can_be_retried() {
    let Some(chromium) = Chromium::start().await else { return };
    let fixture = Fixture::new(App::start().await).await;
    let nameless = fixture.app.env.marketo.add_lead(&json!({"firstName": "Ada", "email": "ada@example.org"}));
    fixture.run_campaign(&[nameless]).await;
    let console = Console::open(chromium, &fixture.app).await;
    let tab = &console.tab;
    console.sign_in().await;
    console.open_view("#/programs/1001", PROGRAM).await;
    console.wait_for_figure("Failed", "1").await;
    let failures = fixture.admin.get("/registration/failures").await.unwrap().ok().unwrap();
    let cause = failures["failures"][0]["detail"].as_str().unwrap();
    let region = by_role("region", "Failures");
    tab.wait_for_text_in(&region, cause).await;
    let again = by_role("button", &format!("Try again: lead {nameless}")).within(region.clone());

    // The retry fails again and says so.
    tab.click(&again).await;
    tab.wait_for_text_in(&by_role("status", ""), &format!("Lead {nameless} was not registered.")).await;

    // With the last name the retry succeeds.
    let now = fixture.app.env.marketo.clock().now();
    fixture.app.env.marketo.arrange(|world| {
        let lead = world.leads.by_id.get_mut(&nameless).unwrap();
        lead.fields.insert("lastName".into(), json!("Lovelace"));
        lead.updated_at = now;
    });
    tab.click(&again).await;
    tab.wait_for_text_in(&by_role("status", ""), &format!("Lead {nameless} is registered.")).await;
    tab.wait_for_text_in(&region, "There are no failures.").await;
    console.wait_for_figure("Registered", "1").await;
    console.wait_for_figure("Failed", "0").await;
    assert_eq!(fixture.app.env.zoom.webinar(fixture.webinar).unwrap().registrants.len(), 1);
    console.assert_clean(&fixture.app, &[]);
}

#[tokio::test]
async fn trace_shows_each_step_of_a_lead() {
    let Some(chromium) = Chromium::start().await else { return };
    let fixture = Fixture::new(App::start().await).await;
    let leads = fixture.add_leads(2);
    fixture.run_campaign(&leads).await;
    let attendance = vec![Attendance::during(Person::Registrant(email(1)), 60, 1_800)];
    let held = HeldSession { attendance, minutes: 60, ..HeldSession::default() };
    fixture.app.env.zoom.hold_as_planned(fixture.webinar, held).await.unwrap();
    wait_for("the attendance", || async {
        let report = fixture.admin.get("/attendance/programs/1001").await.unwrap().ok().unwrap();
        matches!(report["phase"].as_str(), Some("settling" | "done")).then_some(())
    })
    .await;

    let console = Console::open(chromium, &fixture.app).await;
    let tab = &console.tab;
    console.sign_in().await;
    console.open_view("#/programs/1001", PROGRAM).await;
    let field = by_role("textbox", "E-mail address");
    for (address, minutes, status) in [
        (email(1), Some("30 minutes"), "Program status in Marketo: Attended"),
        (email(2), None, "Program status in Marketo: No Show"),
    ] {
        tab.fill(&field, &address).await;
        tab.click(&by_role("button", "Trace")).await;
        for step in ["Registered in Zoom", "Join link written to Marketo", status] {
            tab.wait_for_text_in(&by_role("list", "Trace"), step).await;
        }
        match minutes {
            Some(minutes) => console.wait_for_traced_minutes(minutes).await,
            None => assert!(!tab.inner_text(&tab.find(&by_role("list", "Trace")).await).await.contains("Joined")),
        }
    }
    tab.fill(&field, "unknown@example.com").await;
    tab.click(&by_role("button", "Trace")).await;
    tab.wait_for_text("This program has no record of this address.").await;
    tab.fill(&field, "unknown").await;
    tab.click(&by_role("button", "Trace")).await;
    assert!(tab.wait_for_focus(&field).await.is("invalid"));
    // Forgets the first person.
    tab.fill(&by_role("textbox", "Address to forget"), &email(1)).await;
    tab.click(&by_role("button", "Forget")).await;
    tab.click(&by_role("button", "Delete the data")).await;
    tab.wait_for_text("Deleted: 1 registration; 1 record of attendance.").await;
    tab.wait_for_text("Programs: 1001.").await;
    console.assert_clean(&fixture.app, &[]);
    // A trace stores nothing of the address.
    assert!(!fixture.app.stored().iter().any(|(key, value)| {
        key.contains("unknown@") || String::from_utf8_lossy(value).contains("unknown@example.com")
    }));
}
