//! The checks themselves: each of them finds what it is there for.

use super::axe;
use super::chromium::Chromium;
use super::phone::on_a_phone;
use fakes::zoom::{Options, Zoom};

/// Each is done to a page, and a part of what is then told.
const DEEDS: [(&str, &str); 4] = [
    ("console.error('an error in the console')", "an error in the console"),
    ("setTimeout(() => { throw new Error('an exception'); })", "an exception"),
    ("document.body.append(Object.assign(document.createElement('script'), { textContent: 'scripted=1' }))", "inline"),
    ("document.body.append(Object.assign(new Image(), { src: 'http://127.0.0.1:9/x.png', alt: '' }))", "img-src"),
];

#[tokio::test]
async fn what_is_wrong_with_a_page_is_noticed() {
    let Some(chromium) = Chromium::start().await else { return };
    let zoom = Zoom::start(Options::default()).await.unwrap();
    for (deed, told) in DEEDS {
        let tab = chromium.open().await;
        tab.go(&zoom.url()).await;
        assert_eq!(tab.complaints(), Vec::<String>::new());
        tab.evaluate(&format!("{deed}; true")).await;
        tab.complains(told).await;
        assert_eq!(tab.evaluate("typeof scripted").await, "undefined", "{deed}");
    }

    let tab = chromium.open().await;
    tab.go(&format!("{}/v2/users/me", zoom.url())).await;
    assert_eq!(tab.refused(), ["GET /v2/users/me 401"]);

    tab.go(&zoom.url()).await;
    assert_eq!(axe::findings(&tab, "as it is").await, Vec::<String>::new());
    assert_eq!(on_a_phone(&tab, "as it is").await, Vec::<String>::new());
    tab.evaluate("document.querySelector('h1').style.minWidth = '500px'; true").await;
    let wide = on_a_phone(&tab, "too wide").await;
    assert!(wide.len() == 1 && wide[0].contains("wider than a phone"), "{wide:?}");
    tab.evaluate("document.querySelector('h1').style = 'color: #ddd'; true").await;
    let pale = axe::findings(&tab, "too pale").await;
    // Where axe-core cannot be had, that has been told.
    assert!(!axe::is_there() || pale.iter().any(|one| one.contains("color-contrast")), "{pale:?}");
    tab.evaluate("document.querySelector('header').style = 'position: fixed; inset: 0'; true").await;
    let covered = on_a_phone(&tab, "covered").await;
    assert!(covered.iter().any(|one| one.contains("cannot be reached")), "{covered:?}");
}
