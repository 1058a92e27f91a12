//! Zoom's rate limits: labels of operations, and the limits that Zoom reports in its headers, so that few calls are refused
//! (docs/reference/zoom.md). Pure.

use domain::time::{SignedDuration, Timestamp};
use http::{HeaderMap, Method};
use platform::RequestTarget;
use platform::rate_limit::RateLimiter;

/// Window of Zoom's rate limits.
const WINDOW: SignedDuration = SignedDuration::from_secs(1);

/// Zoom's rate limit label of an operation. Operations with the same label share a limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum RateLimitLabel {
    Light,
    Medium,
    Heavy,
}

impl RateLimitLabel {
    /// Returns the label of an operation. An operation that is not known to be heavier is light; at worst Zoom refuses it.
    pub(crate) fn of(method: &Method, target: &RequestTarget) -> Self {
        let path: Vec<_> = target.segments().iter().map(String::as_str).collect();
        match *path {
            [_, "report", ..] | [.., "absentees"] => Self::Heavy,
            [.., "participants"] | [.., "registrants", "status"] => Self::Medium,
            [.., "registrants" | "webinars"] if method == Method::GET => Self::Medium,
            _ => Self::Light,
        }
    }
}

/// Creates a limiter that has no limit until Zoom reports one.
pub(crate) const fn unlimited() -> RateLimiter {
    RateLimiter::new(WINDOW, None)
}

/// Updates a limiter from the headers of an answer. `is_refused` marks a 429.
pub(crate) fn observe(limiter: &mut RateLimiter, headers: &HeaderMap, is_refused: bool, now: Timestamp) {
    if is_refused {
        limiter.pause(now);
    }
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).map(str::trim);
    if !text("x-ratelimit-type").is_some_and(|kind| kind.eq_ignore_ascii_case("qps")) {
        return;
    }
    let number = |name: &str| text(name)?.parse::<usize>().ok();
    if let Some(limit) = number("x-ratelimit-limit").filter(|&limit| limit > 0) {
        limiter.set_limit(limit);
    }
    // Other clients have used up the present second of the account.
    if number("x-ratelimit-remaining") == Some(0) {
        limiter.pause(now);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::target::{page, target};
    use proptest::prelude::*;

    fn headers(kind: &str, limit: &str, left: &str) -> HeaderMap {
        let pairs = [("x-ratelimit-type", kind), ("x-ratelimit-limit", limit), ("x-ratelimit-remaining", left)];
        HeaderMap::from_iter(pairs.map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap())))
    }

    fn at(millis: i64) -> Timestamp {
        Timestamp::from_millisecond(millis).unwrap()
    }

    fn reserve(limiter: &mut RateLimiter, now: Timestamp) -> SignedDuration {
        limiter.reserve(now, Timestamp::MAX).unwrap()
    }

    #[test]
    fn without_a_reported_limit_no_call_waits() {
        let mut rate_limiter = unlimited();
        for headers in [HeaderMap::new(), headers("Daily-limit", "1", "0"), headers("QPS", "many", "some")] {
            observe(&mut rate_limiter, &headers, false, at(0));
            for _ in 0..100 {
                assert_eq!(reserve(&mut rate_limiter, at(0)), SignedDuration::ZERO);
            }
        }
    }

    #[test]
    fn calls_wait_when_other_clients_used_up_the_second() {
        let mut rate_limiter = unlimited();
        observe(&mut rate_limiter, &headers("QPS", "80", "0"), false, at(400));
        assert_eq!(reserve(&mut rate_limiter, at(500)).as_millis(), 900);
        assert_eq!(reserve(&mut rate_limiter, at(1_400)).as_millis(), 0);
        observe(&mut rate_limiter, &HeaderMap::new(), true, at(1_500));
        assert_eq!(reserve(&mut rate_limiter, at(1_600)).as_millis(), 900);
    }

    #[test]
    fn lists_are_medium_and_reports_are_heavy() {
        for (method, path, label) in [
            (Method::POST, ["webinars", "9", "registrants"].as_slice(), RateLimitLabel::Light),
            (Method::GET, &["webinars", "9", "registrants", "questions"], RateLimitLabel::Light),
            (Method::GET, &["past_webinars", "9", "instances"], RateLimitLabel::Light),
            (Method::GET, &["webinars", "9", "registrants"], RateLimitLabel::Medium),
            (Method::PUT, &["webinars", "9", "registrants", "status"], RateLimitLabel::Medium),
            (Method::GET, &["users", "me", "webinars"], RateLimitLabel::Medium),
            (Method::GET, &["past_webinars", "a/b", "participants"], RateLimitLabel::Medium),
            (Method::GET, &["report", "webinars", "a/b", "participants"], RateLimitLabel::Heavy),
            (Method::GET, &["past_webinars", "a/b", "absentees"], RateLimitLabel::Heavy),
        ] {
            let target = page(target(path), Some("cursor"));
            assert_eq!(RateLimitLabel::of(&method, &target), label, "{method} {path:?}");
        }
    }

    proptest! {
        #[test]
        fn no_second_has_more_calls_than_the_limit(
            limit in 1usize..20,
            gaps in prop::collection::vec(0i64..400, 1..200),
        ) {
            let mut rate_limiter = unlimited();
            observe(&mut rate_limiter, &headers("qps", &limit.to_string(), "7"), false, at(0));
            let (mut now, mut calls) = (0, Vec::new());
            for gap in gaps {
                now += gap;
                calls.push((at(now) + reserve(&mut rate_limiter, at(now))).as_millisecond());
            }
            prop_assert!(calls.is_sorted());
            for window in calls.windows(limit + 1) {
                prop_assert!(window[limit] - window[0] >= 1_000, "{window:?}");
            }
        }
    }
}
