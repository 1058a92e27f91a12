//! Repeating a call: how often, and how long in between.

use crate::ports::Ports;
use domain::retry::{backoff, clamp_retry_after};
use domain::time::{SignedDuration, Timestamp};

/// A run lasts 25 seconds at most: an edge platform ends requests at 30 (reference/spin.md).
pub const RUN_LIMIT: SignedDuration = SignedDuration::from_secs(25);

/// A call is tried this often at most before its caller has to come back later.
pub const MAX_TRIES: u32 = 5;

/// The patience of one call.
#[derive(Debug, Clone, Copy)]
pub struct Patience {
    deadline: Timestamp,
    tries: u32,
}

impl Patience {
    /// Patience that ends at an instant, because the run does.
    pub const fn until(deadline: Timestamp) -> Self {
        Self { deadline, tries: 1 }
    }

    /// Waits for one's turn at a peer that has too many callers right now. That is no fault of the call's, so it goes on
    /// until the end of the run (DESIGN section 8).
    pub async fn wait_for_turn(&mut self, ports: &Ports, asked: Option<SignedDuration>) -> bool {
        self.tries = self.tries.min(MAX_TRIES - 1);
        self.wait(ports, asked).await
    }

    /// Waits before the next try: as long as the peer asked (clamped), else exponentially with full jitter. `false`
    /// when there is no time or no try left; then nothing was waited for.
    pub async fn wait(&mut self, ports: &Ports, asked: Option<SignedDuration>) -> bool {
        let wait = match asked {
            Some(asked) => clamp_retry_after(asked) + backoff(1, ports.random.u32()),
            None => backoff(self.tries, ports.random.u32()),
        };
        if self.tries >= MAX_TRIES || ports.clock.now() + wait >= self.deadline {
            return false;
        }
        self.tries += 1;
        ports.clock.sleep(wait).await;
        true
    }
}

/// What a `Retry-After` header asks for: seconds, an HTTP date, or (Zoom's daily limits) an RFC 3339 date-time.
pub fn retry_after(headers: &http::HeaderMap, now: Timestamp) -> Option<SignedDuration> {
    let text = headers.get(http::header::RETRY_AFTER)?.to_str().ok()?.trim();
    if let Ok(seconds) = text.parse::<u32>() {
        return Some(SignedDuration::from_secs(seconds.into()));
    }
    let at = text.parse().ok().or_else(|| Timestamp::from_http_date(text))?;
    Some(at.duration_since(now).max(SignedDuration::ZERO))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::memory::Memory;

    #[test]
    fn retry_after_is_read_in_each_of_its_forms() {
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
    async fn patience_ends_with_the_tries_or_the_run() {
        let memory = Memory::default();
        let ports = memory.ports();
        let mut patience = Patience::until(ports.clock.now() + SignedDuration::from_hours(1));
        let mut tries = 1;
        while patience.wait(&ports, None).await {
            tries += 1;
        }
        assert_eq!(tries, MAX_TRIES);

        let before = ports.clock.now();
        let mut patience = Patience::until(before + SignedDuration::from_secs(3));
        assert!(!patience.wait(&ports, Some(SignedDuration::from_secs(5))).await);
        assert_eq!(ports.clock.now(), before);
    }
}
