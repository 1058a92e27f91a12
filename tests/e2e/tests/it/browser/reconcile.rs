//! A comparison with Zoom on demand (R18).

use super::chromium::Chromium;
use super::console::{Console, by_role};
use crate::harness::{App, Fixture, email};
use fakes::marketo::subscription::WEBINAR_PROGRAM;
use fakes::zoom::{EventSettings, NewWebinar};

#[tokio::test]
async fn r18_an_approval_whose_event_was_lost_is_found_by_the_button() {
    let Some(chromium) = Chromium::start().await else { return };
    let manual = NewWebinar { approval_type: 1, ..NewWebinar::default() };
    let fixture = Fixture::with_webinar(App::start().await, manual).await;
    let (zoom, marketo) = (&fixture.app.env.zoom, &fixture.app.env.marketo);
    let leads = fixture.add_leads(2);
    fixture.run_campaign(&leads).await;
    zoom.set_events(EventSettings { events: Some(Vec::new()), ..EventSettings::default() });
    zoom.set_registration(fixture.webinar, &email(1), "approve").await.unwrap();
    let link = || marketo.member(WEBINAR_PROGRAM, leads[0]).unwrap().text("webinarUrl").to_owned();
    assert_eq!(link(), "");

    let console = Console::open(chromium, &fixture.app).await;
    console.sign_in().await;
    console.open_view(&format!("#/programs/{WEBINAR_PROGRAM}"), "2026-12 Product webinar").await;
    console.tab.click(&by_role("button", "Compare with Zoom")).await;
    console.tab.wait_for_text("1 approved, 1 pending, 0 denied").await;
    let registrant = zoom.webinar(fixture.webinar).unwrap().registrant(&email(1)).unwrap().join_url.clone();
    assert_eq!(link(), registrant);
    console.assert_clean(&fixture.app, &[]);
}
