//! Instants and durations, in UTC only.
//!
//! RFC 3339 is parsed and formatted here, and the tests compare the results with a
//! date-time library: the library itself would cost each component 150 kB of wasm. Only `catalog`, which needs time zones,
//! uses one.

use serde::de::{Deserialize, Deserializer, Error as _};
use serde::{Serialize, Serializer};
use std::fmt;
use std::ops::{Add, AddAssign, Mul, Sub};
use std::str::FromStr;

/// Microseconds of a second.
const MICROS: i64 = 1_000_000;

/// Seconds of a UTC day.
const DAY_SECONDS: i64 = 86_400;

/// A duration in microseconds, which may be negative. Arithmetic saturates.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, serde::Deserialize)]
#[serde(transparent)]
pub struct SignedDuration {
    micros: i64,
}

impl SignedDuration {
    /// Zero.
    pub const ZERO: Self = Self { micros: 0 };

    /// Creates a duration of milliseconds.
    pub const fn from_millis(millis: i64) -> Self {
        Self { micros: millis.saturating_mul(1000) }
    }

    /// Creates a duration of seconds.
    pub const fn from_secs(seconds: i64) -> Self {
        Self { micros: seconds.saturating_mul(MICROS) }
    }

    /// Creates a duration of minutes.
    pub const fn from_mins(minutes: i64) -> Self {
        Self::from_secs(minutes.saturating_mul(60))
    }

    /// Creates a duration of hours.
    pub const fn from_hours(hours: i64) -> Self {
        Self::from_mins(hours.saturating_mul(60))
    }

    /// Returns the whole seconds, rounded towards zero.
    pub const fn as_secs(self) -> i64 {
        self.micros / MICROS
    }

    /// Returns the whole milliseconds, rounded towards zero.
    pub const fn as_millis(self) -> i64 {
        self.micros / 1000
    }

    /// Returns the nanoseconds; zero for a negative duration.
    pub const fn as_nanos_forward(self) -> u64 {
        if self.micros <= 0 { 0 } else { self.micros.unsigned_abs().saturating_mul(1000) }
    }

    /// Returns the absolute value.
    #[must_use]
    pub const fn abs(self) -> Self {
        Self { micros: self.micros.saturating_abs() }
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

/// A text that is not an instant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not an RFC 3339 date-time")]
pub struct InvalidTimestamp;

/// An instant with microsecond precision, written as RFC 3339 in UTC. Arithmetic saturates.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp {
    micros: i64,
}

impl Timestamp {
    /// 1970-01-01T00:00:00Z.
    pub const UNIX_EPOCH: Self = Self { micros: 0 };

    /// The last second whose year has four digits.
    pub const MAX: Self = Self { micros: 253_402_300_799 * MICROS };

    /// Creates an instant from seconds since 1970.
    pub const fn from_second(seconds: i64) -> Self {
        Self { micros: seconds.saturating_mul(MICROS) }
    }

    /// Creates an instant from milliseconds since 1970.
    pub const fn from_millisecond(millis: i64) -> Self {
        Self { micros: millis.saturating_mul(1000) }
    }

    /// Creates an instant from microseconds since 1970.
    pub const fn from_microsecond(micros: i64) -> Self {
        Self { micros }
    }

    /// Returns the whole seconds since 1970.
    pub const fn as_second(self) -> i64 {
        self.micros.div_euclid(MICROS)
    }

    /// Returns the whole milliseconds since 1970.
    pub const fn as_millisecond(self) -> i64 {
        self.micros.div_euclid(1000)
    }

    /// Returns the duration from an earlier instant to this one; negative if the other one is later.
    pub const fn duration_since(self, earlier: Self) -> SignedDuration {
        SignedDuration { micros: self.micros.saturating_sub(earlier.micros) }
    }

    /// Returns the UTC day of the instant.
    pub const fn utc_day(self) -> UtcDay {
        UtcDay(self.as_second().div_euclid(DAY_SECONDS))
    }

    /// Returns the next midnight in a zone with a constant offset from UTC; a negative offset is behind UTC.
    pub const fn next_midnight(self, offset: SignedDuration) -> Self {
        let local = self.as_second().saturating_add(offset.as_secs());
        let midnight = (local.div_euclid(DAY_SECONDS) + 1) * DAY_SECONDS;
        Self::from_second(midnight - offset.as_secs())
    }

