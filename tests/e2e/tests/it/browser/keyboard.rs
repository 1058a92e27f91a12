//! The whole console with the keyboard alone.

use super::chromium::{Chromium, Key};
use super::console::{Console, by_role};
use crate::harness::App;
use fakes::env::ADMIN_KEY;
use fakes::zoom::{NewUser, NewWebinar, Options};
use jiff::{SignedDuration, Timestamp};

const PROGRAM: &str = "2026-12 Product webinar";

#[tokio::test]
async fn console_is_usable_with_the_keyboard_alone() {
    let Some(chromium) = Chromium::start().await else { return };
    let options = Options { consent_page: true, ..Options::default() };
    let app = App::start_with(options, fakes::marketo::Options::default()).await;
    app.env.zoom.add_user(NewUser::named("bob@example.com")).unwrap();
    for (topic, hours) in [("First", 24), ("Second", 48)] {
        let start_time = Some(Timestamp::now() + SignedDuration::from_hours(hours));
        app.env.zoom.add_webinar(NewWebinar { topic: topic.into(), start_time, ..NewWebinar::default() }).unwrap();
    }
    let console = Console::open(chromium, &app).await;
    let tab = &console.tab;

    // The field has the focus from the start.
    tab.wait_for_focus(&by_role("textbox", "Admin key")).await;
    tab.type_text(ADMIN_KEY).await;
    tab.press_key(Key::Enter).await;
    tab.find(&by_role("button", "Sign out")).await;

    tab.type_into(&by_role("textbox", "Name of the service"), "Acme").await;
    tab.press_and_load(Key::Enter).await;
    tab.tab_to(&by_role("link", "Allow")).await;
    tab.press_and_load(Key::Enter).await;
    tab.find(&by_role("article", "Acme")).await;

    tab.type_into(&by_role("textbox", "Zoom user's e-mail address"), "bob@example.com").await;
    tab.press_key(Key::Enter).await;
    tab.wait_for_text("bob@example.com is enabled.").await;
    tab.wait_for_focus(&by_role("textbox", "Zoom user's e-mail address")).await;

    // Opening a view moves the focus to its heading.
    tab.press_enter_on(&by_role("link", "Programs")).await;
    tab.wait_for_focus(&by_role("heading", "Programs")).await;
    tab.press_enter_on(&by_role("link", "Connect a program")).await;
    tab.wait_for_focus(&by_role("heading", "Connect a program")).await;
    tab.type_into(&by_role("textbox", "Marketo program"), "1001").await;
    tab.tab_to(&by_role("radio", "First")).await;
    tab.press_key(Key::Down).await;
    assert!(tab.wait_for_focus(&by_role("radio", "Second")).await.is("checked"));
    tab.press_enter_on(&by_role("button", "Connect")).await;
    tab.wait_for_focus(&by_role("heading", PROGRAM)).await;

    // Escape closes the dialog, changes nothing, and restores the focus.
    let disconnect = by_role("button", "Disconnect");
    tab.press_enter_on(&disconnect).await;
    tab.wait_for_focus(&by_role("button", "Cancel")).await;
    tab.press_key(Key::Escape).await;
    tab.wait_until_gone(&by_role("dialog", &format!("Disconnect {PROGRAM}?"))).await;
    tab.wait_for_focus(&disconnect).await;
    tab.press_key(Key::Space).await;
    let dialog = by_role("dialog", &format!("Disconnect {PROGRAM}?"));
    tab.wait_for_focus(&by_role("button", "Cancel")).await;
    // The focus stays inside the dialog in both directions.
    for _ in 0..5 {
        tab.press_key(Key::BackTab).await;
        assert_eq!(tab.evaluate("!document.activeElement.closest('main')").await, true);
    }
    tab.press_enter_on(&by_role("button", "Disconnect").within(dialog)).await;
    tab.wait_for_text("is disconnected.").await;
    tab.wait_for_text("No program is connected yet.").await;

    tab.press_enter_on(&by_role("button", "Sign out")).await;
    tab.wait_for_focus(&by_role("textbox", "Admin key")).await;
    console.assert_clean(&app, &[]);
}
