//! Attendance in custom fields of program members: the admin names them in the console, and accounting fills them.

use super::chromium::Chromium;
use super::desk::{Desk, the};
use crate::harness::{App, Scene, email, until};
use fakes::marketo::world::{Field, FieldType, WEBINAR_PROGRAM};
use fakes::zoom::{Attendance, HeldSession, Person};
use serde_json::{Value, json};

#[tokio::test]
async fn attendance_goes_into_the_fields_that_the_admin_names() {
    let Some(chromium) = Chromium::start().await else { return };
    let scene = Scene::set(App::start().await).await;
    let (zoom, marketo) = (&scene.app.stage.zoom, &scene.app.stage.marketo);
    marketo.add_member_field(Field::new("zoomMinutes", FieldType::Integer));
    marketo.add_member_field(Field::new("zoomJoined", FieldType::Datetime));
    let leads = scene.add_leads(2);
    scene.run_campaign(&leads).await;

    let desk = Desk::before(chromium, &scene.app).await;
    let tab = &desk.tab;
    desk.sign_in().await;
    tab.click(&the("link", "Programs")).await;
    tab.click(&the("link", "2026-12 Product webinar")).await;
    tab.click(&the("link", "Connect to another webinar")).await;
    tab.click(&the("radio", "Launch day")).await;
    let minutes = the("textbox", "Minutes watched");
    tab.fill(&minutes, "zoomHours").await;
    tab.fill(&the("textbox", "First joined"), "zoomJoined").await;
    tab.click(&the("button", "Connect")).await;
    let wrong = tab.until("what is wrong with the field", || async {
        tab.all(&minutes).await.into_iter().find(|field| field.is("invalid"))
    });
    let wrong = wrong.await;
    assert!(wrong.description.contains("zoomHours") && wrong.is("focused"), "{wrong:?}");

    tab.fill(&minutes, "zoomMinutes").await;
    tab.click(&the("button", "Connect")).await;
    tab.shows(&the("region", "Webinar"), "zoomMinutes, zoomJoined").await;
    // They are there when the program is connected again.
    tab.click(&the("link", "Connect to another webinar")).await;
    tab.until("the field to be filled in", || async {
        let field = tab.find(&minutes).await;
        let value = tab.apply(&field, "function () { return this.value; }", json!([])).await;
        (value == "zoomMinutes").then_some(())
    })
    .await;

    let attendance = vec![Attendance::throughout(Person::Registrant(email(1)))];
    let held = zoom.hold_webinar(scene.webinar, HeldSession { attendance, minutes: 45, ..HeldSession::default() });
    held.await.unwrap();
    let path = format!("/attendance/programs/{WEBINAR_PROGRAM}");
    until("the attendance", || async {
        let report = scene.admin.get(&path).await.unwrap().ok().unwrap();
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
    desk.assert_clean(&scene.app, &[&format!("PUT /catalog/programs/{WEBINAR_PROGRAM} 422")]);
}