    /// Parses an HTTP date, such as `Tue, 03 Nov 2026 00:00:00 GMT`.
    pub fn from_http_date(text: &str) -> Option<Self> {
        let mut words = text.split_ascii_whitespace().skip(1);
        let mut word = || words.next();
        let (day, month, year, clock, zone) = (word()?, word()?, word()?, word()?, word()?);
        let month = MONTHS.iter().position(|name| *name == month)?;
        if zone != "GMT" || words.next().is_some() {
            return None;
        }
        let date = Date { year: digits(year, 4)?, month: i64::try_from(month).ok()? + 1, day: digits(day, 2)? };
        Some(Self::from_second(date.days()? * DAY_SECONDS + seconds_of_day(clock)?))
    }
}

/// A UTC day, counted from 1970-01-01.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, serde::Deserialize)]
#[serde(transparent)]
pub struct UtcDay(i64);

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
        parse(text.trim()).ok_or(InvalidTimestamp)
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Date { year, month, day } = Date::of_days(self.utc_day().0);
        let seconds = self.as_second().rem_euclid(DAY_SECONDS);
        let (hour, minute, second) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
        write!(f, "{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}")?;
        let micros = self.micros.rem_euclid(MICROS);
        if micros > 0 {
            let fraction = format!("{micros:06}");
            write!(f, ".{}", fraction.trim_end_matches('0'))?;
        }
        f.write_str("Z")
    }
}

/// Parses RFC 3339, section 5.6. A fraction finer than microseconds is truncated.
fn parse(text: &str) -> Option<Timestamp> {
    let (date, rest) = (text.get(..10)?, text.get(10..)?);
    let mut parts = date.split('-');
    let date =
        Date { year: digits(parts.next()?, 4)?, month: digits(parts.next()?, 2)?, day: digits(parts.next()?, 2)? };
    let rest = rest.strip_prefix(['T', 't', ' '])?;
    let (clock, rest) = (rest.get(..8)?, rest.get(8..)?);
    let (fraction, zone) = match rest.strip_prefix('.') {
        Some(rest) => rest.split_at(rest.find(|c: char| !c.is_ascii_digit())?),
        None => ("0", rest),
    };
    if fraction.is_empty() {
        return None;
    }
    let micros: String = fraction.chars().chain("000000".chars()).take(6).collect();
    let offset = match zone {
        "Z" | "z" => 0,
        _ => {
            let sign = if zone.starts_with('-') { -1 } else { 1 };
            let (hours, minutes) = zone.strip_prefix(['+', '-'])?.split_once(':')?;
            let (hours, minutes) = (digits(hours, 2)?, digits(minutes, 2)?);
            if hours > 23 || minutes > 59 {
                return None;
            }
            sign * (hours * 3600 + minutes * 60)
        }
    };
    let seconds = date.days()? * DAY_SECONDS + seconds_of_day(clock)? - offset;
    Some(Timestamp::from_microsecond(seconds * MICROS + digits(&micros, 6)?))
}

/// Parses `HH:MM:SS` into seconds. A leap second counts as the second before it.
fn seconds_of_day(clock: &str) -> Option<i64> {
    let mut parts = clock.split(':');
    let mut part = || digits(parts.next()?, 2);
    let (hour, minute, second) = (part()?, part()?, part()?);
    let fits = hour <= 23 && minute <= 59 && second <= 60 && parts.next().is_none();
    fits.then(|| hour * 3600 + minute * 60 + second.min(59))
}

/// Parses a number of exactly `count` digits.
fn digits(text: &str, count: usize) -> Option<i64> {
    let fits = text.len() == count && text.bytes().all(|b| b.is_ascii_digit());
    if fits { text.parse().ok() } else { None }
}

const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/// A date of the proleptic Gregorian calendar.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Date {
    year: i64,
    /// From 1.
    month: i64,
    /// From 1.
    day: i64,
}

impl Date {
    /// Returns the days since 1970-01-01; `None` for a date that does not exist. The algorithm is Howard Hinnant's
    /// `days_from_civil`: years begin in March, so that the leap day is the last day, and 400 years are an era.
    fn days(self) -> Option<i64> {
        let Self { year, month, day } = self;
        if !(1..=12).contains(&month) || !(1..=31).contains(&day) {
            return None;
        }
        let year = if month <= 2 { year - 1 } else { year };
        let year_of_era = year.rem_euclid(400);
        let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
        let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
        let days = year.div_euclid(400) * 146_097 + day_of_era - 719_468;
        // 31 April would be 1 May.
        (Self::of_days(days) == self).then_some(days)
    }

