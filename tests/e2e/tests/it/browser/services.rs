//! Zoom accounts in the console: what goes wrong with them is told where it is.

use super::chromium::Chromium;
use super::desk::{Desk, MARKUP, the};
use crate::harness::{App, Scene};
use fakes::marketo::world::WEBINAR_PROGRAM;
use fakes::support::{Effect, Fault};
use fakes::zoom::NewUser;
use serde_json::json;

/// R1: signing the same Zoom account in under another name.
#[tokio::test]
async fn a_superseded_service_says_so_and_so_do_its_programs() {
    let Some(chromium) = Chromium::start().await else { return };
    let scene = Scene::set(App::start().await).await;
    scene.admin.sign_in("Acme Again").await.unwrap();
    let desk = Desk::before(chromium, &scene.app).await;
    let tab = &desk.tab;
    desk.sign_in().await;
    let (old, new) = (the("article", "Acme Webinars"), the("article", "Acme Again"));
    tab.shows(&old, "Superseded").await;
    tab.shows(&old, "“Acme Again” is used for this Zoom account now").await;
    tab.shows(&new, "Active").await;
    assert!(tab.all(&the("group", "Enabled users").within(old)).await.is_empty());

    tab.click(&the("link", "Programs")).await;
    tab.click(&the("link", "2026-12 Product webinar")).await;
    let problem = scene.program().await["problem"]["detail"].as_str().unwrap().to_owned();
    tab.shows(&the("region", "Webinar"), &problem).await;
    tab.click(&the("link", "Connect to another webinar")).await;
    // It cannot be chosen, and the other one is.
    let accounts = the("combobox", "Zoom account");
    let options = tab.find(&accounts).await;
    let texts = "function () { return [...this.options].map((one) => `${one.text} ${one.disabled} ${one.selected}`); }";
    tab.find(&the("radio", "Launch day")).await;
    let options = tab.apply(&options, texts, json!([])).await;
    assert_eq!(options, json!(["Acme Webinars (superseded) true false", "Acme Again false true"]));
    tab.click(&the("radio", "Launch day")).await;
    tab.click(&the("button", "Connect")).await;
    tab.find(&the("heading", "2026-12 Product webinar")).await;
    tab.find(&the("region", "People")).await;
    assert!(!tab.text().await.contains(&problem));
    assert_eq!(scene.program().await["problem"], serde_json::Value::Null, "program {WEBINAR_PROGRAM}");
    desk.assert_clean(&scene.app, &[]);
}

/// R3: at most 20, each of whom exists in the account.
#[tokio::test]
async fn twenty_users_are_enabled_and_no_more() {
    let Some(chromium) = Chromium::start().await else { return };
    let scene = Scene::set(App::start().await).await;
    let address = |number: usize| format!("user{number:02}@example.com");
    for number in 1..=21 {
        scene.app.stage.zoom.add_user(NewUser::named(&address(number))).unwrap();
    }
    let desk = Desk::before(chromium, &scene.app).await;
    let tab = &desk.tab;
    desk.sign_in().await;
    let (field, add) = (the("textbox", "Zoom user's e-mail address"), the("button", "Add"));
    let list = |count: usize| (1..=count).map(address).collect::<Vec<_>>().join(", ");

    tab.fill(&field, &list(21)).await;
    tab.click(&add).await;
    let wrong = tab.until("what is wrong with 21", || async {
        tab.all(&field).await.into_iter().find(|field| field.is("invalid"))
    });
    let wrong = wrong.await;
    assert!(wrong.description.contains("20") && wrong.is("focused"), "{wrong:?}");
    tab.sees("0 of 20").await;

    tab.fill(&field, &list(20)).await;
    tab.click(&add).await;
    tab.sees("20 users are enabled.").await;
    tab.sees("20 of 20").await;
    assert!(!tab.focused(&field).await.is("invalid"));

    tab.click(&the("button", "Remove user20@example.com")).await;
    tab.sees("19 of 20").await;
    tab.focused(&the("button", "Remove user19@example.com")).await;

    tab.fill(&field, "nobody@example.com").await;
    tab.click(&add).await;
    let unknown = tab
        .until("who is unknown", || async {
            tab.all(&field).await.into_iter().find(|field| field.description.contains("nobody@example.com"))
        })
        .await;
    assert!(unknown.is("invalid"), "{unknown:?}");
    let refused = format!("PUT /oauth/services/{}/users", scene.service);
    let statuses: Vec<String> = [400, 404, 409, 422].iter().map(|status| format!("{refused} {status}")).collect();
    let refused: Vec<&str> = statuses.iter().map(String::as_str).collect();
    desk.assert_clean(&scene.app, &refused);
}

/// What Zoom answers in an outage is nobody's to read; what to do is told where it matters, and nothing else breaks.
#[tokio::test]
async fn an_outage_of_zoom_is_told_where_the_webinars_would_be() {
    let Some(chromium) = Chromium::start().await else { return };
    let scene = Scene::set(App::start().await).await;
    let down = Effect::Status { status: 503, body: json!({"code": 1, "message": MARKUP}), headers: Default::default() };
    let fault = Fault::once("GET", "/v2/users/*/webinars", down).times(1_000);
    scene.app.stage.zoom.faults().add(fault);
    let told = scene.admin.get(&format!("/catalog/webinars?service={}", scene.service)).await.unwrap();
    let detail = told.body["detail"].as_str().unwrap();
    let desk = Desk::before(chromium, &scene.app).await;
    let tab = &desk.tab;
    desk.sign_in().await;
    desk.view("#/connect", "Connect a program").await;
    tab.shows(&the("group", "Webinar"), detail).await;
    assert!(!tab.text().await.contains("onerror"), "{}", tab.text().await);

    // Nobody connects to nothing.
    tab.fill(&the("textbox", "Marketo program"), "1001").await;
    tab.click(&the("button", "Connect")).await;
    tab.shows(&the("alert", ""), "Choose a webinar.").await;

    scene.app.stage.zoom.faults().clear();
    tab.click(&the("link", "Zoom accounts").within(the("navigation", "Views"))).await;
    tab.find(&the("heading", "Zoom accounts")).await;
    desk.view("#/connect", "Connect a program").await;
    tab.find(&the("radio", "Launch day")).await;
    let refused = format!("GET /catalog/webinars?service={} {}", scene.service, told.status);
    desk.assert_clean(&scene.app, &[&refused]);
}
