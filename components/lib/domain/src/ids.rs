//! Typed ids. Both products send some ids now as strings, now as numbers; we read either and always send strings
//! (DESIGN section 7).

use serde::de::{Deserialize, Deserializer, Error as _, Visitor};
use serde::{Serialize, Serializer};
use std::fmt;
use std::str::FromStr;

/// An id that was not of its kind's form.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not a {kind} id")]
pub struct InvalidId {
    kind: &'static str,
}

/// Reads a text or a whole number, as text: what a peer may send where an id is expected.
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
            /// The id as a number.
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
                // `u64::from_str` takes a leading plus; no id has one.
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
    /// A Zoom webinar's number, the same for all of its instances.
    WebinarId,
    "webinar"
);

macro_rules! text_id {
    ($(#[$meta:meta])* $name:ident) => {
        $(#[$meta])*
        #[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $name(String);

        impl $name {
            /// The id as its owner wrote it.
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
    /// A Zoom registrant of one webinar: what Marketo keeps as `registrationCode`.
    RegistrantId
);
text_id!(
    /// One run of a webinar. It may hold `/`, `+` and `=`: see `zoom_client` for how it goes into a path.
    InstanceUuid
);
text_id!(
    /// A LaunchPoint service: one sign-in of one Zoom account. Made by us of lower-case letters and digits.
    ServiceId
);

impl ServiceId {
    /// Reads a service id that a caller sent; anything that we cannot have made is refused, so that it is
    /// always safe inside a store key or a path.
    pub fn parse(text: &str) -> Option<Self> {
        let fits = (1..=64).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit());
        fits.then(|| Self(text.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_read_as_string_or_number_and_sent_as_string() {
        for text in ["94512345678", "\"94512345678\"", "\" 94512345678 \""] {
            let id: WebinarId = serde_json::from_str(text).unwrap();
            assert_eq!(serde_json::to_string(&id).unwrap(), "\"94512345678\"");
        }
        let id: RegistrantId = serde_json::from_str("7").unwrap();
        assert_eq!(id.as_str(), "7");
    }

    #[test]
    fn what_is_no_id_is_refused() {
        for text in ["\"\"", "\"12a\"", "\"+5\"", "-5", "1.5", "null", "{}", "\"99999999999999999999999\""] {
            assert!(serde_json::from_str::<LeadId>(text).is_err(), "{text}");
        }
        for text in ["", "A", "a/b", "../x", "a b", "é"] {
            assert_eq!(ServiceId::parse(text), None, "{text}");
        }
    }
}
