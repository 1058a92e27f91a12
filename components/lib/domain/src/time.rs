//! Instants and durations: the types of `jiff`, and the little that the product adds to them.
//!
//! In JSON an instant is RFC 3339 in UTC. Texts and numbers that other systems send are read here, not by `jiff` alone: it
//! refuses fractions of more than 9 digits, and an instant near its last one would make additions panic.

pub use jiff::tz::Offset;
pub use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

/// Latest instant that is taken from other systems: 9999-01-01. Later ones are clamped to it, so that adding days is safe.
const LATEST: Timestamp = Timestamp::constant(253_370_764_800, 0);

/// Number of digits of a fraction that are kept: microseconds.
const FRACTION_DIGITS: usize = 6;

const DAY_MICROS: i64 = 86_400_000_000;

/// Parses RFC 3339. A fraction finer than microseconds is truncated.
pub fn parse(text: &str) -> Option<Timestamp> {
    let text = text.trim();
    let at: Timestamp = match text.split_once('.') {
        Some((seconds, rest)) => {
            let zone = rest.trim_start_matches(|c: char| c.is_ascii_digit());
            let fraction = rest.get(..rest.len() - zone.len())?;
            let kept = fraction.get(..FRACTION_DIGITS).unwrap_or(fraction);
            format!("{seconds}.{kept}{zone}").parse().ok()?
        }
        None => text.parse().ok()?,
    };
    Some(at.min(LATEST))
}

/// Parses an HTTP date, such as `Tue, 03 Nov 2026 00:00:00 GMT`.
pub fn parse_http_date(text: &str) -> Option<Timestamp> {
    let at = Timestamp::try_from(httpdate::parse_http_date(text).ok()?).ok()?;
    Some(at.min(LATEST))
}

/// Returns the instant at a number of milliseconds since 1970 that another system sent.
pub fn from_millisecond(millis: i64) -> Timestamp {
    Timestamp::from_millisecond(millis).map_or(if millis < 0 { Timestamp::MIN } else { LATEST }, |at| at.min(LATEST))
}

/// Returns the instant after a duration that another system sent. Saturates.
pub fn after(at: Timestamp, duration: SignedDuration) -> Timestamp {
    at.saturating_add(duration).map_or(LATEST, |at| at.min(LATEST))
}

/// Returns the next midnight in a zone with a constant offset from UTC.
pub fn next_midnight(at: Timestamp, offset: Offset) -> Timestamp {
    let next_day = offset.to_datetime(at).date().tomorrow();
    next_day.and_then(|day| offset.to_timestamp(day.at(0, 0, 0, 0))).unwrap_or(Timestamp::MAX)
}

/// A UTC day, in JSON the number of days since 1970-01-01.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct UtcDay(i64);

impl UtcDay {
    /// Returns the day of an instant.
    pub fn of(at: Timestamp) -> Self {
        Self(at.as_microsecond().div_euclid(DAY_MICROS))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn from_second(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    proptest! {
        #[test]
        fn instants_are_formatted_and_parsed(micros in -62_135_596_800_000_000i64..253_370_764_800_000_000) {
            let instant = Timestamp::from_microsecond(micros).unwrap();
            let text = instant.to_string();
            prop_assert_eq!(parse(&text), Some(instant));
            let json = serde_json::to_string(&instant).unwrap();
            prop_assert_eq!(&json, &format!("\"{text}\""));
            prop_assert_eq!(serde_json::from_str::<Timestamp>(&json).unwrap(), instant);
            let midnight = format!("{}T00:00:00Z", text.split('T').next().unwrap());
            prop_assert_eq!(UtcDay::of(instant), UtcDay::of(parse(&midnight).unwrap()));
        }

        #[test]
        fn offsets_are_parsed(second in 0i64..4_000_000_000, hours in -23i32..=23, minutes in 0i32..60) {
            let offset = Offset::from_seconds(hours * 3600 + hours.signum() * minutes * 60).unwrap();
            let there = from_second(second).to_zoned_datetime(offset.to_time_zone());
            let text = there.strftime("%Y-%m-%dT%H:%M:%S%:z").to_string();
            prop_assert_eq!(parse(&text), Some(from_second(second)));
        }

        #[test]
        fn http_dates_are_parsed(second in 0i64..4_000_000_000) {
            let there = from_second(second).to_zoned_datetime(jiff::tz::TimeZone::UTC);
            let text = there.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string();
            prop_assert_eq!(parse_http_date(&text), Some(from_second(second)));
        }

        #[test]
        fn parsing_never_panics(text in any::<String>(), date in "[0-9TZ:+. -]{0,30}") {
            let _ = (parse(&text), parse_http_date(&text));
            if let Some(at) = parse(&date) {
                prop_assert!(at <= LATEST, "{date}");
            }
        }

        #[test]
        fn instants_and_durations_of_other_systems_leave_room_for_days(millis in any::<i64>(), seconds in any::<i64>()) {
            let at = from_millisecond(millis);
            prop_assert!(after(at, SignedDuration::from_secs(seconds)) <= LATEST && at <= LATEST);
            let _ = at + SignedDuration::from_hours(24 * 300);
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
            "+026-11-02T10:00:00Z",
            "2026-11-02T10:00:00Zx",
            "2026-11-02T10:00:00é",
        ] {
            assert_eq!(parse(text), None, "{text}");
        }
    }

    #[test]
    fn fractions_and_leap_seconds_are_accepted() {
        let read = |text: &str| parse(text).unwrap().to_string();
        assert_eq!(read("2026-11-02t10:00:00.1234567899z"), "2026-11-02T10:00:00.123456Z");
        assert_eq!(read("2024-02-29 23:59:60Z"), "2024-02-29T23:59:59Z");
        assert_eq!(read("2026-11-02T10:00:00-05:30"), "2026-11-02T15:30:00Z");
        assert_eq!(read(" 2026-11-02T10:00:05.250+00:00 "), "2026-11-02T10:00:05.25Z");
    }

    #[test]
    fn offsets_beyond_rfc_3339_are_accepted() {
        let read = |text: &str| parse(text).unwrap().to_string();
        assert_eq!(read("2026-11-02T10:00:00+0100"), "2026-11-02T09:00:00Z");
        assert_eq!(read("2026-11-02T10:00:00+24:00"), "2026-11-01T10:00:00Z");
    }

    #[test]
    fn the_next_midnight_follows_the_offset_of_the_zone() {
        let next =
            |text: &str, hours| next_midnight(parse(text).unwrap(), Offset::from_hours(hours).unwrap()).to_string();
        assert_eq!(next("2026-11-02T05:59:59Z", -6), "2026-11-02T06:00:00Z");
        assert_eq!(next("2026-11-02T06:00:00Z", -6), "2026-11-03T06:00:00Z");
        assert_eq!(next("2026-11-02T00:00:00Z", 0), "2026-11-03T00:00:00Z");
    }
}
