//! Polling for asynchronous results.

use std::time::Duration;

use anyhow::bail;
use tokio::time::{Instant, MissedTickBehavior, interval};

/// How often the demo polls.
const POLL_INTERVAL: Duration = Duration::from_millis(200);

/// Calls `poll` until it returns a value.
///
/// # Errors
/// `poll` fails, or returns no value within `timeout`.
pub(super) async fn poll_until<T>(
    name: &str,
    timeout: Duration,
    mut poll: impl AsyncFnMut() -> anyhow::Result<Option<T>>,
) -> anyhow::Result<T> {
    let deadline = Instant::now() + timeout;
    let mut next = interval(POLL_INTERVAL);
    next.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        next.tick().await;
        if let Some(value) = poll().await? {
            return Ok(value);
        }
        if Instant::now() > deadline {
            bail!("timed out after {} s waiting for {name}", timeout.as_secs());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn polls_until_there_is_a_value() {
        let mut polls = 0;
        let value = poll_until("it", Duration::from_secs(60), async || {
            polls += 1;
            Ok((polls == 2).then_some("here"))
        });
        assert_eq!(value.await.unwrap(), "here");
    }

    #[tokio::test]
    async fn times_out() {
        let never = poll_until("it", Duration::ZERO, async || Ok(None::<()>)).await;
        assert_eq!(never.unwrap_err().to_string(), "timed out after 0 s waiting for it");
    }
}
