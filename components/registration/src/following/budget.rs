//! How often the memberships of the webinars ahead are read, so that R23 costs at most 5 % of a customary quota of 50,000 calls
//! of Marketo a day for 50 programs.

use crate::state::AppState;
use crate::store::reconciled;
use domain::Error;
use domain::time::SignedDuration;

/// Minimum interval between two readings of the memberships of a webinar.
pub const MIN_INTERVAL: SignedDuration = SignedDuration::from_mins(30);

/// Maximum interval between two readings of the memberships of a webinar that is ahead.
const MAX_INTERVAL: SignedDuration = SignedDuration::from_hours(24);

/// Number of calls a day that reading the memberships may take: what [`POLLS_PER_DAY`] leaves of 2,500, with a reserve for what
/// is found.
const CALLS_PER_DAY: u32 = 950;

/// Number of calls a day that the poll of the status changes takes: one each minute.
const POLLS_PER_DAY: u32 = 24 * 60;

/// What reading the memberships costs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MembershipBudget {
    /// Number of calls to read the memberships of all webinars once.
    calls: u32,
}

impl MembershipBudget {
    /// Returns the budget for a number of calls.
    pub const fn of(calls: u32) -> Self {
        Self { calls }
    }

    /// Returns the budget of the connected webinars, by what each reading took last.
    pub async fn read(state: &AppState) -> Result<Self, Error> {
        let mut calls: u32 = 0;
        for webinar in state.ports.connections().index().await?.webinars {
            let last = reconciled::read(state, webinar).await?;
            calls = calls.saturating_add(last.map_or(1, |last| last.membership_calls));
        }
        Ok(Self { calls })
    }

    /// Returns how often the memberships of each webinar are read.
    pub fn interval(self) -> SignedDuration {
        let seconds = MAX_INTERVAL.as_secs() * i64::from(self.calls) / i64::from(CALLS_PER_DAY);
        SignedDuration::from_secs(seconds).clamp(MIN_INTERVAL, MAX_INTERVAL)
    }

    /// Returns the expected number of calls a day, with those of the poll of the status changes if there is one.
    pub fn calls_per_day(self, is_polling: bool) -> u32 {
        let readings = u32::try_from(MAX_INTERVAL.as_secs() / self.interval().as_secs()).unwrap_or(u32::MAX);
        let polls = if is_polling { POLLS_PER_DAY } else { 0 };
        self.calls.saturating_mul(readings).saturating_add(polls)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn r23_memberships_are_read_as_often_as_the_quota_allows() {
        for (calls, minutes, per_day) in [
            (0, 30, 1_440),
            (1, 30, 1_488),
            (19, 30, 2_352),
            (50, 75, 2_390),
            (950, 1_440, 2_390),
            (20_000, 1_440, 21_440),
        ] {
            let budget = MembershipBudget::of(calls);
            assert_eq!(budget.interval().as_mins(), minutes, "{calls}");
            assert_eq!(budget.calls_per_day(true), per_day, "{calls}");
        }
        assert_eq!(MembershipBudget::of(1).calls_per_day(false), 48);
    }
}
