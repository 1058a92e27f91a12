//! A person in a webinar, and the key that identifies them. Pure.

use domain::digest::sha256;
use domain::{Email, RegistrantId, Sensitive};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// A person who was in the webinar or was registered for it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Person {
    /// Zoom's registrant id, if the person registered.
    pub(crate) registrant: Option<RegistrantId>,
    /// The e-mail address, if Zoom provides it.
    pub(crate) email: Option<Email>,
    /// The other fields (R11).
    pub(crate) details: Details,
}

/// A person and how long they were in the webinar; `None` for an absentee.
pub(crate) type PersonPresence = (Person, Option<Presence>);

/// The fields of a person besides the e-mail address.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Details {
    pub(crate) first_name: Option<Sensitive>,
    pub(crate) last_name: Option<Sensitive>,
    pub(crate) company: Option<Sensitive>,
    pub(crate) phone: Option<Sensitive>,
}

impl Details {
    /// Splits the display name of a participant into its first word and the rest.
    pub(crate) fn of_display_name(name: Option<&str>) -> Self {
        let mut words = name.unwrap_or_default().trim().splitn(2, char::is_whitespace);
        let mut next = || words.next().map(str::trim).filter(|word| !word.is_empty()).map(Sensitive::from);
        Self { first_name: next(), last_name: next(), ..Self::default() }
    }
}

/// How long a person was in the webinar.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Presence {
    /// The first join, in seconds of Unix time.
    #[serde(rename = "f")]
    pub(crate) from: i64,
    /// The last leave.
    #[serde(rename = "t")]
    pub(crate) to: i64,
    /// Seconds of presence. Overlapping intervals count once.
    #[serde(rename = "s")]
    pub(crate) seconds: i64,
}

/// Identifies a person by registrant id, else by e-mail address: 128 bits of a SHA-256. The hash keeps sets of 100,000
/// people small and free of personal data.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct PersonKey(u128);

impl PersonKey {
    /// Returns the key of a registrant.
    pub(crate) fn registrant(id: &RegistrantId) -> Self {
        Self::of("r", id.as_str())
    }

    /// Returns the key of an e-mail address, trimmed and case-folded.
    pub(crate) fn email(email: &Email) -> Self {
        Self::of("e", &email.normalized())
    }

    /// Returns the key of a display name. A name does not identify a person and serves only to count people.
    pub(crate) fn name(name: &str) -> Self {
        Self::of("n", &name.trim().to_lowercase())
    }

    fn of(kind: &str, text: &str) -> Self {
        let digest = sha256(format!("{kind}:{text}").as_bytes());
        Self(digest.iter().take(16).fold(0, |key, &byte| key << 8 | u128::from(byte)))
    }
}

impl Serialize for PersonKey {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&format_args!("{:032x}", self.0))
    }
}

impl<'de> Deserialize<'de> for PersonKey {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        u128::from_str_radix(&text, 16).map(Self).map_err(de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_email_key_ignores_case_and_differs_from_a_registrant_key() {
        let email = |text| PersonKey::email(&Email::parse(text).unwrap());
        assert_eq!(email(" Ada+1@X.test"), email("ada+1@x.test"));
        assert_ne!(email("ada@x.test"), email("ada+1@x.test"));
        assert_ne!(email("ada@x.test"), PersonKey::registrant(&"ada@x.test".into()));
        assert_eq!(PersonKey::name(" Ada "), PersonKey::name("ADA"));
    }

    #[test]
    fn a_key_survives_serialization() {
        let key = PersonKey::name("Ada");
        let text = serde_json::to_string(&key).unwrap();
        assert_eq!(serde_json::from_str::<PersonKey>(&text).unwrap(), key);
    }

    #[test]
    fn a_display_name_is_split_after_its_first_word() {
        for (name, first, last) in [
            (Some("Ada Lovelace"), Some("Ada"), Some("Lovelace")),
            (Some("  Ada   King of Lovelace "), Some("Ada"), Some("King of Lovelace")),
            (Some("Ada"), Some("Ada"), None),
            (Some("  "), None, None),
            (None, None, None),
        ] {
            let details = Details::of_display_name(name);
            let text = |part: &Option<Sensitive>| part.as_ref().map(|part| part.expose().clone());
            assert_eq!((text(&details.first_name).as_deref(), text(&details.last_name).as_deref()), (first, last));
        }
    }
}
