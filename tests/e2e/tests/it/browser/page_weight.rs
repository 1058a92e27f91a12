//! How much the console transfers, and how soon it is complete.

use super::chromium::Chromium;
use super::console::{Console, by_role};
use crate::harness::App;

/// Maximum number of bytes on the wire, including headers, before the sign-in form works.
const LIMIT: u64 = 100_000;

#[tokio::test]
async fn page_is_small_and_loads_in_one_round_trip_after_the_html() {
    let Some(chromium) = Chromium::start().await else { return };
    let app = App::start().await;
    let console = Console::open(chromium, &app).await;
    let tab = &console.tab;
    tab.find(&by_role("textbox", "Admin key")).await;
    let loaded = tab.requests();
    for one in &loaded {
        println!(
            "{:>6} bytes, {} {} {} {}, by {}",
            one.bytes, one.status, one.kind, one.url, one.encoding, one.initiator
        );
    }
    let page = format!("{}/", app.url());
    assert!(loaded.iter().all(|one| one.url.starts_with(&page)), "every request goes to the application");
    let weight: u64 = loaded.iter().map(|one| one.bytes).sum();
    println!("{weight} of {LIMIT} bytes");
    assert!(weight < LIMIT, "{weight}");
    // A resource that is requested twice, such as the icon, comes from the browser's cache the second time.
    let is_counted = |url: &str| loaded.iter().any(|one| one.url == url && one.bytes > 0);
    assert!(loaded.iter().all(|one| is_counted(&one.url)), "{loaded:?}");
    let parts: Vec<_> =
        loaded.iter().filter(|one| one.bytes > 0 && one.kind != "Document" && one.kind != "Fetch").collect();
    assert!(parts.len() >= 2, "{loaded:?}");
    for part in parts {
        // The HTML itself requests every part: no part requests another one.
        assert_eq!((&*part.initiator, &*part.initiator_url), ("parser", &*page), "{part:?}");
    }
    for one in loaded.iter().filter(|one| matches!(&*one.kind, "Document" | "Script" | "Stylesheet")) {
        assert_eq!(one.encoding, "gzip", "{one:?}");
    }

    // A second visit transfers at most the page.
    let before = tab.requests().len();
    tab.go(&page).await;
    tab.find(&by_role("textbox", "Admin key")).await;
    let again: Vec<_> = tab.requests().split_off(before);
    let weight: u64 = again.iter().map(|one| one.bytes).sum();
    println!("second visit: {weight} bytes");
    assert!(weight < 3_000, "{again:?}");
}
