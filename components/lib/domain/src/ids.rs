//! Typed ids. Zoom and Marketo send some ids as strings and some as numbers; both are accepted, and strings are sent.

use serde::de::{Deserialize, Deserializer, Error as _, Visitor};
use serde::{Serialize, Serializer};
use std::fmt;
use std::str::FromStr;

/// A text that is not an id of its kind.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not a {kind} id")]
pub struct InvalidId {
    kind: &'static str,
}

/// Deserializes a string or a whole number as a string.
pub(crate) fn text_or_number<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    struct TextOrNumber;

    impl Visitor<'_> for TextOrNumber {
        type Value = String;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("an id")
        }

        fn visit_str<E>(self, text: &str) -> Result<String, E> {
            Ok(text.to_owned())
        }

        fn visit_u64<E>(self, number: u64) -> Result<String, E> {
            Ok(number.to_string())
        }
    }

    deserializer.deserialize_any(TextOrNumber)
}

macro_rules! numeric_id {
    ($(#[$meta:meta])* $name:ident, $kind:literal) => {
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $name(u64);

        impl $name {
            /// Returns the id as a number.
            pub const fn get(self) -> u64 {
                self.0
            }
        }

        impl From<u64> for $name {
            fn from(id: u64) -> Self {
                Self(id)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}", self.0)
            }
        }

        impl FromStr for $name {
            type Err = InvalidId;

            fn from_str(text: &str) -> Result<Self, InvalidId> {
                // `u64::from_str` would accept a leading plus.
                if text.is_empty() || !text.bytes().all(|b| b.is_ascii_digit()) {
                    return Err(InvalidId { kind: $kind });
                }
                text.parse().map(Self).map_err(|_| InvalidId { kind: $kind })
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(&self.0)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                text_or_number(deserializer)?.trim().parse().map_err(D::Error::custom)
            }
        }
    };
}

numeric_id!(
    /// A Marketo program.
    ProgramId,
    "program"
);
numeric_id!(
    /// A Marketo lead (a person record).
    LeadId,
    "lead"
);
numeric_id!(
    /// A Zoom webinar. All its instances share this id.
    WebinarId,
    "webinar"
);

macro_rules! text_id {
    ($(#[$meta:meta])* $name:ident) => {
        $(#[$meta])*
        #[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $name(String);

        impl $name {
            /// Returns the id.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl From<String> for $name {
            fn from(id: String) -> Self {
                Self(id)
            }
        }

        impl From<&str> for $name {
            fn from(id: &str) -> Self {
                Self(id.to_owned())
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(&self.0)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                text_or_number(deserializer).map(Self)
            }
        }
    };
}

text_id!(
    /// A Zoom account.
    AccountId
);
text_id!(
    /// A Zoom user.
    UserId
);
text_id!(
    /// A Zoom registrant of one webinar. Marketo stores it as `registrationCode`.
    RegistrantId
);
text_id!(
    /// One instance of a webinar. It may contain `/`, `+` and `=`, so `zoom_client` encodes it in paths.
    InstanceUuid
);
text_id!(
    /// A LaunchPoint service: one sign-in of one Zoom account. Consists of lower-case letters and digits.
    ServiceId
);

impl ServiceId {
    /// Parses a service id from a caller. Returns `None` for a text that cannot be one, so that an id is always safe
    /// within a store key or a path.
    pub fn parse(text: &str) -> Option<Self> {
        let fits = (1..=64).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit());
        fits.then(|| Self(text.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_read_from_strings_and_numbers_and_written_as_strings() {
        for text in ["94512345678", "\"94512345678\"", "\" 94512345678 \""] {
            let id: WebinarId = serde_json::from_str(text).unwrap();
            assert_eq!(serde_json::to_string(&id).unwrap(), "\"94512345678\"");
        }
        let id: RegistrantId = serde_json::from_str("7").unwrap();
        assert_eq!(id.as_str(), "7");
    }

    #[test]
    fn invalid_ids_are_refused() {
        for text in ["\"\"", "\"12a\"", "\"+5\"", "-5", "1.5", "null", "{}", "\"99999999999999999999999\""] {
            assert!(serde_json::from_str::<LeadId>(text).is_err(), "{text}");
        }
        for text in ["", "A", "a/b", "../x", "a b", "é"] {
            assert_eq!(ServiceId::parse(text), None, "{text}");
        }
    }
}
