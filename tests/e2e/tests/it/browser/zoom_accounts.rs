//! Zoom accounts in the console, which shows each problem where it occurs.

use super::chromium::Chromium;
use super::console::{Console, MARKUP, by_role};
use crate::harness::{App, Fixture};
use fakes::marketo::subscription::WEBINAR_PROGRAM;
use fakes::support::{Effect, Fault};
use fakes::zoom::NewUser;
use serde_json::json;

/// Signing in to the same Zoom account under another name (R1).
#[tokio::test]
async fn r1_superseded_service_and_its_programs_show_the_reason() {
    let Some(chromium) = Chromium::start().await else { return };
    let fixture = Fixture::new(App::start().await).await;
    fixture.admin.sign_in("Acme Again").await.unwrap();
    let console = Console::open(chromium, &fixture.app).await;
    let tab = &console.tab;
    console.sign_in().await;
    let (old, new) = (by_role("article", "Acme Webinars"), by_role("article", "Acme Again"));
    tab.wait_for_text_in(&old, "Superseded").await;
    tab.wait_for_text_in(&old, "“Acme Again” is used for this Zoom account now").await;
    tab.wait_for_text_in(&new, "Active").await;
    assert!(tab.all(&by_role("group", "Enabled users").within(old)).await.is_empty());

    tab.click(&by_role("link", "Programs")).await;
    tab.click(&by_role("link", "2026-12 Product webinar")).await;
    let problem = fixture.program().await["problem"]["detail"].as_str().unwrap().to_owned();
    tab.wait_for_text_in(&by_role("region", "Webinar"), &problem).await;
    tab.click(&by_role("link", "Connect to another webinar")).await;
    // The superseded service is disabled, and the other one is selected.
    let accounts = by_role("combobox", "Zoom account");
    let options = tab.find(&accounts).await;
    let texts = "function () { return [...this.options].map((one) => `${one.text} ${one.disabled} ${one.selected}`); }";
    tab.find(&by_role("radio", "Launch day")).await;
    let options = tab.call_function(&options, texts, json!([])).await;
    assert_eq!(options, json!(["Acme Webinars (superseded) true false", "Acme Again false true"]));
    tab.click(&by_role("radio", "Launch day")).await;
    tab.click(&by_role("button", "Connect")).await;
    tab.find(&by_role("heading", "2026-12 Product webinar")).await;
    tab.find(&by_role("region", "People")).await;
    assert!(!tab.page_text().await.contains(&problem));
    assert_eq!(fixture.program().await["problem"], serde_json::Value::Null, "program {WEBINAR_PROGRAM}");
    console.assert_clean(&fixture.app, &[]);
}

/// At most 20 users, which all exist in the account (R3).
#[tokio::test]
async fn r3_at_most_20_users_can_be_enabled() {
    let Some(chromium) = Chromium::start().await else { return };
    let fixture = Fixture::new(App::start().await).await;
    let address = |number: usize| format!("user{number:02}@example.com");
    for number in 1..=21 {
        fixture.app.env.zoom.add_user(NewUser::named(&address(number))).unwrap();
    }
    let console = Console::open(chromium, &fixture.app).await;
    let tab = &console.tab;
    console.sign_in().await;
    let (field, add) = (by_role("textbox", "Zoom user's e-mail address"), by_role("button", "Add"));
    let list = |count: usize| (1..=count).map(address).collect::<Vec<_>>().join(", ");

    tab.fill(&field, &list(21)).await;
    tab.click(&add).await;
    let invalid = tab.wait_for("the error for 21 users", || async {
        tab.all(&field).await.into_iter().find(|field| field.is("invalid"))
    });
    let invalid = invalid.await;
    assert!(invalid.description.contains("20") && invalid.is("focused"), "{invalid:?}");
    tab.wait_for_text("0 of 20").await;

    tab.fill(&field, &list(20)).await;
    tab.click(&add).await;
    tab.wait_for_text("20 users are enabled.").await;
    tab.wait_for_text("20 of 20").await;
    assert!(!tab.wait_for_focus(&field).await.is("invalid"));

    tab.click(&by_role("button", "Remove user20@example.com")).await;
    tab.wait_for_text("19 of 20").await;
    tab.wait_for_focus(&by_role("button", "Remove user19@example.com")).await;

    tab.fill(&field, "unknown@example.com").await;
    tab.click(&add).await;
    let unknown = tab
        .wait_for("the error for an unknown user", || async {
            tab.all(&field).await.into_iter().find(|field| field.description.contains("unknown@example.com"))
        })
        .await;
    assert!(unknown.is("invalid"), "{unknown:?}");
    let refused = format!("PUT /oauth/services/{}/users", fixture.service);
    let statuses: Vec<String> = [400, 404, 409, 422].iter().map(|status| format!("{refused} {status}")).collect();
    let refused: Vec<&str> = statuses.iter().map(String::as_str).collect();
    console.assert_clean(&fixture.app, &refused);
}

/// The console shows what to do, not the text of Zoom's error, and nothing else breaks.
#[tokio::test]
async fn zoom_outage_is_shown_in_place_of_the_webinars() {
    let Some(chromium) = Chromium::start().await else { return };
    let fixture = Fixture::new(App::start().await).await;
    let down = Effect::Status { status: 503, body: json!({"code": 1, "message": MARKUP}), headers: Default::default() };
    let fault = Fault::once("GET", "/v2/users/*/webinars", down).times(1_000);
    fixture.app.env.zoom.faults().add(fault);
    let response = fixture.admin.get(&format!("/catalog/webinars?service={}", fixture.service)).await.unwrap();
    let detail = response.body["detail"].as_str().unwrap();
    let console = Console::open(chromium, &fixture.app).await;
    let tab = &console.tab;
    console.sign_in().await;
    console.open_view("#/connect", "Connect a program").await;
    tab.wait_for_text_in(&by_role("group", "Webinar"), detail).await;
    assert!(!tab.page_text().await.contains("onerror"), "{}", tab.page_text().await);

    // Connecting needs a webinar.
    tab.fill(&by_role("textbox", "Marketo program"), "1001").await;
    tab.click(&by_role("button", "Connect")).await;
    tab.wait_for_text_in(&by_role("alert", ""), "Choose a webinar.").await;

    fixture.app.env.zoom.faults().clear();
    tab.click(&by_role("link", "Zoom accounts").within(by_role("navigation", "Views"))).await;
    tab.find(&by_role("heading", "Zoom accounts")).await;
    console.open_view("#/connect", "Connect a program").await;
    tab.find(&by_role("radio", "Launch day")).await;
    let refused = format!("GET /catalog/webinars?service={} {}", fixture.service, response.status);
    console.assert_clean(&fixture.app, &[&refused]);
}
