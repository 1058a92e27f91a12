//! Attendance in custom program member fields: the admin names the fields in the console, and the attendance run writes
//! them.

use super::chromium::Chromium;
use super::console::{Console, by_role};
use crate::harness::{App, Fixture, email, wait_for};
use fakes::marketo::subscription::{Field, FieldType, WEBINAR_PROGRAM};
use fakes::zoom::{Attendance, HeldSession, Person};
use serde_json::{Value, json};

#[tokio::test]
async fn attendance_is_written_to_the_configured_member_fields() {
    let Some(chromium) = Chromium::start().await else { return };
    let fixture = Fixture::new(App::start().await).await;
    let (zoom, marketo) = (&fixture.app.env.zoom, &fixture.app.env.marketo);
    marketo.add_member_field(Field::new("zoomMinutes", FieldType::Integer));
    marketo.add_member_field(Field::new("zoomJoined", FieldType::Datetime));
    let leads = fixture.add_leads(2);
    fixture.run_campaign(&leads).await;

    let console = Console::open(chromium, &fixture.app).await;
    let tab = &console.tab;
    console.sign_in().await;
    tab.click(&by_role("link", "Programs")).await;
    tab.click(&by_role("link", "2026-12 Product webinar")).await;
    tab.click(&by_role("link", "Connect to another webinar")).await;
    tab.click(&by_role("radio", "Launch day")).await;
    let minutes = by_role("textbox", "Minutes watched");
    tab.fill(&minutes, "zoomHours").await;
    tab.fill(&by_role("textbox", "First joined"), "zoomJoined").await;
    tab.click(&by_role("button", "Connect")).await;
    let invalid = tab.wait_for("the error of the field", || async {
        tab.all(&minutes).await.into_iter().find(|field| field.is("invalid"))
    });
    let invalid = invalid.await;
    assert!(invalid.description.contains("zoomHours") && invalid.is("focused"), "{invalid:?}");

    tab.fill(&minutes, "zoomMinutes").await;
    tab.click(&by_role("button", "Connect")).await;
    tab.wait_for_text_in(&by_role("region", "Webinar"), "zoomMinutes, zoomJoined").await;
    // The field is filled in when the program is connected again.
    tab.click(&by_role("link", "Connect to another webinar")).await;
    tab.wait_for("the filled-in field", || async {
        let field = tab.find(&minutes).await;
        let value = tab.call_function(&field, "function () { return this.value; }", json!([])).await;
        (value == "zoomMinutes").then_some(())
    })
    .await;

    let attendance = vec![Attendance::throughout(Person::Registrant(email(1)))];
    let held = zoom.hold_as_planned(fixture.webinar, HeldSession { attendance, minutes: 45, ..HeldSession::default() });
    held.await.unwrap();
    let path = format!("/attendance/programs/{WEBINAR_PROGRAM}");
    wait_for("the attendance", || async {
        let report = fixture.admin.get(&path).await.unwrap().ok().unwrap();
        matches!(report["phase"].as_str(), Some("settling" | "done")).then_some(())
    })
    .await;
    let field = |lead: i64, name: &str| {
        marketo.member(WEBINAR_PROGRAM, lead).unwrap().data.get(name).cloned().unwrap_or(Value::Null)
    };
    assert_eq!((field(leads[0], "zoomMinutes"), field(leads[1], "zoomMinutes")), (json!(45), Value::Null));
    assert!(
        field(leads[0], "zoomJoined").as_str().is_some_and(|at| at.ends_with('Z')),
        "{}",
        field(leads[0], "zoomJoined")
    );
    console.assert_clean(&fixture.app, &[&format!("PUT /catalog/programs/{WEBINAR_PROGRAM} 422")]);
}
