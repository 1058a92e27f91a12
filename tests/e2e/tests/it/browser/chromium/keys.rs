//! Keyboard input.

use super::tab::Tab;
use serde_json::json;

/// A key of the keyboard.
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

impl Tab {
    /// Presses and releases a key.
    pub async fn press_key(&self, key: Key) {
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

    /// Presses a key that navigates, and waits until the new page is loaded.
    pub async fn press_and_load(&self, key: Key) {
        let mark = self.event_count();
        self.press_key(key).await;
        self.wait_for_load_since(mark).await;
    }

    /// Types a text, character by character.
    pub async fn type_text(&self, text: &str) {
        for character in text.chars() {
            let event = json!({"type": "char", "text": character.to_string()});
            self.call("Input.dispatchKeyEvent", event).await;
        }
    }
}
