//! Waiting for what comes about by itself.

use std::time::Duration;

use anyhow::bail;
use tokio::time::{Instant, MissedTickBehavior, interval};

/// How often is looked; short beside what a person notices, long beside what a look costs.
const EVERY: Duration = Duration::from_millis(200);

/// Looks until `look` has an answer.
///
/// # Errors
/// Those of `look`, or that there was no answer within `limit`.
pub(super) async fn until<T>(
    what: &str,
    limit: Duration,
    mut look: impl AsyncFnMut() -> anyhow::Result<Option<T>>,
) -> anyhow::Result<T> {
    let deadline = Instant::now() + limit;
    let mut next = interval(EVERY);
    next.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        next.tick().await;
        if let Some(answer) = look().await? {
            return Ok(answer);
        }
        if Instant::now() > deadline {
            bail!("{what} did not come about within {} s", limit.as_secs());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn it_looks_until_there_is_an_answer() {
        let mut looks = 0;
        let answer = until("it", Duration::from_secs(60), async || {
            looks += 1;
            Ok((looks == 2).then_some("here"))
        });
        assert_eq!(answer.await.unwrap(), "here");
    }

    #[tokio::test]
    async fn it_gives_up_in_the_end() {
        let never = until("it", Duration::ZERO, async || Ok(None::<()>)).await;
        assert_eq!(never.unwrap_err().to_string(), "it did not come about within 0 s");
    }
}
