//! E-mail addresses.

use crate::digest::sha256_hex;
use crate::sensitive::Sensitive;
use serde::{Deserialize, Serialize};
use std::fmt;

/// An e-mail address. It is sent as given and compared in its normalized form, because Zoom and Marketo both treat
/// `Ada@x` and `ada@x` as one person.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Email(Sensitive<String>);

impl Email {
    /// Parses an address, trimming white space. Returns `None` for a text without a local part, an `@` and a host, with
    /// white space or control characters inside, or over 128 bytes, which is Zoom's limit.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        let (local, host) = text.rsplit_once('@')?;
        let fits = !local.is_empty()
            && !host.is_empty()
            && text.len() <= 128
            && !text.chars().any(|c| c.is_whitespace() || c.is_control());
        fits.then(|| Self(Sensitive::from(text)))
    }

    /// Returns the address as given.
    pub fn expose(&self) -> &str {
        self.0.expose()
    }

    /// Returns the form in which addresses are compared. Only ASCII letters are lower-cased: Marketo accepts no others in
    /// an address (docs/reference/marketo.md).
    pub fn normalized(&self) -> String {
        self.expose().trim().to_ascii_lowercase()
    }

    /// Returns the SHA-256 of the normalized address. `platform::Store` replaces it in keys by a code.
    pub fn hash(&self) -> EmailHash {
        EmailHash(sha256_hex(self.normalized().as_bytes()))
    }
}

impl PartialEq for Email {
    fn eq(&self, other: &Self) -> bool {
        self.normalized() == other.normalized()
    }
}

impl Eq for Email {}

/// First character of a code.
const CODED: char = '~';

/// The hash of a normalized address, 64 hexadecimal digits; or, in keys of the store, `~` and a code of as many digits that
/// only the owner of the store's keys can compute from the hash.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct EmailHash(String);

impl EmailHash {
    /// Parses a hash or a code; `None` if the text is not 64 lower-case hexadecimal digits.
    pub fn parse(text: &str) -> Option<Self> {
        let digits = text.strip_prefix(CODED).unwrap_or(text);
        let fits = digits.len() == 64 && digits.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b));
        fits.then(|| Self(text.to_owned()))
    }

    /// Returns whether this is a code.
    pub fn is_coded(&self) -> bool {
        self.0.starts_with(CODED)
    }

    /// Returns the code with these digits; a code as it is.
    #[must_use]
    pub fn coded(&self, digits: &str) -> Self {
        if self.is_coded() { self.clone() } else { Self(format!("{CODED}{digits}")) }
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
    fn addresses_are_compared_trimmed_and_in_lower_case() {
        let (a, b) = (Email::parse(" Ada+x@Example.COM ").unwrap(), Email::parse("ada+x@example.com").unwrap());
        assert_eq!(a, b);
        assert_eq!(a.hash(), b.hash());
        assert_eq!(a.expose(), "Ada+x@Example.COM");
        assert_ne!(a, Email::parse("ada@example.com").unwrap());
    }

    #[test]
    fn invalid_addresses_are_refused() {
        for text in ["", "ada", "@", "ada@", "@x", "a b@x", "a@x\n.y"] {
            assert!(Email::parse(text).is_none(), "{text:?}");
        }
        assert!(Email::parse(&format!("{}@x", "a".repeat(200))).is_none());
    }

    proptest! {
        #[test]
        fn parsing_never_panics_and_debug_is_redacted(text in any::<String>()) {
            if let Some(email) = Email::parse(&text) {
                prop_assert_eq!(format!("{email:?}"), "Email([redacted])");
                prop_assert_eq!(email.hash().to_string().len(), 64);
            }
        }
    }
}
