//! The API limits of a subscription: calls per window, concurrent calls, calls per day.

use std::collections::{BTreeMap, VecDeque};

use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp, tz};

use crate::marketo::api_error::MarketoApiError;
use crate::marketo::options::Options;

/// Offset of the time zone in which Marketo's day begins: US Central Standard Time, without daylight saving
/// (docs/reference/marketo.md).
const DAY_OFFSET_HOURS: i8 = -6;

/// The counted calls.
#[derive(Debug, Default)]
pub(super) struct ApiLimits {
    recent: VecDeque<Timestamp>,
    in_flight: usize,
    by_day: BTreeMap<Date, u64>,
    max_in_flight: usize,
}

impl ApiLimits {
    /// Counts the start of a call.
    ///
    /// # Errors
    /// Returns 607, 606 or 615 if a limit is reached; the call is then not counted.
    pub(super) fn begin_call(&mut self, options: &Options, now: Timestamp) -> Result<(), MarketoApiError> {
        let window = SignedDuration::try_from(options.rate_window).unwrap_or(SignedDuration::MAX);
        while self.recent.front().is_some_and(|at| now.duration_since(*at) >= window) {
            self.recent.pop_front();
        }
        let today = self.by_day.entry(day(now)).or_default();
        if *today >= options.daily_quota {
            return Err(MarketoApiError::new(607, "Max daily quota reached"));
        }
        if self.recent.len() >= options.rate_limit {
            let message = format!(
                "Max rate limit '{}' exceeded with in '{}' secs",
                options.rate_limit,
                options.rate_window.as_secs()
            );
            return Err(MarketoApiError::new(606, message));
        }
        if self.in_flight >= options.concurrency_limit {
            return Err(MarketoApiError::new(615, "Concurrent access limit reached"));
        }
        *today += 1;
        self.recent.push_back(now);
        self.in_flight += 1;
        self.max_in_flight = self.max_in_flight.max(self.in_flight);
        Ok(())
    }

    /// Counts the end of a call.
    pub(super) fn end_call(&mut self) {
        self.in_flight = self.in_flight.saturating_sub(1);
    }

    /// Returns the date in Marketo's time zone, and the number of calls on that day.
    pub(super) fn today(&self, now: Timestamp) -> (Date, u64) {
        let today = day(now);
        (today, self.by_day.get(&today).copied().unwrap_or_default())
    }

    /// Counts calls that other integrations of the customer made today.
    pub(super) fn spend(&mut self, calls: u64, now: Timestamp) {
        *self.by_day.entry(day(now)).or_default() += calls;
    }

    /// Returns the maximum number of concurrent calls so far.
    pub(super) fn max_in_flight(&self) -> usize {
        self.max_in_flight
    }
}

fn day(at: Timestamp) -> Date {
    tz::offset(DAY_OFFSET_HOURS).to_datetime(at).date()
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn code(result: Result<(), MarketoApiError>) -> Option<u16> {
        result.err().map(|refusal| refusal.code)
    }

    #[test]
    fn rate_limit_window_slides() {
        let options = Options { rate_limit: 2, rate_window: Duration::from_secs(20), ..Options::default() };
        let mut limits = ApiLimits::default();
        let start = Timestamp::UNIX_EPOCH;
        for second in [0, 5] {
            limits.begin_call(&options, start + SignedDuration::from_secs(second)).unwrap();
            limits.end_call();
        }
        assert_eq!(code(limits.begin_call(&options, start + SignedDuration::from_secs(19))), Some(606));
        assert_eq!(code(limits.begin_call(&options, start + SignedDuration::from_secs(20))), None);
    }

    #[test]
    fn daily_quota_resets_at_midnight_central() {
        let options = Options { daily_quota: 1, ..Options::default() };
        let mut limits = ApiLimits::default();
        let evening: Timestamp = "2026-11-24T05:59:59Z".parse().unwrap();
        limits.begin_call(&options, evening).unwrap();
        assert_eq!(code(limits.begin_call(&options, evening)), Some(607));
        assert_eq!(code(limits.begin_call(&options, evening + SignedDuration::from_secs(1))), None);
    }

    #[test]
    fn rejects_calls_above_the_concurrency_limit() {
        let options = Options { concurrency_limit: 1, ..Options::default() };
        let mut limits = ApiLimits::default();
        limits.begin_call(&options, Timestamp::UNIX_EPOCH).unwrap();
        assert_eq!(code(limits.begin_call(&options, Timestamp::UNIX_EPOCH)), Some(615));
        limits.end_call();
        assert_eq!(code(limits.begin_call(&options, Timestamp::UNIX_EPOCH)), None);
    }
}
