//! Retries with back-off under a deadline.

use crate::ports::Ports;
use domain::retry::{backoff, clamp_retry_after};
use domain::time::{self, SignedDuration, Timestamp};

/// Maximum duration of a run. Edge platforms end requests at 30 seconds (docs/reference/spin.md).
pub const RUN_TIMEOUT: SignedDuration = SignedDuration::from_secs(25);

/// Maximum number of attempts of one call.
pub const MAX_ATTEMPTS: u32 = 5;

/// How often and until when one call is retried.
#[derive(Debug, Clone, Copy)]
pub struct RetryBudget {
    deadline: Timestamp,
    attempts: u32,
}

impl RetryBudget {
    /// Creates a budget that ends at the deadline of the run.
    pub const fn until(deadline: Timestamp) -> Self {
        Self { deadline, attempts: 1 }
    }

    /// Waits after a rate limit. The limit concerns the caller's pace, not this call, so retries go on until the
    /// deadline.
    pub async fn wait_for_rate_limit(&mut self, ports: &Ports, retry_after: Option<SignedDuration>) -> bool {
        self.attempts = self.attempts.min(MAX_ATTEMPTS - 1);
        self.wait(ports, retry_after).await
    }

    /// Waits before the next attempt: for the `Retry-After` given (clamped), else exponentially with full jitter.
    /// Returns `false` without waiting if no time or no attempt is left.
    pub async fn wait(&mut self, ports: &Ports, retry_after: Option<SignedDuration>) -> bool {
        let wait = match retry_after {
            Some(retry_after) => clamp_retry_after(retry_after) + backoff(1, ports.random.u32()),
            None => backoff(self.attempts, ports.random.u32()),
        };
        if self.attempts >= MAX_ATTEMPTS || ports.clock.now() + wait >= self.deadline {
            return false;
        }
        self.attempts += 1;
        ports.clock.sleep(wait).await;
        true
    }
}

/// Parses a `Retry-After` header: seconds, an HTTP date, or (Zoom's daily limits) an RFC 3339 date-time.
pub fn retry_after(headers: &http::HeaderMap, now: Timestamp) -> Option<SignedDuration> {
    let text = headers.get(http::header::RETRY_AFTER)?.to_str().ok()?.trim();
    if let Ok(seconds) = text.parse::<u32>() {
        return Some(SignedDuration::from_secs(seconds.into()));
    }
    let at = time::parse(text).or_else(|| time::parse_http_date(text))?;
    Some(at.duration_since(now).max(SignedDuration::ZERO))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::in_memory::InMemoryPorts;

    #[test]
    fn retry_after_is_parsed_in_each_form() {
        let now: Timestamp = "2026-11-02T23:59:50Z".parse().unwrap();
        for (text, seconds) in [
            ("7", Some(7)),
            (" 0 ", Some(0)),
            ("2026-11-03T00:00:00Z", Some(10)),
            ("Tue, 03 Nov 2026 00:00:00 GMT", Some(10)),
            ("2020-01-01T00:00:00Z", Some(0)),
            ("soon", None),
            ("-1", None),
        ] {
            let headers = http::HeaderMap::from_iter([(http::header::RETRY_AFTER, text.parse().unwrap())]);
            assert_eq!(retry_after(&headers, now).map(|wait| wait.as_secs()), seconds, "{text}");
        }
    }

    #[tokio::test]
    async fn retries_end_with_the_attempts_or_the_deadline() {
        let memory = InMemoryPorts::default();
        let ports = memory.ports();
        let mut retry_budget = RetryBudget::until(ports.clock.now() + SignedDuration::from_hours(1));
        let mut attempts = 1;
        while retry_budget.wait(&ports, None).await {
            attempts += 1;
        }
        assert_eq!(attempts, MAX_ATTEMPTS);

        let before = ports.clock.now();
        let mut retry_budget = RetryBudget::until(before + SignedDuration::from_secs(3));
        assert!(!retry_budget.wait(&ports, Some(SignedDuration::from_secs(5))).await);
        assert_eq!(ports.clock.now(), before);
    }
}
