//! Keyboard input.

use super::tab::Tab;
use chromiumoxide::cdp::browser_protocol::input::{DispatchKeyEventParams, DispatchKeyEventType};
use chromiumoxide::keys::get_key_definition;

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

/// The protocol's bit of the Shift key.
const SHIFT: i64 = 8;

impl Tab {
    /// Presses and releases a key.
    pub async fn press_key(&self, key: Key) {
        let (name, modifiers) = match key {
            Key::Tab => ("Tab", 0),
            Key::BackTab => ("Tab", SHIFT),
            Key::Enter => ("Enter", 0),
            Key::Space => (" ", 0),
            Key::Escape => ("Escape", 0),
            Key::Down => ("ArrowDown", 0),
            Key::Delete => ("Delete", 0),
        };
        let key = get_key_definition(name).unwrap();
        let text = key.text.or((key.key.len() == 1).then_some(key.key)).map(str::to_owned);
        let down = if text.is_some() { DispatchKeyEventType::KeyDown } else { DispatchKeyEventType::RawKeyDown };
        for (kind, text) in [(down, text), (DispatchKeyEventType::KeyUp, None)] {
            let mut event = DispatchKeyEventParams::new(kind);
            event.key = Some(key.key.to_owned());
            event.code = Some(key.code.to_owned());
            event.windows_virtual_key_code = Some(key.key_code);
            event.modifiers = Some(modifiers);
            event.text = text;
            self.page.execute(event).await.unwrap();
        }
    }

    /// Presses a key that navigates, and waits until the new page is loaded.
    pub async fn press_and_load(&self, key: Key) {
        self.load_after(self.press_key(key)).await;
    }

    /// Types a text, character by character.
    pub async fn type_text(&self, text: &str) {
        for character in text.chars() {
            let mut event = DispatchKeyEventParams::new(DispatchKeyEventType::Char);
            event.text = Some(character.to_string());
            self.page.execute(event).await.unwrap();
        }
    }
}
