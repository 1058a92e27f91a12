//! The lead partition of a program, named in the console.

use super::chromium::Chromium;
use super::console::{Console, by_role};
use crate::harness::{App, Fixture};
use fakes::marketo::subscription::WEBINAR_PROGRAM;

#[tokio::test]
async fn a_lead_partition_is_named_and_a_wrong_name_is_told_at_the_field() {
    let Some(chromium) = Chromium::start().await else { return };
    let fixture = Fixture::new(App::start().await).await;
    fixture.app.env.marketo.arrange(|subscription| subscription.leads.partitions.insert(2, "Europe".to_owned()));
    let console = Console::open(chromium, &fixture.app).await;
    let tab = &console.tab;
    console.sign_in().await;
    console.open_view(&format!("#/programs/{WEBINAR_PROGRAM}"), "2026-12 Product webinar").await;
    let (name, save) = (by_role("textbox", "Lead partition"), by_role("button", "Save lead partition"));
    tab.fill(&name, "Asia").await;
    tab.click(&save).await;
    tab.wait_for_text("is the name of a lead partition in Marketo: Default, Europe").await;
    assert!(tab.find(&name).await.is("focused"));
    tab.fill(&name, "Europe").await;
    tab.click(&save).await;
    tab.wait_for_text("The lead partition is saved.").await;
    assert_eq!(fixture.program().await["lead_partition"], "Europe");
    assert_eq!(tab.value(&name).await, "Europe");
    console.assert_clean(&fixture.app, &[&format!("PUT /catalog/programs/{WEBINAR_PROGRAM}/settings 400")]);
}
