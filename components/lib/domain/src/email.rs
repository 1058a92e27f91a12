//! E-mail addresses.

use crate::records::hex_digest;
use crate::sensitive::Sensitive;
use serde::{Deserialize, Serialize};
use std::fmt;

/// An e-mail address as somebody gave it. Sent as given; compared trimmed and case-folded, because Zoom and Marketo
/// both take `Ada@x` and `ada@x` for one person.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Email(Sensitive<String>);

impl Email {
    /// Takes an address; white space around it is dropped. What cannot be an address (no `@` with something on both
    /// sides, white space or control characters inside, over 128 bytes, which is Zoom's limit) is refused.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        let (local, host) = text.rsplit_once('@')?;
        let fits = !local.is_empty()
            && !host.is_empty()
            && text.len() <= 128
            && !text.chars().any(|c| c.is_whitespace() || c.is_control());
        fits.then(|| Self(Sensitive::from(text)))
    }

    /// The address, for sending it.
    pub fn expose(&self) -> &str {
        self.0.expose()
    }

    /// The form in which two addresses are compared. Only ASCII letters are folded: Marketo takes no others in an
    /// address (marketo.md 3.3).
    pub fn folded(&self) -> String {
        self.expose().trim().to_ascii_lowercase()
    }

    /// The SHA-256 of the folded address: what keys and logs may carry.
    pub fn hash(&self) -> EmailHash {
        EmailHash(hex_digest(self.folded().as_bytes()))
    }
}

impl PartialEq for Email {
    fn eq(&self, other: &Self) -> bool {
        self.folded() == other.folded()
    }
}

impl Eq for Email {}

/// The hash of a folded address, 64 hexadecimal digits.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct EmailHash(String);

impl EmailHash {
    /// Reads a hash; `None` for what is none.
    pub fn parse(text: &str) -> Option<Self> {
        let fits = text.len() == 64 && text.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b));
        fits.then(|| Self(text.to_owned()))
    }
}

impl fmt::Display for EmailHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn addresses_are_compared_trimmed_and_case_folded() {
        let (a, b) = (Email::parse(" Ada+x@Example.COM ").unwrap(), Email::parse("ada+x@example.com").unwrap());
        assert_eq!(a, b);
        assert_eq!(a.hash(), b.hash());
        assert_eq!(a.expose(), "Ada+x@Example.COM");
        assert_ne!(a, Email::parse("ada@example.com").unwrap());
    }

    #[test]
    fn what_is_no_address_is_refused() {
        for text in ["", "ada", "@", "ada@", "@x", "a b@x", "a@x\n.y"] {
            assert!(Email::parse(text).is_none(), "{text:?}");
        }
        assert!(Email::parse(&format!("{}@x", "a".repeat(200))).is_none());
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic_and_debug_shows_nothing(text in any::<String>()) {
            if let Some(email) = Email::parse(&text) {
                prop_assert_eq!(format!("{email:?}"), "Email([redacted])");
                prop_assert_eq!(email.hash().to_string().len(), 64);
            }
        }
    }
}
