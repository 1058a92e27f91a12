//! The keyboard alone: the whole way through the console without a mouse.

use super::chromium::{Chromium, Key};
use super::desk::{Desk, the};
use crate::harness::App;
use fakes::stage::ADMIN_KEY;
use fakes::zoom::{NewUser, NewWebinar, Options};
use jiff::{SignedDuration, Timestamp};

const PROGRAM: &str = "2026-12 Product webinar";

#[tokio::test]
async fn the_keyboard_is_enough() {
    let Some(chromium) = Chromium::start().await else { return };
    let options = Options { consent_page: true, ..Options::default() };
    let app = App::start_with(options, fakes::marketo::Options::default()).await;
    app.stage.zoom.add_user(NewUser::named("bob@example.com")).unwrap();
    for (topic, hours) in [("First", 24), ("Second", 48)] {
        let start_time = Some(Timestamp::now() + SignedDuration::from_hours(hours));
        app.stage.zoom.add_webinar(NewWebinar { topic: topic.into(), start_time, ..NewWebinar::default() }).unwrap();
    }
    let desk = Desk::before(chromium, &app).await;
    let tab = &desk.tab;

    // The field has the focus from the start.
    tab.focused(&the("textbox", "Admin key")).await;
    tab.type_text(ADMIN_KEY).await;
    tab.key(Key::Enter).await;
    tab.find(&the("button", "Sign out")).await;

    tab.type_into(&the("textbox", "Name of the service"), "Acme").await;
    tab.load_by(Key::Enter).await;
    tab.tab_to(&the("link", "Allow")).await;
    tab.load_by(Key::Enter).await;
    tab.find(&the("article", "Acme")).await;

    tab.type_into(&the("textbox", "Zoom user's e-mail address"), "bob@example.com").await;
    tab.key(Key::Enter).await;
    tab.sees("bob@example.com is enabled.").await;
    tab.focused(&the("textbox", "Zoom user's e-mail address")).await;

    // Opening a view brings the focus to its heading.
    tab.enter(&the("link", "Programs")).await;
    tab.focused(&the("heading", "Programs")).await;
    tab.enter(&the("link", "Connect a program")).await;
    tab.focused(&the("heading", "Connect a program")).await;
    tab.type_into(&the("textbox", "Marketo program"), "1001").await;
    tab.tab_to(&the("radio", "First")).await;
    tab.key(Key::Down).await;
    assert!(tab.focused(&the("radio", "Second")).await.is("checked"));
    tab.enter(&the("button", "Connect")).await;
    tab.focused(&the("heading", PROGRAM)).await;

    // A dialog: Escape leaves everything as it is and gives the focus back.
    let disconnect = the("button", "Disconnect");
    tab.enter(&disconnect).await;
    tab.focused(&the("button", "Cancel")).await;
    tab.key(Key::Escape).await;
    tab.gone(&the("dialog", &format!("Disconnect {PROGRAM}?"))).await;
    tab.focused(&disconnect).await;
    tab.key(Key::Space).await;
    let dialog = the("dialog", &format!("Disconnect {PROGRAM}?"));
    tab.focused(&the("button", "Cancel")).await;
    // The focus stays inside, both ways.
    for _ in 0..5 {
        tab.key(Key::BackTab).await;
        assert_eq!(tab.evaluate("!document.activeElement.closest('main')").await, true);
    }
    tab.enter(&the("button", "Disconnect").within(dialog)).await;
    tab.sees("is disconnected.").await;
    tab.sees("No program is connected yet.").await;

    tab.enter(&the("button", "Sign out")).await;
    tab.focused(&the("textbox", "Admin key")).await;
    desk.assert_clean(&app, &[]);
}
