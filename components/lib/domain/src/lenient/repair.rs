//! Repairs texts that are almost JSON. Systems that cut texts at a number of UTF-16 units or bytes leave half a character
//! behind, and one such name would cost a whole page.

use std::borrow::Cow;

/// What replaces a broken character: U+FFFD.
const REPLACEMENT: &str = "\u{fffd}";

/// Replaces what is not Unicode: bytes that are not UTF-8, and escaped halves of surrogate pairs. Replaces control
/// characters within texts by spaces. Returns `None` if there is nothing to replace.
pub(super) fn repaired(text: &[u8]) -> Option<Vec<u8>> {
    let text = String::from_utf8_lossy(text);
    let mut repaired = String::with_capacity(text.len());
    let mut has_changed = matches!(text, Cow::Owned(_));
    let mut rest = &*text;
    let mut is_within_text = false;
    while let Some(next) = rest.chars().next() {
        let (taken, replacement) = match next {
            '\\' if is_within_text => escape(rest),
            '"' => {
                is_within_text = !is_within_text;
                (1, None)
            }
            control if is_within_text && control.is_ascii_control() => (1, Some(" ")),
            _ => (next.len_utf8(), None),
        };
        let (kept, after) = rest.split_at_checked(taken).unwrap_or((rest, ""));
        has_changed |= replacement.is_some();
        repaired.push_str(replacement.unwrap_or(kept));
        rest = after;
    }
    has_changed.then(|| repaired.into_bytes())
}

/// Returns the length of the escape at the beginning of a text, and what replaces it if it is half a surrogate pair.
fn escape(text: &str) -> (usize, Option<&'static str>) {
    match unit(text) {
        Some(0xd800..=0xdbff) => match text.get(6..).and_then(unit) {
            Some(0xdc00..=0xdfff) => (12, None),
            _ => (6, Some(REPLACEMENT)),
        },
        Some(0xdc00..=0xdfff) => (6, Some(REPLACEMENT)),
        Some(_) => (6, None),
        // A backslash and the character after it.
        None => (1 + text.chars().nth(1).map_or(0, char::len_utf8), None),
    }
}

/// Returns the UTF-16 unit that is escaped at the beginning of a text.
fn unit(text: &str) -> Option<u16> {
    let digits = text.strip_prefix("\\u")?.get(..4)?;
    u16::from_str_radix(digits, 16).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::Value;

    #[test]
    fn r22_half_a_character_costs_only_itself() {
        for (text, name) in [
            (&br#"{"name": "A\ud83d"}"#[..], "A\u{fffd}"),
            (br#"{"name": "\ude00A"}"#, "\u{fffd}A"),
            (br#"{"name": "\ud83d\u0041"}"#, "\u{fffd}A"),
            (br#"{"name": "\ud83d\ude00 \\ud83d \" \ud83d"}"#, "\u{1f600} \\ud83d \" \u{fffd}"),
            (b"{\n\t\"name\": \"A\nB\"}", "A B"),
            (b"{\"name\": \"A\xf0\x9f\"}", "A\u{fffd}"),
        ] {
            let value: Value = serde_json::from_slice(&repaired(text).unwrap()).unwrap();
            assert_eq!(value["name"], name);
        }
    }

    #[test]
    fn good_json_is_not_changed() {
        assert_eq!(repaired(br#"{"name": "\ud83d\ude00\n\\", "u": ["\u00e9"]}"#), None);
    }

    proptest! {
        #[test]
        fn repairing_never_panics(text in any::<Vec<u8>>(), json in "[\\[\\]{}\":,\\\\uUdD8c0f ]{0,40}") {
            let _ = repaired(&text);
            let _ = repaired(json.as_bytes());
        }
    }
}
