//! What tells people apart: the registrant id, else the e-mail address. Hashed, since a name or an address is of no use
//! in a set, and a hundred thousand of them are of some size.

use domain::records::digest;
use domain::{Email, RegistrantId};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// What tells a person apart: 128 bits of a SHA-256.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Key(u128);

impl Key {
    /// Of a registrant.
    pub(crate) fn registrant(id: &RegistrantId) -> Self {
        Self::of("r", id.as_str())
    }

    /// Of an address, trimmed and case-folded.
    pub(crate) fn email(email: &Email) -> Self {
        Self::of("e", &email.folded())
    }

    /// Of a name as shown in the webinar. It is no identity, but good enough to count people by.
    pub(crate) fn name(name: &str) -> Self {
        Self::of("n", &name.trim().to_lowercase())
    }

    fn of(kind: &str, text: &str) -> Self {
        let digest = digest(format!("{kind}:{text}").as_bytes());
        Self(digest.iter().take(16).fold(0, |key, &byte| key << 8 | u128::from(byte)))
    }
}

impl Serialize for Key {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&format_args!("{:032x}", self.0))
    }
}

impl<'de> Deserialize<'de> for Key {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        u128::from_str_radix(&text, 16).map(Self).map_err(de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_the_same_in_any_case_and_no_registrant() {
        let email = |text| Key::email(&Email::parse(text).unwrap());
        assert_eq!(email(" Ada+1@X.test"), email("ada+1@x.test"));
        assert_ne!(email("ada@x.test"), email("ada+1@x.test"));
        assert_ne!(email("ada@x.test"), Key::registrant(&"ada@x.test".into()));
        assert_eq!(Key::name(" Ada "), Key::name("ADA"));
    }

    #[test]
    fn it_is_read_back() {
        let key = Key::name("Ada");
        let text = serde_json::to_string(&key).unwrap();
        assert_eq!(serde_json::from_str::<Key>(&text).unwrap(), key);
    }
}
