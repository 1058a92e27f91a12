//! What the statuses of a channel mean, chosen in the console (R21), and what its steps make impossible (R16).

use super::chromium::Chromium;
use super::console::{Console, by_role};
use crate::harness::{App, Fixture};
use fakes::marketo::subscription::{Channel, NewProgram, ProgressionStatus};
use serde_json::{Value, json};

const PROGRAM: &str = "Workshop";

/// Adds a program whose channel has a name for registered people that cannot be guessed, and No Show below it.
fn add_program(fixture: &Fixture) -> i64 {
    let statuses = [("Contact", 5), ("No Show", 10), ("Booked", 20), ("Attended", 40)];
    let channel = Channel {
        id: 0,
        name: "Workshops".to_owned(),
        applicable_program_type: "webinar".to_owned(),
        progression_statuses: statuses.map(|(name, step)| ProgressionStatus::new(name, step)).into(),
    };
    let marketo = &fixture.app.env.marketo;
    let now = marketo.clock().now();
    marketo.arrange(|world| {
        let channel_name = channel.name.clone();
        world.add_channel(channel);
        let (name, kind) = (PROGRAM.to_owned(), "Event with Webinar".to_owned());
        world.add_program(NewProgram { id: None, name, kind, channel: channel_name }, now)
    })
}

#[tokio::test]
async fn r21_a_status_is_chosen_when_a_program_is_connected_and_changed_later() {
    let Some(chromium) = Chromium::start().await else { return };
    let fixture = Fixture::new(App::start().await).await;
    let program = add_program(&fixture);
    let console = Console::open(chromium, &fixture.app).await;
    let tab = &console.tab;
    console.sign_in().await;
    tab.click(&by_role("link", "Programs")).await;
    tab.click(&by_role("link", "Connect a program")).await;
    tab.fill(&by_role("textbox", "Marketo program"), &program.to_string()).await;
    tab.click(&by_role("radio", "Launch day")).await;
    tab.click(&by_role("button", "Connect")).await;

    // The console asks for the status, and says why.
    tab.wait_for_text("cannot be guessed").await;
    let registered = by_role("combobox", "Status of registered people");
    let shown = tab.find(&registered).await;
    assert!(shown.is("focused") && shown.description.contains("registered in Zoom"), "{shown:?}");
    tab.select(&registered, "Booked").await;
    tab.click(&by_role("button", "Connect")).await;
    tab.find(&by_role("heading", PROGRAM)).await;

    // The program shows the mapping, where it comes from, and what the steps make impossible.
    let statuses = by_role("region", "Statuses");
    let select = |name: &str| by_role("combobox", name).within(statuses.clone());
    assert_eq!(tab.value(&select("Registered")).await, "Booked");
    assert!(tab.find(&select("Registered")).await.description.contains("Chosen."));
    assert_eq!(
        (tab.value(&select("Attended")).await, tab.value(&select("Cancelled")).await),
        ("Attended".into(), String::new())
    );
    assert!(tab.find(&select("Attended")).await.description.contains("Guessed from its name."));
    tab.wait_for_text_in(&statuses, "registered people who did not attend keep").await;

    // Another choice is saved, and what else is chosen stays.
    tab.select(&select("Waiting for approval"), "Contact").await;
    tab.select(&select("No show"), "").await;
    tab.click(&by_role("button", "Save statuses")).await;
    tab.wait_for_text("The statuses are saved.").await;
    assert_eq!(tab.value(&select("No show")).await, "");
    let path = format!("/catalog/programs/{program}");
    let saved = fixture.admin.get(&path).await.unwrap().ok().unwrap();
    let expected = json!({
        "registered": "Booked", "pending": "Contact", "cancelled": null, "denied": null, "registration_error": null,
        "attended": "Attended", "no_show": null, "attended_on_demand": null,
    });
    assert_eq!(
        (&saved["statuses"], &saved["chosen_statuses"]),
        (&expected, &json!(["registered", "pending", "no_show"]))
    );
    assert_eq!(saved["problem"], Value::Null);

    // A mistake is told, and nothing is saved.
    tab.select(&select("Attended"), "Booked").await;
    tab.click(&by_role("button", "Save statuses")).await;
    tab.wait_for_text("cannot mean both registered and attended").await;
    assert_eq!(fixture.admin.get(&path).await.unwrap().ok().unwrap()["statuses"], expected);
    console.assert_clean(
        &fixture.app,
        &[&format!("PUT /catalog/programs/{program} 422"), &format!("PUT /catalog/programs/{program}/settings 400")],
    );
}
