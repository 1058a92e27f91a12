//! The subscription's limits: calls in a window, calls at once, calls in a day.

use std::collections::{BTreeMap, VecDeque};

use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp, tz};

use super::options::Options;
use super::refusal::Refusal;

/// Marketo's day begins at midnight Central Standard Time, which its documentation writes without daylight saving.
const DAY_OFFSET_HOURS: i8 = -6;

/// The counts.
#[derive(Debug, Default)]
pub(super) struct Meters {
    recent: VecDeque<Timestamp>,
    under_way: usize,
    by_day: BTreeMap<Date, u64>,
    most_under_way: usize,
}

impl Meters {
    /// Counts a call in.
    ///
    /// # Errors
    /// 607, 606 or 615 when a limit is reached; the call is not counted then.
    pub(super) fn enter(&mut self, options: &Options, now: Timestamp) -> Result<(), Refusal> {
        let window = SignedDuration::try_from(options.rate_window).unwrap_or(SignedDuration::MAX);
        while self.recent.front().is_some_and(|at| now.duration_since(*at) >= window) {
            self.recent.pop_front();
        }
        let today = self.by_day.entry(day(now)).or_default();
        if *today >= options.daily_quota {
            return Err(Refusal::new(607, "Max daily quota reached"));
        }
        if self.recent.len() >= options.rate_limit {
            let message = format!(
                "Max rate limit '{}' exceeded with in '{}' secs",
                options.rate_limit,
                options.rate_window.as_secs()
            );
            return Err(Refusal::new(606, message));
        }
        if self.under_way >= options.concurrency_limit {
            return Err(Refusal::new(615, "Concurrent access limit reached"));
        }
        *today += 1;
        self.recent.push_back(now);
        self.under_way += 1;
        self.most_under_way = self.most_under_way.max(self.under_way);
        Ok(())
    }

    /// Counts a call out.
    pub(super) fn leave(&mut self) {
        self.under_way = self.under_way.saturating_sub(1);
    }

    /// The calls of the day that `now` lies in.
    pub(super) fn today(&self, now: Timestamp) -> (Date, u64) {
        let today = day(now);
        (today, self.by_day.get(&today).copied().unwrap_or_default())
    }

    /// Pretends that calls were made today, for instance by the customer's other integrations.
    pub(super) fn spend(&mut self, calls: u64, now: Timestamp) {
        *self.by_day.entry(day(now)).or_default() += calls;
    }

    /// The most calls that were ever under way at once.
    pub(super) fn most_under_way(&self) -> usize {
        self.most_under_way
    }
}

fn day(at: Timestamp) -> Date {
    tz::offset(DAY_OFFSET_HOURS).to_datetime(at).date()
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn code(result: Result<(), Refusal>) -> Option<u16> {
        result.err().map(|refusal| refusal.code)
    }

    #[test]
    fn the_window_moves_on() {
        let options = Options { rate_limit: 2, rate_window: Duration::from_secs(20), ..Options::default() };
        let mut meters = Meters::default();
        let start = Timestamp::UNIX_EPOCH;
        for second in [0, 5] {
            meters.enter(&options, start + SignedDuration::from_secs(second)).unwrap();
            meters.leave();
        }
        assert_eq!(code(meters.enter(&options, start + SignedDuration::from_secs(19))), Some(606));
        assert_eq!(code(meters.enter(&options, start + SignedDuration::from_secs(20))), None);
    }

    #[test]
    fn the_quota_comes_back_at_midnight_central() {
        let options = Options { daily_quota: 1, ..Options::default() };
        let mut meters = Meters::default();
        let evening: Timestamp = "2026-11-24T05:59:59Z".parse().unwrap();
        meters.enter(&options, evening).unwrap();
        assert_eq!(code(meters.enter(&options, evening)), Some(607));
        assert_eq!(code(meters.enter(&options, evening + SignedDuration::from_secs(1))), None);
    }

    #[test]
    fn only_so_many_at_once() {
        let options = Options { concurrency_limit: 1, ..Options::default() };
        let mut meters = Meters::default();
        meters.enter(&options, Timestamp::UNIX_EPOCH).unwrap();
        assert_eq!(code(meters.enter(&options, Timestamp::UNIX_EPOCH)), Some(615));
        meters.leave();
        assert_eq!(code(meters.enter(&options, Timestamp::UNIX_EPOCH)), None);
    }
}
