//! What all records have in common: the version of their format, the size limit, the record of an instant.

use crate::json::{self, JsonError};
use crate::time::Timestamp;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

/// Maximum size of a value in bytes that every store accepts (docs/reference/spin.md).
pub const MAX_VALUE_BYTES: usize = 64_000;

/// Number of bytes by which sealing enlarges a record: marker, id of the key, nonce, authentication tag.
pub const SEAL_BYTES: usize = 33;

/// Maximum size of a record in bytes before it is sealed.
pub const MAX_RECORD_BYTES: usize = MAX_VALUE_BYTES - SEAL_BYTES;

/// A record: JSON whose field `v` is the version of its format.
///
/// A new version of a format is a new type, with the old type as [`Record::Previous`] and its conversion as
/// [`Record::upgrade`]. Then [`read`] accepts both, and everything that is written has the new version.
pub trait Record: DeserializeOwned {
    /// The version of this type, which belongs into its `v`.
    const VERSION: u32 = Self::Previous::VERSION + 1;

    /// The type of the version before; [`NoVersion`] before the first.
    type Previous: Record;

    /// Converts a record of the version before.
    fn upgrade(previous: Self::Previous) -> Self;

    /// Reads a record of this version, or of an earlier one.
    ///
    /// # Errors
    /// See [`RecordError`].
    fn read_version(version: u32, text: &[u8]) -> Result<Self, RecordError> {
        if version == Self::VERSION {
            return Ok(json::read(text)?);
        }
        Self::Previous::read_version(version, text).map(Self::upgrade)
    }
}

/// What precedes the first version of a record. It has no values.
#[derive(Debug, Clone, Copy, Deserialize)]
pub enum NoVersion {}

impl Record for NoVersion {
    const VERSION: u32 = 0;
    type Previous = Self;

    fn upgrade(previous: Self) -> Self {
        previous
    }

    fn read_version(version: u32, _: &[u8]) -> Result<Self, RecordError> {
        Err(RecordError::Unknown { version })
    }
}

/// Declares that types are the first version of their record.
#[macro_export]
macro_rules! first_version {
    ($($record:ty),+ $(,)?) => {$(
        impl $crate::records::Record for $record {
            type Previous = $crate::records::NoVersion;

            fn upgrade(previous: Self::Previous) -> Self {
                match previous {}
            }
        }
    )+};
}

/// Why a record could not be read. Quotes nothing of it.
#[derive(Debug, thiserror::Error)]
pub enum RecordError {
    /// A newer build wrote it.
    #[error("it has version {version}, and this build reads versions up to {known}; a newer build wrote it")]
    Newer {
        /// The version of the record.
        version: u32,
        /// The version that this build writes.
        known: u32,
    },
    /// No build wrote this version.
    #[error("it has version {version}, which never existed")]
    Unknown {
        /// The version of the record.
        version: u32,
    },
    /// It is sealed with a key that is not known, belongs to another key of the store, or was modified.
    #[error("it cannot be decrypted with the keys that are set")]
    Sealed,
    /// It is not JSON, or JSON of another form.
    #[error("{0}")]
    Json(#[from] JsonError),
}

/// Reads a record of the present version or of an earlier one.
///
/// # Errors
/// See [`RecordError`]. A newer version is refused: this build might misread it, and write it back without what it does
/// not know.
pub fn read<R: Record>(text: &[u8]) -> Result<R, RecordError> {
    let version = version_of(text)?;
    if version > R::VERSION {
        return Err(RecordError::Newer { version, known: R::VERSION });
    }
    R::read_version(version, text)
}

#[derive(Deserialize)]
struct Versioned {
    v: u32,
}

/// Returns the version of a record.
fn version_of(text: &[u8]) -> Result<u32, JsonError> {
    match leading_version(text) {
        Some(version) => Ok(version),
        None => json::read::<Versioned>(text).map(|versioned| versioned.v),
    }
}

/// Returns the version if it comes first, as in everything that this application writes. Saves a second pass over the
/// JSON.
fn leading_version(text: &[u8]) -> Option<u32> {
    let rest = text.strip_prefix(br#"{"v":"#)?;
    let end = rest.iter().position(|byte| !byte.is_ascii_digit())?;
    matches!(rest[end], b',' | b'}').then(|| std::str::from_utf8(&rest[..end]).ok()?.parse().ok()).flatten()
}

/// The record of an instant: when a webinar ended, when the scheduler last called.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Moment {
    /// Record version.
    pub v: u32,
    /// The instant.
    pub at: Timestamp,
}

first_version!(Moment);

impl Moment {
    /// Creates the record of an instant.
    pub const fn new(at: Timestamp) -> Self {
        Self { v: Self::VERSION, at }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A record type with two versions.
    #[derive(Debug, PartialEq, Deserialize)]
    struct Parking {
        v: u32,
        minutes: u64,
    }

    #[derive(Debug, Deserialize)]
    struct ParkingV1 {
        hours: u64,
    }

    impl Record for Parking {
        type Previous = ParkingV1;

        fn upgrade(ParkingV1 { hours }: ParkingV1) -> Self {
            Self { v: Self::VERSION, minutes: hours * 60 }
        }
    }

    first_version!(ParkingV1);

    fn parking(text: &str) -> Result<Parking, String> {
        read(text.as_bytes()).map_err(|error| error.to_string())
    }

    #[test]
    fn an_older_version_is_upgraded_and_the_present_one_read_as_it_is() {
        assert_eq!((ParkingV1::VERSION, Parking::VERSION), (1, 2));
        assert_eq!(parking(r#"{"v":1,"hours":2}"#), Ok(Parking { v: 2, minutes: 120 }));
        assert_eq!(parking(r#"{"v":2,"minutes":5}"#), Ok(Parking { v: 2, minutes: 5 }));
    }

    #[test]
    fn a_newer_version_is_refused_in_words_whatever_its_form() {
        let expected = "it has version 3, and this build reads versions up to 2; a newer build wrote it";
        for text in [r#"{"v":3,"minutes":5}"#, r#"{"minutes":"secret","v":3}"#, r#"{"v":3}"#] {
            assert_eq!(parking(text).unwrap_err(), expected, "{text}");
        }
    }

    #[test]
    fn a_record_without_a_known_version_is_refused() {
        assert_eq!(parking(r#"{"v":0,"hours":2}"#).unwrap_err(), "it has version 0, which never existed");
        assert!(parking(r#"{"hours":2}"#).unwrap_err().starts_with("the field v is missing"));
        for text in ["", "{", "[1]", "7", r#"{"v":"1"}"#, r#"{"v":-1}"#, r#"{"v":1.0}"#, r#"{"v":99999999999}"#] {
            assert!(parking(text).is_err(), "{text}");
        }
    }

    #[test]
    fn the_version_is_found_wherever_it_stands() {
        for text in [r#"{"v":1,"hours":2}"#, r#"{ "v": 1, "hours": 2 }"#, r#"{"hours":2,"v":1}"#] {
            assert_eq!(parking(text), Ok(Parking { v: 2, minutes: 120 }), "{text}");
        }
        assert_eq!(leading_version(br#"{"v":12}"#), Some(12));
        assert_eq!(leading_version(br#"{"v":12"#), None);
        assert_eq!(leading_version(br#"{"v":1e3}"#), None);
    }
}
