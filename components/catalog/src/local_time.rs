//! Formats instants in a webinar's own time zone.

use domain::time::Timestamp;
use jiff::civil::{DateTime, Weekday};
use jiff::tz::{Offset, TimeZone};

/// Maximum length of an unknown zone's name in the label, in characters. IANA names are far shorter.
const MAX_QUOTED: usize = 60;

/// A webinar's time zone.
pub(crate) struct Zone {
    rules: TimeZone,
    label: String,
}

impl Zone {
    /// Returns the zone of an IANA name. An unknown name becomes UTC, and [`Zone::label`] says so: a wrong hour would be
    /// worse.
    pub(crate) fn named(name: &str) -> Self {
        match TimeZone::get(name) {
            Ok(rules) => Self { rules, label: name.to_owned() },
            Err(_) if name.trim().is_empty() => Self { rules: TimeZone::UTC, label: "UTC".to_owned() },
            Err(_) => {
                let name: String = name.chars().take(MAX_QUOTED).collect();
                Self { rules: TimeZone::UTC, label: format!("UTC (the webinar's time zone {name} is unknown)") }
            }
        }
    }

    /// Formats a date as `Thursday, November 12, 2026`. Countries read 11/12 differently, so the month is spelled out.
    pub(crate) fn date(&self, at: Timestamp) -> String {
        let date = self.local(at).date();
        let month = MONTHS.get(usize::from(date.month().unsigned_abs()).wrapping_sub(1)).copied().unwrap_or_default();
        format!("{}, {month} {}, {}", weekday(date.weekday()), date.day(), date.year())
    }

    /// Formats a time as `10:00 AM`.
    pub(crate) fn time(&self, at: Timestamp) -> String {
        let local = self.local(at);
        let hour = match local.hour() % 12 {
            0 => 12,
            hour => hour,
        };
        format!("{hour}:{:02} {}", local.minute(), if local.hour() < 12 { "AM" } else { "PM" })
    }

    /// Formats an end time. Adds the date when it differs from the start's, and the offset when the clocks change in
    /// between.
    pub(crate) fn end_time(&self, start: Timestamp, end: Timestamp) -> String {
        let mut text = self.time(end);
        if self.offset(start) != self.offset(end) {
            text = format!("{text} {}", self.offset(end));
        }
        if self.local(start).date() != self.local(end).date() {
            text = format!("{text} ({})", self.date(end));
        }
        text
    }

    /// Returns the zone's name and its offset at an instant, like `America/New_York (UTC-05:00)`.
    pub(crate) fn label(&self, at: Timestamp) -> String {
        if self.rules == TimeZone::UTC { self.label.clone() } else { format!("{} ({})", self.label, self.offset(at)) }
    }

    /// Formats an instant as `2026-11-12 10:00 America/New_York`, which sorts by time.
    pub(crate) fn brief(&self, at: Timestamp) -> String {
        let local = self.local(at);
        let (year, month, day) = (local.year(), local.month(), local.day());
        format!("{year}-{month:02}-{day:02} {:02}:{:02} {}", local.hour(), local.minute(), self.label)
    }

    fn offset(&self, at: Timestamp) -> String {
        let seconds = self.offset_at(at).seconds();
        let minutes = seconds.unsigned_abs() / 60;
        let sign = if seconds < 0 { '-' } else { '+' };
        format!("UTC{sign}{:02}:{:02}", minutes / 60, minutes % 60)
    }

    fn local(&self, at: Timestamp) -> DateTime {
        self.offset_at(at).to_datetime(at)
    }

    fn offset_at(&self, at: Timestamp) -> Offset {
        self.rules.to_offset(at)
    }
}

/// jiff's own formatter would add 30 kB to the component.
const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

