//! Zoom's rate limits: per account by label, and per registrant.
//!
//! Windows of a second run on real time, since that is what a burst of real requests meets. Days run on the stand-in's
//! clock, so that a test can reach the next one.

use std::collections::{HashMap, VecDeque};
use std::time::{Duration, Instant};

use http::StatusCode;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};

use super::api::error::ApiError;
use super::options::Plan;

/// How heavy Zoom finds a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Label {
    Light,
    Medium,
    Heavy,
}

impl Label {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Light => "Light",
            Self::Medium => "Medium",
            Self::Heavy => "Heavy",
        }
    }
}

/// What a plan allows for a label.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Allowance {
    pub(crate) per_second: usize,
    pub(crate) per_day: Option<u32>,
}

impl Plan {
    /// Zoom's published table. Pro and above have a daily limit for heavy calls only.
    pub(crate) fn allowance(self, label: Label) -> Allowance {
        let (per_second, per_day) = match (self, label) {
            (Self::Free, Label::Light) => (4, Some(6_000)),
            (Self::Free, Label::Medium) => (2, Some(2_000)),
            (Self::Free, Label::Heavy) => (1, Some(1_000)),
            (Self::Pro, Label::Light) => (30, None),
            (Self::Pro, Label::Medium) => (20, None),
            (Self::Pro, Label::Heavy) => (10, Some(30_000)),
            (Self::Business, Label::Light) => (80, None),
            (Self::Business, Label::Medium) => (60, None),
            (Self::Business, Label::Heavy) => (40, Some(60_000)),
            (Self::Unlimited, _) => (1_000_000, None),
        };
        Allowance { per_second, per_day }
    }
}

/// A limit that is counted per registrant's e-mail address and UTC day, across webinars.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum PerRegistrant {
    /// Adding a registrant, one by one or in a batch.
    Add,
    /// Changing a registrant's status.
    Status,
}

impl PerRegistrant {
    fn per_day(self) -> u32 {
        match self {
            Self::Add => 3,
            Self::Status => 10,
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Add => "Add a webinar registrant",
            Self::Status => "Update a webinar registrant's status",
        }
    }
}

/// The calls counted so far.
#[derive(Debug, Default)]
pub(crate) struct Limits {
    last_second: HashMap<(String, Label), VecDeque<Instant>>,
    per_day: HashMap<(String, Label, Date), u32>,
    per_registrant: HashMap<(PerRegistrant, String, Date), u32>,
}

impl Limits {
    /// Counts a call of an account. Returns how many remain in this second.
    pub(crate) fn call(&mut self, account: &str, plan: Plan, label: Label, now: Timestamp) -> Result<usize, ApiError> {
        let allowance = plan.allowance(label);
        let today = utc_date(now);
        let calls = self.last_second.entry((account.to_owned(), label)).or_default();
        let instant = Instant::now();
        while calls.front().is_some_and(|at| instant.duration_since(*at) >= Duration::from_secs(1)) {
            calls.pop_front();
        }
        if calls.len() >= allowance.per_second {
            return Err(too_many("You have reached the maximum per-second rate limit for this API. Try again later.")
                .with_header("X-RateLimit-Category", label.as_str())
                .with_header("X-RateLimit-Type", "QPS")
                .with_header("X-RateLimit-Limit", allowance.per_second)
                .with_header("X-RateLimit-Remaining", 0));
        }
        if let Some(per_day) = allowance.per_day {
            let count = self.per_day.entry((account.to_owned(), label, today)).or_default();
            if *count >= per_day {
                return Err(too_many(
                    "You have reached the maximum daily rate limit for this API. Refer to the response header for \
                     details on when you can make another request.",
                )
                .with_header("X-RateLimit-Category", label.as_str())
                .with_header("X-RateLimit-Type", "Daily-limit")
                .with_header("X-RateLimit-Limit", per_day)
                .with_header("X-RateLimit-Remaining", 0)
                .with_header("Retry-After", next_utc_midnight(now)));
            }
            *count += 1;
        }
        calls.push_back(instant);
        Ok(allowance.per_second - calls.len())
    }

    /// Counts a call about a registrant. Zoom sends no rate-limit headers with this refusal.
    pub(crate) fn about_registrant(
        &mut self,
        limit: PerRegistrant,
        email: &str,
        now: Timestamp,
    ) -> Result<(), ApiError> {
        let key = (limit, email.to_lowercase(), utc_date(now));
        let count = self.per_registrant.entry(key).or_default();
        if *count >= limit.per_day() {
            return Err(too_many(&format!(
                "You have exceeded the daily rate limit of ({}) for {} API requests for the registrant ({email}). \
                 You can resume these API requests at GMT 00:00:00.",
                limit.per_day(),
                limit.name(),
            )));
        }
        *count += 1;
        Ok(())
    }

    /// Pretends that an account has made its day's worth of calls of a label.
    pub(crate) fn exhaust_day(&mut self, account: &str, plan: Plan, label: Label, now: Timestamp) {
        if let Some(per_day) = plan.allowance(label).per_day {
            self.per_day.insert((account.to_owned(), label, utc_date(now)), per_day);
        }
    }
}

fn too_many(message: &str) -> ApiError {
    ApiError::new(StatusCode::TOO_MANY_REQUESTS, 429, message)
}

fn utc_date(now: Timestamp) -> Date {
    TimeZone::UTC.to_datetime(now).date()
}

/// Zoom gives the time of the daily reset as a date and time, not in seconds.
fn next_utc_midnight(now: Timestamp) -> String {
    utc_date(now).checked_add(1.day()).map(|day| format!("{day}T00:00:00Z")).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn a_free_account_makes_one_heavy_call_a_second() {
        let mut limits = Limits::default();
        let now = at("2026-05-01T10:00:00Z");
        assert_eq!(limits.call("a", Plan::Free, Label::Heavy, now).unwrap(), 0);
        let refused = limits.call("a", Plan::Free, Label::Heavy, now).unwrap_err();
        assert_eq!(refused.header("X-RateLimit-Type"), Some("QPS"));
        assert!(limits.call("b", Plan::Free, Label::Heavy, now).is_ok(), "accounts are counted apart");
    }

    #[test]
    fn the_daily_limit_says_when_it_resets_as_a_date() {
        let mut limits = Limits::default();
        let now = at("2026-05-01T10:00:00Z");
        limits.exhaust_day("a", Plan::Business, Label::Heavy, now);
        let refused = limits.call("a", Plan::Business, Label::Heavy, now).unwrap_err();
        assert_eq!(refused.header("Retry-After"), Some("2026-05-02T00:00:00Z"));
        assert!(limits.call("a", Plan::Business, Label::Heavy, at("2026-05-02T00:00:00Z")).is_ok());
    }

    #[test]
    fn a_registrant_is_added_three_times_a_utc_day() {
        let mut limits = Limits::default();
        let now = at("2026-05-01T23:59:59Z");
        for _ in 0..3 {
            limits.about_registrant(PerRegistrant::Add, "Bo@x.com", now).unwrap();
        }
        assert!(limits.about_registrant(PerRegistrant::Add, "bo@x.com", now).is_err());
        assert!(limits.about_registrant(PerRegistrant::Add, "bo@x.com", at("2026-05-02T00:00:00Z")).is_ok());
    }
}
