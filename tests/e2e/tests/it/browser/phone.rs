//! A screen the size of a phone's.

use super::chromium::{Tab, Wanted};

/// Its width and height in CSS pixels: a small one of today.
const SCREEN: (u32, u32) = (360, 640);

/// Whatever people act on.
const ROLES: [&str; 8] = ["link", "button", "textbox", "spinbutton", "checkbox", "combobox", "radio", "searchbox"];

/// What is wrong with a page on a phone: that it scrolls sideways, or what cannot be reached there.
pub async fn on_a_phone(tab: &Tab, what: &str) -> Vec<String> {
    let mut wrong = Vec::new();
    tab.screen(SCREEN.0, SCREEN.1, true).await;
    let widths = tab.evaluate("[document.scrollingElement.scrollWidth, innerWidth]").await;
    if widths.as_array().unwrap().iter().any(|width| width.as_u64() > Some(SCREEN.0.into())) {
        wrong.push(format!("{what} is wider than a phone: {widths}; {}", tab.evaluate(WIDE).await));
    }
    let mut reached = 0;
    for role in ROLES {
        for element in tab.all(&Wanted::any(role)).await {
            if element.is("focusable") && !element.is("disabled") {
                reached += 1;
                if let Some(blocked) = tab.blocked(&element).await {
                    wrong.push(format!("{what}: {role} {} cannot be reached on a phone: {blocked}", element.name));
                }
            }
        }
    }
    assert!(reached > 0, "{what} has nothing to do");
    tab.screen(1024, 768, false).await;
    wrong
}

/// What sticks out.
const WIDE: &str = "[...document.querySelectorAll('body *')].reverse()
  .filter((one) => one.getBoundingClientRect().right > 361 || one.scrollWidth > one.clientWidth + 1)
  .map((one) => one.outerHTML.slice(0, 150)).slice(0, 3)";
