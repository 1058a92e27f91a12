//! Signing in to the console and out of it.

use super::chromium::Chromium;
use super::console::{Console, by_role};
use crate::harness::{App, Fixture};

#[tokio::test]
async fn wrong_key_is_reported_and_the_right_key_opens_the_console() {
    let Some(chromium) = Chromium::start().await else { return };
    let app = App::start().await;
    let console = Console::open(chromium, &app).await;
    let tab = &console.tab;
    let key = by_role("textbox", "Admin key");
    tab.fill(&key, "wrong").await;
    tab.click(&by_role("button", "Sign in")).await;
    tab.wait_for_text("This is not the admin key.").await;
    let field = tab.wait_for_focus(&key).await;
    assert!(field.is("invalid") && field.description.contains("not the admin key"), "{field:?}");
    assert!(tab.all(&by_role("button", "Sign out")).await.is_empty());

    console.sign_in().await;
    tab.find(&by_role("heading", "Zoom accounts")).await;
    tab.click(&by_role("button", "Sign out")).await;
    tab.wait_for_focus(&key).await;
    assert!(tab.all(&by_role("heading", "Zoom accounts")).await.is_empty());
    assert_eq!(tab.value(&key).await, "");
    assert!(app.stored().keys().all(|key| !key.starts_with("session:")));

    console.sign_in().await;
    tab.find(&by_role("heading", "Zoom accounts")).await;
    tab.click(&by_role("button", "Sign out everywhere")).await;
    tab.wait_for_focus(&key).await;
    assert!(app.stored().contains_key("sessions-ended"));
    console.assert_clean(&app, &["POST /console/session 401"]);
}

#[tokio::test]
async fn expired_session_keeps_what_was_typed() {
    let Some(chromium) = Chromium::start().await else { return };
    let fixture = Fixture::new(App::start().await).await;
    let bob = fakes::zoom::NewUser::named("bob@example.com");
    fixture.app.env.zoom.add_user(bob).unwrap();
    let console = Console::open(chromium, &fixture.app).await;
    let tab = &console.tab;
    console.sign_in().await;
    tab.fill(&by_role("textbox", "Zoom user's e-mail address"), "bob@example.com").await;
    tab.forget_cookies().await;
    tab.click(&by_role("button", "Add")).await;
    tab.wait_for_focus(&by_role("textbox", "Admin key")).await;
    console.sign_in().await;
    // The console repeats the request that met the expired session.
    tab.wait_for_text("bob@example.com is enabled.").await;
    tab.wait_for_text("1 of 20").await;
    let denied = format!("PUT /oauth/services/{}/users 401", fixture.service);
    console.assert_clean(&fixture.app, &[&denied]);
}