const fn weekday(day: Weekday) -> &'static str {
    match day {
        Weekday::Monday => "Monday",
        Weekday::Tuesday => "Tuesday",
        Weekday::Wednesday => "Wednesday",
        Weekday::Thursday => "Thursday",
        Weekday::Friday => "Friday",
        Weekday::Saturday => "Saturday",
        Weekday::Sunday => "Sunday",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn r4_times_are_right_across_daylight_saving_changes() {
        for (zone, instant, date, time, label) in [
            // New York: forward on 2026-03-08 and back on 2026-11-01, both at 2:00 local time.
            ("America/New_York", "2026-03-08T06:59:00Z", "Sunday, March 8, 2026", "1:59 AM", "(UTC-05:00)"),
            ("America/New_York", "2026-03-08T07:00:00Z", "Sunday, March 8, 2026", "3:00 AM", "(UTC-04:00)"),
            ("America/New_York", "2026-11-01T05:30:00Z", "Sunday, November 1, 2026", "1:30 AM", "(UTC-04:00)"),
            ("America/New_York", "2026-11-01T06:30:00Z", "Sunday, November 1, 2026", "1:30 AM", "(UTC-05:00)"),
            ("America/New_York", "2026-11-12T15:00:00Z", "Thursday, November 12, 2026", "10:00 AM", "(UTC-05:00)"),
            // London: forward on 2026-03-29 and back on 2026-10-25, both at 1:00 UTC.
            ("Europe/London", "2026-03-29T00:59:00Z", "Sunday, March 29, 2026", "12:59 AM", "(UTC+00:00)"),
            ("Europe/London", "2026-03-29T01:00:00Z", "Sunday, March 29, 2026", "2:00 AM", "(UTC+01:00)"),
            ("Europe/London", "2026-10-25T00:30:00Z", "Sunday, October 25, 2026", "1:30 AM", "(UTC+01:00)"),
            ("Europe/London", "2026-10-25T01:30:00Z", "Sunday, October 25, 2026", "1:30 AM", "(UTC+00:00)"),
            // Kolkata: half an hour off, and no changes.
            ("Asia/Kolkata", "2026-03-29T01:00:00Z", "Sunday, March 29, 2026", "6:30 AM", "(UTC+05:30)"),
            ("Asia/Kolkata", "2026-11-01T18:45:00Z", "Monday, November 2, 2026", "12:15 AM", "(UTC+05:30)"),
            // Lord Howe: changes by half an hour, on 2026-04-05 and 2026-10-04.
            ("Australia/Lord_Howe", "2026-04-04T14:59:00Z", "Sunday, April 5, 2026", "1:59 AM", "(UTC+11:00)"),
            ("Australia/Lord_Howe", "2026-04-04T15:00:00Z", "Sunday, April 5, 2026", "1:30 AM", "(UTC+10:30)"),
            ("Australia/Lord_Howe", "2026-10-03T15:29:00Z", "Sunday, October 4, 2026", "1:59 AM", "(UTC+10:30)"),
            ("Australia/Lord_Howe", "2026-10-03T15:30:00Z", "Sunday, October 4, 2026", "2:30 AM", "(UTC+11:00)"),
        ] {
            let local = Zone::named(zone);
            let instant = at(instant);
            assert_eq!((&*local.date(instant), &*local.time(instant)), (date, time), "{zone} {instant}");
            assert_eq!(local.label(instant), format!("{zone} {label}"));
        }
    }

    #[test]
    fn an_end_time_shows_another_day_and_a_changed_offset() {
        let new_york = Zone::named("America/New_York");
        for (start, end, text) in [
            ("2026-11-12T15:00:00Z", "2026-11-12T16:00:00Z", "11:00 AM"),
            ("2026-11-13T04:30:00Z", "2026-11-13T05:30:00Z", "12:30 AM (Friday, November 13, 2026)"),
            ("2026-11-01T05:30:00Z", "2026-11-01T06:30:00Z", "1:30 AM UTC-05:00"),
        ] {
            assert_eq!(new_york.end_time(at(start), at(end)), text);
        }
    }

    #[test]
    fn an_unknown_zone_is_labelled_as_utc() {
        let noon = at("2026-11-12T12:00:00Z");
        let mars = Zone::named("Mars/Olympus");
        assert_eq!(mars.time(noon), "12:00 PM");
        assert_eq!(mars.label(noon), "UTC (the webinar's time zone Mars/Olympus is unknown)");
        assert_eq!(Zone::named("").label(noon), "UTC");
        assert_eq!(Zone::named("UTC").label(noon), "UTC");
        assert_eq!(Zone::named("America/New_York").brief(noon), "2026-11-12 07:00 America/New_York");
    }

    proptest! {
        #[test]
        fn no_zone_name_causes_a_panic(name in any::<String>(), second in -9_000_000_000_i64..99_000_000_000) {
            let instant = Timestamp::from_second(second).unwrap();
            let zone = Zone::named(&name);
            prop_assert!(!zone.date(instant).is_empty() && !zone.label(instant).is_empty());
        }
    }
}
