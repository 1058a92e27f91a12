//! *Check this connection*: each link of a connection, and what is wrong with it.

use super::chromium::Chromium;
use super::console::{Console, by_role};
use crate::harness::{App, Fixture};
use fakes::marketo::subscription::WEBINAR_PROGRAM;
use fakes::support::{Effect, Fault};
use serde_json::json;

#[tokio::test]
async fn the_check_shows_each_link_and_names_the_one_that_does_not_work() {
    let Some(chromium) = Chromium::start().await else { return };
    let fixture = Fixture::new(App::start().await).await;
    fixture.admin.tick().await.unwrap().ok().unwrap();
    let console = Console::open(chromium, &fixture.app).await;
    let tab = &console.tab;
    console.sign_in().await;
    console.open_view(&format!("#/programs/{WEBINAR_PROGRAM}"), "2026-12 Product webinar").await;
    tab.click(&by_role("button", "Check")).await;
    for text in [
        "Zoom accepts the token and shows the webinar.",
        "The clocks of this application and of Zoom agree.",
        "The API user reads the program and its channel.",
        "Link and registration code can be written.",
        "The scheduler called at",
        // Nobody installed the flow step.
        "Marketo never read the flow step's choices",
    ] {
        tab.wait_for_text(text).await;
    }
    let body = json!({"requestId": "1", "success": false, "errors": [{"code": "603", "message": "Access denied"}]});
    let refusal = Effect::Status { status: 200, body, headers: Default::default() };
    fixture.app.env.marketo.faults().add(Fault::always("GET", "/rest/asset/**", refusal));
    tab.click(&by_role("button", "Check")).await;
    tab.wait_for_text("Does not work").await;
    tab.wait_for_text("The channel could not be read.").await;
    console.assert_clean(&fixture.app, &[]);
}
