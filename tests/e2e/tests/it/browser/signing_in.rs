//! Signing in to the console, and out of it.

use super::chromium::Chromium;
use super::desk::{Desk, the};
use crate::harness::{App, Scene};

#[tokio::test]
async fn a_wrong_key_is_told_and_the_right_one_opens_the_console() {
    let Some(chromium) = Chromium::start().await else { return };
    let app = App::start().await;
    let desk = Desk::before(chromium, &app).await;
    let tab = &desk.tab;
    let key = the("textbox", "Admin key");
    tab.fill(&key, "wrong").await;
    tab.click(&the("button", "Sign in")).await;
    tab.sees("This is not the admin key.").await;
    let field = tab.focused(&key).await;
    assert!(field.is("invalid") && field.description.contains("not the admin key"), "{field:?}");
    assert!(tab.all(&the("button", "Sign out")).await.is_empty());

    desk.sign_in().await;
    tab.find(&the("heading", "Zoom accounts")).await;
    tab.click(&the("button", "Sign out")).await;
    tab.focused(&key).await;
    assert!(tab.all(&the("heading", "Zoom accounts")).await.is_empty());
    assert_eq!(tab.value(&key).await, "");
    desk.assert_clean(&app, &["POST /console/session 401"]);
}

#[tokio::test]
async fn a_session_that_lapses_costs_nothing_that_was_typed() {
    let Some(chromium) = Chromium::start().await else { return };
    let scene = Scene::set(App::start().await).await;
    let bob = fakes::zoom::NewUser::named("bob@example.com");
    scene.app.stage.zoom.add_user(bob).unwrap();
    let desk = Desk::before(chromium, &scene.app).await;
    let tab = &desk.tab;
    desk.sign_in().await;
    tab.fill(&the("textbox", "Zoom user's e-mail address"), "bob@example.com").await;
    tab.forget_cookies().await;
    tab.click(&the("button", "Add")).await;
    tab.focused(&the("textbox", "Admin key")).await;
    desk.sign_in().await;
    // What met the lapsed session is done now.
    tab.sees("bob@example.com is enabled.").await;
    tab.sees("1 of 20").await;
    let denied = format!("PUT /oauth/services/{}/users 401", scene.service);
    desk.assert_clean(&scene.app, &[&denied]);
}
