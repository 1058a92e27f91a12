//! Keeping to a limit per second before Zoom has to refuse: its answers tell how many calls of a kind a second has, and
//! how many are left (zoom.md section 3). Pure.

use domain::time::{SignedDuration, Timestamp};
use http::{HeaderMap, Method};

/// What Zoom's limits are per.
const SECOND: SignedDuration = SignedDuration::from_secs(1);

/// A kind of calls that Zoom counts together (zoom.md section 3).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Label {
    Light,
    Medium,
    Heavy,
}

impl Label {
    /// The label of an operation. What is not known to be heavier is light: at worst Zoom refuses, and says so.
    pub(crate) fn of(method: &Method, path: &str) -> Self {
        let path = path.split('?').next().unwrap_or_default();
        let ends = |end: &str| path.ends_with(end);
        if path.starts_with("/report/") || ends("/absentees") {
            Self::Heavy
        } else if ends("/participants")
            || ends("/registrants/status")
            || (method == Method::GET && (ends("/registrants") || ends("/webinars")))
        {
            Self::Medium
        } else {
            Self::Light
        }
    }
}

/// The calls of the last second, and what Zoom said of them.
#[derive(Debug, Default)]
pub(crate) struct Pace {
    /// How many calls a second has, as far as Zoom told.
    limit: Option<usize>,
    /// When calls were, or will be, made; the oldest first. No more than `limit` are kept.
    calls: Vec<Timestamp>,
    /// Other callers have used up the account's second; no call before this.
    not_before: Option<Timestamp>,
}

impl Pace {
    /// Takes the next place and tells how long to wait for it. A limit that Zoom has not told yet is none.
    pub(crate) fn take(&mut self, now: Timestamp) -> SignedDuration {
        let mut at = self.not_before.map_or(now, |not_before| not_before.max(now));
        if let Some(limit) = self.limit {
            while self.calls.len() > limit {
                self.calls.remove(0);
            }
            if self.calls.len() == limit {
                at = at.max(self.calls.remove(0) + SECOND);
            }
            self.calls.push(at);
        }
        at.duration_since(now)
    }

    /// Learns from an answer's headers. `is_refused` when it was one call too many.
    pub(crate) fn learn(&mut self, headers: &HeaderMap, is_refused: bool, now: Timestamp) {
        if is_refused {
            self.not_before = Some(now + SECOND);
        }
        let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).map(str::trim);
        if !text("x-ratelimit-type").is_some_and(|kind| kind.eq_ignore_ascii_case("qps")) {
            return;
        }
        let number = |name: &str| text(name)?.parse::<usize>().ok();
        self.limit = number("x-ratelimit-limit").filter(|&limit| limit > 0).or(self.limit);
        if number("x-ratelimit-remaining") == Some(0) {
            self.not_before = Some(now + SECOND);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn headers(kind: &str, limit: &str, left: &str) -> HeaderMap {
        let pairs = [("x-ratelimit-type", kind), ("x-ratelimit-limit", limit), ("x-ratelimit-remaining", left)];
        HeaderMap::from_iter(pairs.map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap())))
    }

    fn at(millis: i64) -> Timestamp {
        Timestamp::from_millisecond(millis)
    }

    #[test]
    fn what_zoom_does_not_tell_limits_nothing() {
        let mut pace = Pace::default();
        for headers in [HeaderMap::new(), headers("Daily-limit", "1", "0"), headers("QPS", "many", "some")] {
            pace.learn(&headers, false, at(0));
            for _ in 0..100 {
                assert_eq!(pace.take(at(0)), SignedDuration::ZERO);
            }
        }
    }

    #[test]
    fn a_second_that_others_used_up_is_waited_out() {
        let mut pace = Pace::default();
        pace.learn(&headers("QPS", "80", "0"), false, at(400));
        assert_eq!(pace.take(at(500)).as_millis(), 900);
        assert_eq!(pace.take(at(1_400)).as_millis(), 0);
        pace.learn(&HeaderMap::new(), true, at(1_500));
        assert_eq!(pace.take(at(1_600)).as_millis(), 900);
    }

    #[test]
    fn lists_weigh_more_than_single_things_and_reports_most() {
        for (method, path, label) in [
            (Method::POST, "/webinars/9/registrants", Label::Light),
            (Method::GET, "/webinars/9/registrants/questions", Label::Light),
            (Method::GET, "/past_webinars/9/instances", Label::Light),
            (Method::GET, "/webinars/9/registrants?status=approved&page_size=300", Label::Medium),
            (Method::PUT, "/webinars/9/registrants/status", Label::Medium),
            (Method::GET, "/users/me/webinars?page_size=300", Label::Medium),
            (Method::GET, "/past_webinars/a%2Fb/participants?page_size=300", Label::Medium),
            (Method::GET, "/report/webinars/a%2Fb/participants?page_size=300", Label::Heavy),
            (Method::GET, "/past_webinars/a%2Fb/absentees?page_size=300", Label::Heavy),
        ] {
            assert_eq!(Label::of(&method, path), label, "{method} {path}");
        }
    }

    proptest! {
        #[test]
        fn no_second_has_more_calls_than_the_limit(
            limit in 1usize..20,
            gaps in prop::collection::vec(0i64..400, 1..200),
        ) {
            let mut pace = Pace::default();
            pace.learn(&headers("qps", &limit.to_string(), "7"), false, at(0));
            let (mut now, mut calls) = (0, Vec::new());
            for gap in gaps {
                now += gap;
                calls.push(now + pace.take(at(now)).as_millis());
            }
            prop_assert!(calls.is_sorted());
            for window in calls.windows(limit + 1) {
                prop_assert!(window[limit] - window[0] >= 1_000, "{window:?}");
            }
        }
    }
}
