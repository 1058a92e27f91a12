//! The accepted values of a key. While a key is being changed, its variable lists the new and the old value, separated by
//! commas.

use super::mac::constant_time_eq;
use domain::Sensitive;

/// Minimum length of a key: a shorter one may be found by trying. The application serves nothing while one is shorter.
pub const MIN_KEY_LENGTH: usize = 20;

/// The variable of the key that may be empty: then its route does not exist.
const OPTIONAL_KEY: &str = "cron_path_key";

/// The variable of the keys that encrypt tokens.
const TOKEN_KEY: &str = "token_key";

/// The variables that [`fault_of`] checks.
pub const KEY_VARIABLES: [&str; 6] =
    ["admin_key", "cron_key", OPTIONAL_KEY, "marketo_api_key", "zoom_webhook_secret", TOKEN_KEY];

/// Returns what is wrong with the value of one of [`KEY_VARIABLES`]; `None` if nothing is. The text has no part of the value.
pub fn fault_of(name: &str, text: &str) -> Option<&'static str> {
    let Some(keys) = KeyList::parse(text) else { return (name != OPTIONAL_KEY).then_some("is not set") };
    if name == TOKEN_KEY {
        return keys.iter().any(|key| !is_base64_of_32_bytes(key.expose())).then_some("is not base64 of 32 bytes");
    }
    keys.iter()
        .any(|key| key.expose().chars().count() < MIN_KEY_LENGTH)
        .then_some("has a key of fewer than 20 characters")
}

/// The digits of base64 whose last two bits are 0.
const LAST_DIGITS: &[u8; 16] = b"AEIMQUYcgkosw048";

/// Returns whether a text has the form of 32 bytes in base64, which `oauth` decodes.
fn is_base64_of_32_bytes(text: &str) -> bool {
    let digits = text.strip_suffix('=').unwrap_or_default().as_bytes();
    // The last digit has two unused bits, which are 0.
    let has_no_rest = digits.last().is_some_and(|last| LAST_DIGITS.contains(last));
    let is_digit = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/');
    digits.len() == 43 && digits.iter().all(is_digit) && has_no_rest
}

/// The accepted values of a key, the newest first. Never empty.
#[derive(Debug, Clone)]
pub struct KeyList {
    newest: Sensitive,
    older: Vec<Sensitive>,
}

impl KeyList {
    /// Reads the value of a variable. Returns `None` if it lists no key: comparison with an empty key would accept every
    /// request.
    pub fn parse(text: &str) -> Option<Self> {
        let mut keys = text.split(',').map(str::trim).filter(|key| !key.is_empty()).map(Sensitive::from);
        let newest = keys.next()?;
        Some(Self { newest, older: keys.collect() })
    }

    /// Returns whether a text is one of the keys, in time that does not depend on where it differs.
    pub fn accepts(&self, given: &str) -> bool {
        self.iter().fold(false, |found, key| constant_time_eq(given, key.expose()) | found)
    }

    /// Returns the newest key, with which this application signs.
    pub const fn newest(&self) -> &Sensitive {
        &self.newest
    }

    /// Returns all keys, the newest first.
    pub fn iter(&self) -> impl Iterator<Item = &Sensitive> {
        std::iter::once(&self.newest).chain(&self.older)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_listed_key_is_accepted_and_nothing_else() {
        let keys = KeyList::parse(" new , old,").unwrap();
        assert_eq!(keys.newest().expose(), "new");
        for given in ["new", "old"] {
            assert!(keys.accepts(given), "{given}");
        }
        for given in ["", " new", "new,old", "ol", ","] {
            assert!(!keys.accepts(given), "{given}");
        }
    }

    #[test]
    fn each_listed_key_must_be_long() {
        let (short, token) = (Some("has a key of fewer than 20 characters"), format!("{}=", "A".repeat(43)));
        let not_token = Some("is not base64 of 32 bytes");
        for (name, text, expected) in [
            ("admin_key", "0123456789abcdef0123", None),
            ("cron_key", "0123456789abcdef0123, 0123456789abcdef0124", None),
            ("marketo_api_key", "0123456789abcdef0123,x", short),
            ("zoom_webhook_secret", "0123456789abcdef012", short),
            ("admin_key", "\u{e9}\u{e9}\u{e9}\u{e9}\u{e9}\u{e9}\u{e9}\u{e9}\u{e9}\u{e9}\u{e9}", short),
            ("cron_key", "", Some("is not set")),
            ("admin_key", " , ", Some("is not set")),
            ("cron_path_key", "", None),
            ("cron_path_key", "short", short),
            ("token_key", "", Some("is not set")),
            ("token_key", &token, None),
            ("token_key", &format!("{token},{token}"), None),
            ("token_key", &token[1..], not_token),
            ("token_key", &format!("{token},0123456789abcdef0123"), not_token),
        ] {
            assert_eq!(fault_of(name, text), expected, "{name} {text}");
        }
    }

    #[test]
    fn a_list_without_a_key_is_none() {
        for text in ["", " ", ",", " , ,"] {
            assert!(KeyList::parse(text).is_none(), "{text:?}");
        }
    }
}
