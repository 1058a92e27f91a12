//! Zoom's rate limits per account and label, and its daily limits per registrant.
//!
//! The windows of a second use the time of the application, so that they apply to bursts of its requests. The days use the
//! clock of the fake, so that a test can move to the next one.

use std::collections::{HashMap, VecDeque};

use http::StatusCode;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp, ToSpan};

use crate::zoom::api_error::ZoomApiError;
use crate::zoom::options::Plan;

/// Zoom's rate limit label of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum RateLimitLabel {
    Light,
    Medium,
    Heavy,
}

impl RateLimitLabel {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Light => "Light",
            Self::Medium => "Medium",
            Self::Heavy => "Heavy",
        }
    }
}

/// The limits of a plan for a label.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Allowance {
    pub(crate) per_second: usize,
    pub(crate) per_day: Option<u32>,
}

impl Plan {
    /// Returns the limits of Zoom's published table. Pro and higher plans have a daily limit for heavy calls only.
    pub(crate) fn allowance(self, label: RateLimitLabel) -> Allowance {
        let (per_second, per_day) = match (self, label) {
            (Self::Free, RateLimitLabel::Light) => (4, Some(6_000)),
            (Self::Free, RateLimitLabel::Medium) => (2, Some(2_000)),
            (Self::Free, RateLimitLabel::Heavy) => (1, Some(1_000)),
            (Self::Pro, RateLimitLabel::Light) => (30, None),
            (Self::Pro, RateLimitLabel::Medium) => (20, None),
            (Self::Pro, RateLimitLabel::Heavy) => (10, Some(30_000)),
            (Self::Business, RateLimitLabel::Light) => (80, None),
            (Self::Business, RateLimitLabel::Medium) => (60, None),
            (Self::Business, RateLimitLabel::Heavy) => (40, Some(60_000)),
            (Self::Unlimited, _) => (1_000_000, None),
        };
        Allowance { per_second, per_day }
    }
}

/// A limit per registrant's e-mail address and UTC day. That of additions is per webinar too, as documented; a report
/// says that it may be across webinars. The other is across registrants' webinars, as reported.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum RegistrantLimit {
    /// Adding a registrant, singly or in a batch.
    Add,
    /// Changing a registrant's status.
    Status,
}

impl RegistrantLimit {
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
pub(crate) struct RateLimits {
    last_second: HashMap<(String, RateLimitLabel), VecDeque<Timestamp>>,
    per_day: HashMap<(String, RateLimitLabel, Date), u32>,
    per_registrant: HashMap<(RegistrantLimit, Option<u64>, String, Date), u32>,
    /// Whether additions are counted across webinars.
    pub(crate) across_webinars: bool,
}

impl RateLimits {
    /// Counts a call of an account, at an instant of the application's time and of the fake's clock. Returns how many calls
    /// remain in this second.
    pub(crate) fn count_call(
        &mut self,
        account: &str,
        plan: Plan,
        label: RateLimitLabel,
        instant: Timestamp,
        now: Timestamp,
    ) -> Result<usize, ZoomApiError> {
        let allowance = plan.allowance(label);
        let today = utc_date(now);
        let calls = self.last_second.entry((account.to_owned(), label)).or_default();
        while calls.front().is_some_and(|at| instant.duration_since(*at) >= SignedDuration::from_secs(1)) {
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

    /// Counts a call about a registrant. Zoom sends no rate limit headers with this error.
    pub(crate) fn count_registrant_call(
        &mut self,
        limit: RegistrantLimit,
        webinar: u64,
        email: &str,
        now: Timestamp,
    ) -> Result<(), ZoomApiError> {
        let webinar = Some(webinar).filter(|_| limit == RegistrantLimit::Add && !self.across_webinars);
        let key = (limit, webinar, email.to_lowercase(), utc_date(now));
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

    /// Uses up the daily limit of an account for a label.
    pub(crate) fn exhaust_day(&mut self, account: &str, plan: Plan, label: RateLimitLabel, now: Timestamp) {
        if let Some(per_day) = plan.allowance(label).per_day {
            self.per_day.insert((account.to_owned(), label, utc_date(now)), per_day);
        }
    }
}

fn too_many(message: &str) -> ZoomApiError {
    ZoomApiError::new(StatusCode::TOO_MANY_REQUESTS, 429, message)
}

fn utc_date(now: Timestamp) -> Date {
    TimeZone::UTC.to_datetime(now).date()
}

/// Returns the time of the daily reset. Zoom sends a date and time in `Retry-After`, not seconds.
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
    fn free_account_makes_one_heavy_call_per_second() {
        let mut limits = RateLimits::default();
        let now = at("2026-05-01T10:00:00Z");
        assert_eq!(limits.count_call("a", Plan::Free, RateLimitLabel::Heavy, now, now).unwrap(), 0);
        let refused = limits.count_call("a", Plan::Free, RateLimitLabel::Heavy, now, now).unwrap_err();
        assert_eq!(refused.header("X-RateLimit-Type"), Some("QPS"));
        assert!(
            limits.count_call("b", Plan::Free, RateLimitLabel::Heavy, now, now).is_ok(),
            "accounts are counted apart"
        );
    }

    #[test]
    fn daily_limit_sends_its_reset_as_a_date() {
        let mut limits = RateLimits::default();
        let now = at("2026-05-01T10:00:00Z");
        limits.exhaust_day("a", Plan::Business, RateLimitLabel::Heavy, now);
        let refused = limits.count_call("a", Plan::Business, RateLimitLabel::Heavy, now, now).unwrap_err();
        assert_eq!(refused.header("Retry-After"), Some("2026-05-02T00:00:00Z"));
        let tomorrow = at("2026-05-02T00:00:00Z");
        assert!(limits.count_call("a", Plan::Business, RateLimitLabel::Heavy, tomorrow, tomorrow).is_ok());
    }

    #[test]
    fn registrant_is_added_three_times_per_utc_day() {
        let mut limits = RateLimits::default();
        let now = at("2026-05-01T23:59:59Z");
        for _ in 0..3 {
            limits.count_registrant_call(RegistrantLimit::Add, 1, "Bo@x.com", now).unwrap();
        }
        assert!(limits.count_registrant_call(RegistrantLimit::Add, 1, "bo@x.com", now).is_err());
        assert!(limits.count_registrant_call(RegistrantLimit::Add, 2, "bo@x.com", now).is_ok());
        let tomorrow = at("2026-05-02T00:00:00Z");
        assert!(limits.count_registrant_call(RegistrantLimit::Add, 1, "bo@x.com", tomorrow).is_ok());
        limits.across_webinars = true;
        for webinar in 3..6 {
            limits.count_registrant_call(RegistrantLimit::Add, webinar, "al@x.com", now).unwrap();
        }
        assert!(limits.count_registrant_call(RegistrantLimit::Add, 6, "al@x.com", now).is_err());
    }
}
