//! Registrations of Zoom's own page that a program copies (R10).

use crate::harness::{App, Fixture, wait_for};
use fakes::marketo::subscription::WEBINAR_PROGRAM;
use fakes::zoom::{EventSettings, NewRegistrant};
use serde_json::json;

#[tokio::test]
async fn r10_a_registration_on_zooms_page_becomes_a_lead_at_once_and_by_a_comparison_and_is_not_sent_back() {
    let fixture = Fixture::new(App::start().await).await;
    let (marketo, zoom) = (&fixture.app.env.marketo, &fixture.app.env.zoom);
    let settings = format!("/catalog/programs/{WEBINAR_PROGRAM}/settings");
    let changed = fixture.admin.put(&settings, &json!({"copy_zoom_registrations": true})).await.unwrap().ok().unwrap();
    assert_eq!(changed["copy_zoom_registrations"], true, "{changed}");
    let tick = async || fixture.admin.tick().await.unwrap().ok().unwrap();
    let membership = |email: &str| {
        let leads = marketo.leads_by_email(email);
        assert!(leads.len() <= 1, "{} leads", leads.len());
        let member = marketo.member(WEBINAR_PROGRAM, leads.first()?.id)?;
        Some((member.text("webinarUrl").to_owned(), member.status_name))
    };
    let register = async |email: &str| {
        let person = NewRegistrant {
            email: email.to_owned(),
            first_name: "Ada".to_owned(),
            last_name: "Lovelace".to_owned(),
            ..NewRegistrant::default()
        };
        let registrant = zoom.register_on_zoom(fixture.webinar, person).await.unwrap();
        Some((registrant.join_url, "Registered".to_owned()))
    };
    let expected = register("ada@zoomspage.example").await;
    wait_for("the copy", || async { (membership("ada@zoomspage.example") == expected).then_some(()) }).await;
    // An event that is lost.
    zoom.set_events(EventSettings { events: Some(Vec::new()), ..EventSettings::default() });
    let late = register("bob@zoomspage.example").await;
    let reconcile = format!("/registration/programs/{WEBINAR_PROGRAM}/reconcile");
    fixture.admin.post(&reconcile, &json!({})).await.unwrap().ok().unwrap();
    assert_eq!(membership("bob@zoomspage.example"), late);
    // The flow step comes for both.
    let leads = ["ada@zoomspage.example", "bob@zoomspage.example"].map(|email| marketo.leads_by_email(email)[0].id);
    let run = fixture.run_campaign(&leads).await;
    assert!(run.outcomes().values().all(|outcome| outcome.success), "{:#?}", run.outcomes());
    tick().await;
    assert_eq!((membership("ada@zoomspage.example"), membership("bob@zoomspage.example")), (expected, late));
    for email in ["ada@zoomspage.example", "bob@zoomspage.example"] {
        assert_eq!(fixture.add_calls(email), 0);
    }
    fixture.app.assert_no_trap();
    fixture.app.assert_logs_are_clean();
}
