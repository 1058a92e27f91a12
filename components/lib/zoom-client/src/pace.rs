//! Keeping to a limit per second before Zoom has to refuse: its answers tell how many calls of a kind are left
//! (zoom.md section 3). Pure.

use domain::time::{SignedDuration, Timestamp};
use http::HeaderMap;

/// What Zoom said last of the calls that are left.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Pace {
    /// When it said so, in whole seconds since the epoch, which is how Zoom counts.
    second: i64,
    /// Whether none was left.
    is_spent: bool,
}

impl Pace {
    /// Reads an answer; `None` when it tells nothing of a limit per second.
    pub(crate) fn read(headers: &HeaderMap, now: Timestamp) -> Option<Self> {
        let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
        if !text("x-ratelimit-type")?.eq_ignore_ascii_case("qps") {
            return None;
        }
        let left: u32 = text("x-ratelimit-remaining")?.trim().parse().ok()?;
        Some(Self { second: now.as_second(), is_spent: left == 0 })
    }

    /// How long to wait before the next call: to the end of a second whose calls are spent.
    pub(crate) fn wait(self, now: Timestamp) -> SignedDuration {
        if !self.is_spent || now.as_second() != self.second {
            return SignedDuration::ZERO;
        }
        Timestamp::from_second(self.second + 1).duration_since(now)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(kind: &str, left: &str, now: Timestamp) -> Option<Pace> {
        let pairs = [("x-ratelimit-type", kind), ("x-ratelimit-remaining", left)];
        let headers = pairs.map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap()));
        Pace::read(&HeaderMap::from_iter(headers), now)
    }

    #[test]
    fn a_spent_second_is_waited_out_and_nothing_else() {
        let now = Timestamp::from_millisecond(1_000_400);
        let spent = read("QPS", "0", now).unwrap();
        assert_eq!(spent.wait(now).as_millis(), 600);
        assert_eq!(spent.wait(now + SignedDuration::from_millis(600)), SignedDuration::ZERO);
        assert_eq!(read("QPS", "1", now).unwrap().wait(now), SignedDuration::ZERO);
        assert_eq!(Pace::default().wait(now), SignedDuration::ZERO);
        for (kind, left) in [("Daily-limit", "0"), ("QPS", "some"), ("", "0")] {
            assert_eq!(read(kind, left, now), None, "{kind} {left}");
        }
    }
}