    /// The inverse (`civil_from_days`).
    fn of_days(days: i64) -> Self {
        let days = days + 719_468;
        let day_of_era = days.rem_euclid(146_097);
        let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
        let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let month_from_march = (5 * day_of_year + 2) / 153;
        let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
        let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
        let year = year_of_era + days.div_euclid(146_097) * 400 + i64::from(month <= 2);
        Self { year, month, day }
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

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn instants_are_formatted_and_parsed_like_jiff_does(micros in -62_135_596_800_000_000i64..253_402_200_000_000_000) {
            let theirs = jiff::Timestamp::from_microsecond(micros).unwrap();
            let ours = Timestamp::from_microsecond(micros);
            prop_assert_eq!(ours.to_string(), theirs.to_string());
            prop_assert_eq!(theirs.to_string().parse(), Ok(ours));
            let civil = theirs.to_string();
            let date = civil.split('T').next().unwrap();
            prop_assert_eq!(ours.utc_day().0, Timestamp::from_str(&format!("{date}T00:00:00Z")).unwrap().utc_day().0);
        }

        #[test]
        fn offsets_are_parsed_like_jiff_does(second in 0i64..4_000_000_000, hours in -23i32..=23, minutes in 0i32..60) {
            let offset = jiff::tz::Offset::from_seconds(hours * 3600 + hours.signum() * minutes * 60).unwrap();
            let there = jiff::Timestamp::from_second(second).unwrap().to_zoned_datetime(offset.to_time_zone());
            let text = there.strftime("%Y-%m-%dT%H:%M:%S%:z").to_string();
            prop_assert_eq!(text.parse(), Ok(Timestamp::from_second(second)));
        }

        #[test]
        fn http_dates_of_jiff_are_parsed(second in 0i64..4_000_000_000) {
            let there = jiff::Timestamp::from_second(second).unwrap().to_zoned_datetime(jiff::tz::TimeZone::UTC);
            let text = there.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string();
            prop_assert_eq!(Timestamp::from_http_date(&text), Some(Timestamp::from_second(second)));
        }

        #[test]
        fn parsing_never_panics(text in any::<String>(), date in "[0-9TZ:+. -]{0,30}") {
            let _ = (text.parse::<Timestamp>(), Timestamp::from_http_date(&text));
            if let Ok(read) = date.parse::<Timestamp>() {
                prop_assert!(jiff::Timestamp::from_microsecond(read.micros).is_ok(), "{date}");
            }
        }
    }

    #[test]
    fn invalid_instants_are_refused() {
        for text in [
            "",
            "2026-11-02",
            "2026-11-02T10:00:00",
            "2026-02-29T00:00:00Z",
            "2026-04-31T00:00:00Z",
            "2026-13-01T00:00:00Z",
            "2026-00-01T00:00:00Z",
            "2026-11-02T24:00:00Z",
            "2026-11-02T10:60:00Z",
            "2026-11-02T10:00:61Z",
            "2026-11-02T10:00:00.Z",
            "2026-11-02T10:00:00+24:00",
            "2026-11-02T10:00:00+0100",
            "+026-11-02T10:00:00Z",
            "2026-11-02T10:00:00Zx",
            "2026-11-02T10:00:00é",
        ] {
            assert_eq!(text.parse::<Timestamp>(), Err(InvalidTimestamp), "{text}");
        }
    }

    #[test]
    fn fractions_and_leap_seconds_are_accepted() {
        let read = |text: &str| text.parse::<Timestamp>().unwrap().to_string();
        assert_eq!(read("2026-11-02t10:00:00.1234567899z"), "2026-11-02T10:00:00.123456Z");
        assert_eq!(read("2024-02-29 23:59:60Z"), "2024-02-29T23:59:59Z");
        assert_eq!(read("2026-11-02T10:00:00-05:30"), "2026-11-02T15:30:00Z");
    }

    #[test]
    fn the_next_midnight_follows_the_offset_of_the_zone() {
        let next = |text: &str, hours| {
            text.parse::<Timestamp>().unwrap().next_midnight(SignedDuration::from_hours(hours)).to_string()
        };
        assert_eq!(next("2026-11-02T05:59:59Z", -6), "2026-11-02T06:00:00Z");
        assert_eq!(next("2026-11-02T06:00:00Z", -6), "2026-11-03T06:00:00Z");
        assert_eq!(next("2026-11-02T00:00:00Z", 0), "2026-11-03T00:00:00Z");
    }
}
