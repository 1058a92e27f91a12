//! How much the console weighs, and how soon it is there.

use super::chromium::Chromium;
use super::desk::{Desk, the};
use crate::harness::App;

/// All that the console loads before somebody can sign in, bytes on the wire with headers.
const LIMIT: u64 = 100_000;

#[tokio::test]
async fn the_page_is_light_and_one_round_trip_after_the_html_is_enough() {
    let Some(chromium) = Chromium::start().await else { return };
    let app = App::start().await;
    let desk = Desk::before(chromium, &app).await;
    let tab = &desk.tab;
    tab.find(&the("textbox", "Admin key")).await;
    let loaded = tab.loaded();
    for one in &loaded {
        println!(
            "{:>6} bytes, {} {} {} {}, by {}",
            one.bytes, one.status, one.kind, one.url, one.encoding, one.initiator
        );
    }
    let page = format!("{}/", app.url());
    assert!(loaded.iter().all(|one| one.url.starts_with(&page)), "everything comes from the application");
    let weight: u64 = loaded.iter().map(|one| one.bytes).sum();
    println!("{weight} of {LIMIT} bytes");
    assert!(weight < LIMIT, "{weight}");
    // What is loaded twice, such as the icon, comes from the browser's own memory the second time.
    let is_counted = |url: &str| loaded.iter().any(|one| one.url == url && one.bytes > 0);
    assert!(loaded.iter().all(|one| is_counted(&one.url)), "{loaded:?}");
    let parts: Vec<_> =
        loaded.iter().filter(|one| one.bytes > 0 && one.kind != "Document" && one.kind != "Fetch").collect();
    assert!(parts.len() >= 2, "{loaded:?}");
    for part in parts {
        // Asked for by the HTML itself: nothing that is loaded asks for more.
        assert_eq!((&*part.initiator, &*part.initiator_url), ("parser", &*page), "{part:?}");
    }
    for one in loaded.iter().filter(|one| matches!(&*one.kind, "Document" | "Script" | "Stylesheet")) {
        assert_eq!(one.encoding, "gzip", "{one:?}");
    }

    // Whoever comes back loads the page alone, if at all.
    let before = tab.loaded().len();
    tab.go(&page).await;
    tab.find(&the("textbox", "Admin key")).await;
    let again: Vec<_> = tab.loaded().split_off(before);
    let weight: u64 = again.iter().map(|one| one.bytes).sum();
    println!("coming back: {weight} bytes");
    assert!(weight < 3_000, "{again:?}");
}
