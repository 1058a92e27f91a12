//! The settings of a program that are on or off, in the console.

use super::chromium::Chromium;
use super::console::{Console, by_role};
use crate::harness::{App, Fixture};
use fakes::marketo::subscription::WEBINAR_PROGRAM;

#[tokio::test]
async fn each_setting_is_switched_on_and_off() {
    let Some(chromium) = Chromium::start().await else { return };
    let fixture = Fixture::new(App::start().await).await;
    let console = Console::open(chromium, &fixture.app).await;
    let tab = &console.tab;
    console.sign_in().await;
    console.open_view(&format!("#/programs/{WEBINAR_PROGRAM}"), "2026-12 Product webinar").await;
    for (name, is_on, to_off, to_on) in [
        ("automatic", true, "Register only through campaigns", "Register by status"),
        (
            "copy_zoom_registrations",
            false,
            "Leave out registrations on Zoom's page",
            "Copy registrations on Zoom's page",
        ),
        ("live", false, "Set Attended after the webinar", "Set Attended live"),
    ] {
        for is_on in [is_on, !is_on] {
            let (now, next) = if is_on { (to_off, to_on) } else { (to_on, to_off) };
            tab.click(&by_role("button", now)).await;
            tab.find(&by_role("button", next)).await;
            assert_eq!(fixture.program().await[name], !is_on, "{name}");
        }
    }
    console.assert_clean(&fixture.app, &[]);
}
