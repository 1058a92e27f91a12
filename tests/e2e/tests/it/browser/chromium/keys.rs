//! The keyboard.

use super::{Element, Tab, Wanted};
use serde_json::json;

/// A key.
#[derive(Debug, Clone, Copy)]
pub enum Key {
    Tab,
    BackTab,
    Enter,
    Space,
    Escape,
    Down,
    Delete,
}

/// More stops than any page has.
const STOPS: usize = 200;

impl Tab {
    /// Presses and releases a key.
    pub async fn key(&self, key: Key) {
        let (name, code, number, text) = match key {
            Key::Tab | Key::BackTab => ("Tab", "Tab", 9, ""),
            Key::Enter => ("Enter", "Enter", 13, "\r"),
            Key::Space => (" ", "Space", 32, " "),
            Key::Escape => ("Escape", "Escape", 27, ""),
            Key::Down => ("ArrowDown", "ArrowDown", 40, ""),
            Key::Delete => ("Delete", "Delete", 46, ""),
        };
        let modifiers = if matches!(key, Key::BackTab) { 8 } else { 0 };
        let down = if text.is_empty() { "rawKeyDown" } else { "keyDown" };
        for kind in [down, "keyUp"] {
            let mut event = json!({
                "type": kind, "key": name, "code": code, "windowsVirtualKeyCode": number, "modifiers": modifiers,
            });
            if kind == "keyDown" {
                event["text"] = json!(text);
            }
            self.call("Input.dispatchKeyEvent", event).await;
        }
    }

    /// Presses a key that leads to another page, and waits until that is loaded.
    pub async fn load_by(&self, key: Key) {
        let mark = self.mark();
        self.key(key).await;
        self.loaded_since(mark).await;
    }

    /// Types a text, character by character.
    pub async fn type_text(&self, text: &str) {
        for character in text.chars() {
            let event = json!({"type": "char", "text": character.to_string()});
            self.call("Input.dispatchKeyEvent", event).await;
        }
    }

    /// Presses Tab until an element has the focus; fails when that never is so. Every stop on the way must show that it
    /// has the focus.
    pub async fn tab_to(&self, wanted: &Wanted) {
        self.find(wanted).await;
        let mut stops = Vec::new();
        for _ in 0..STOPS {
            if self.all(wanted).await.iter().any(|element| element.is("focused")) {
                return;
            }
            self.key(Key::Tab).await;
            let stop = self.evaluate(FOCUS).await;
            assert_ne!(stop["visible"], false, "{stop} does not show that it has the focus");
            stops.push(stop["what"].to_string());
        }
        panic!("Tab never reaches {wanted:?}, but {stops:?}");
    }

    /// Goes to an element by Tab and presses Enter on it.
    pub async fn enter(&self, wanted: &Wanted) {
        self.tab_to(wanted).await;
        self.key(Key::Enter).await;
    }

    /// Goes to a field by Tab, which selects what is in it, and types.
    pub async fn type_into(&self, wanted: &Wanted, text: &str) {
        self.tab_to(wanted).await;
        self.type_text(text).await;
    }

    /// Waits until an element has the focus.
    pub async fn focused(&self, wanted: &Wanted) -> Element {
        self.until(&format!("the focus on {wanted:?}"), || async {
            self.all(wanted).await.into_iter().find(|element| element.is("focused"))
        })
        .await
    }
}

/// What has the focus, and whether one sees it: an outline, or the frame of the browser's own.
const FOCUS: &str = "(() => {
  const one = document.activeElement;
  if (!one || one === document.body) return { what: 'nothing' };
  const style = getComputedStyle(one);
  const visible = style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) > 0;
  return { what: one.outerHTML.slice(0, 120), visible };
})()";
