//! Instants and durations, as small as the components need them: UTC only. Parsing and formatting are the `time`
//! crate's; a general date-time library in every component would cost 150 kB of wasm each. Time zones are `catalog`'s
//! business, which has such a library.

use serde::de::{Deserialize, Deserializer, Error as _};
use serde::{Serialize, Serializer};
use std::fmt;
use std::ops::{Add, AddAssign, Mul, Sub};
use std::str::FromStr;
use time::OffsetDateTime;
use time::format_description::well_known::{Rfc2822, Rfc3339};

const MICROS: i64 = 1_000_000;

/// Seconds of a UTC day.
const DAY_SECONDS: i64 = 86_400;

/// A length of time, forwards or backwards, in microseconds. Arithmetic saturates.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, serde::Deserialize)]
#[serde(transparent)]
pub struct SignedDuration {
    micros: i64,
}

impl SignedDuration {
    /// No time at all.
    pub const ZERO: Self = Self { micros: 0 };

    /// So many milliseconds.
    pub const fn from_millis(millis: i64) -> Self {
        Self { micros: millis.saturating_mul(1000) }
    }

    /// So many seconds.
    pub const fn from_secs(seconds: i64) -> Self {
        Self { micros: seconds.saturating_mul(MICROS) }
    }

    /// So many minutes.
    pub const fn from_mins(minutes: i64) -> Self {
        Self::from_secs(minutes.saturating_mul(60))
    }

    /// So many hours.
    pub const fn from_hours(hours: i64) -> Self {
        Self::from_mins(hours.saturating_mul(60))
    }

    /// Whole seconds, rounded towards zero.
    pub const fn as_secs(self) -> i64 {
        self.micros / MICROS
    }

    /// Whole milliseconds, rounded towards zero.
    pub const fn as_millis(self) -> i64 {
        self.micros / 1000
    }

    /// Nanoseconds; none for a duration backwards.
    pub const fn as_nanos_forward(self) -> u64 {
        if self.micros <= 0 { 0 } else { self.micros.unsigned_abs().saturating_mul(1000) }
    }

    /// The same length forwards.
    #[must_use]
    pub const fn abs(self) -> Self {
        Self { micros: self.micros.saturating_abs() }
    }

    /// Whether it is backwards.
    pub const fn is_negative(self) -> bool {
        self.micros < 0
    }
}

impl Add for SignedDuration {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self { micros: self.micros.saturating_add(other.micros) }
    }
}

impl Sub for SignedDuration {
    type Output = Self;

    fn sub(self, other: Self) -> Self {
        Self { micros: self.micros.saturating_sub(other.micros) }
    }
}

impl Mul<i64> for SignedDuration {
    type Output = Self;

    fn mul(self, factor: i64) -> Self {
        Self { micros: self.micros.saturating_mul(factor) }
    }
}

/// What is no instant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not an RFC 3339 date-time")]
pub struct InvalidTimestamp;

/// An instant, to the microsecond. Arithmetic saturates; written as RFC 3339 in UTC.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp {
    micros: i64,
}

impl Timestamp {
    /// 1970.
    pub const UNIX_EPOCH: Self = Self { micros: 0 };

    /// The last second that has four digits for its year.
    pub const MAX: Self = Self { micros: 253_402_300_799 * MICROS };

    /// So many seconds after 1970.
    pub const fn from_second(seconds: i64) -> Self {
        Self { micros: seconds.saturating_mul(MICROS) }
    }

    /// So many milliseconds after 1970.
    pub const fn from_millisecond(millis: i64) -> Self {
        Self { micros: millis.saturating_mul(1000) }
    }

    /// So many microseconds after 1970.
    pub const fn from_microsecond(micros: i64) -> Self {
        Self { micros }
    }

    /// Whole seconds since 1970.
    pub const fn as_second(self) -> i64 {
        self.micros.div_euclid(MICROS)
    }

    /// Whole milliseconds since 1970.
    pub const fn as_millisecond(self) -> i64 {
        self.micros.div_euclid(1000)
    }

    /// How long after another instant this one is.
    pub const fn duration_since(self, earlier: Self) -> SignedDuration {
        SignedDuration { micros: self.micros.saturating_sub(earlier.micros) }
    }

    /// The UTC day that it is in.
    pub const fn utc_day(self) -> UtcDay {
        UtcDay(self.as_second().div_euclid(DAY_SECONDS))
    }

    /// The next midnight of a zone that is always `offset` ahead of UTC (a negative one is behind it).
    pub const fn next_midnight(self, offset: SignedDuration) -> Self {
        let local = self.as_second().saturating_add(offset.as_secs());
        let midnight = (local.div_euclid(DAY_SECONDS) + 1) * DAY_SECONDS;
        Self::from_second(midnight - offset.as_secs())
    }

    /// Reads an HTTP date, such as `Tue, 03 Nov 2026 00:00:00 GMT`.
    pub fn from_http_date(text: &str) -> Option<Self> {
        OffsetDateTime::parse(text, &Rfc2822).ok().map(Self::from)
    }
}

/// A UTC day, counted from 1970-01-01.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, serde::Deserialize)]
#[serde(transparent)]
pub struct UtcDay(i64);

impl From<OffsetDateTime> for Timestamp {
    fn from(time: OffsetDateTime) -> Self {
        Self { micros: time.unix_timestamp().saturating_mul(MICROS).saturating_add(time.microsecond().into()) }
    }
}

impl Add<SignedDuration> for Timestamp {
    type Output = Self;

    fn add(self, duration: SignedDuration) -> Self {
        Self { micros: self.micros.saturating_add(duration.micros) }
    }
}

impl Sub<SignedDuration> for Timestamp {
    type Output = Self;

    fn sub(self, duration: SignedDuration) -> Self {
        Self { micros: self.micros.saturating_sub(duration.micros) }
    }
}

impl AddAssign<SignedDuration> for Timestamp {
    fn add_assign(&mut self, duration: SignedDuration) {
        *self = *self + duration;
    }
}

impl FromStr for Timestamp {
    type Err = InvalidTimestamp;

    fn from_str(text: &str) -> Result<Self, InvalidTimestamp> {
        OffsetDateTime::parse(text.trim(), &Rfc3339).map(Self::from).map_err(|_| InvalidTimestamp)
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let nanos = i128::from(self.micros) * 1000;
        let time = OffsetDateTime::from_unix_timestamp_nanos(nanos).map_err(|_| fmt::Error)?;
        f.write_str(&time.format(&Rfc3339).map_err(|_| fmt::Error)?)
    }
}

impl Serialize for Timestamp {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Timestamp {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(D::Error::custom)
    }
}
