//! Waiting for conditions that send no notification.

use std::time::Duration;
use tokio::time::{Instant, sleep};

/// Polls until `look` returns a value; fails after a minute. For conditions in a fake or the application that send no
/// notification.
pub async fn wait_for<T, F: Future<Output = Option<T>>>(what: &str, mut look: impl FnMut() -> F) -> T {
    let started = Instant::now();
    loop {
        if let Some(found) = look().await {
            return found;
        }
        assert!(started.elapsed() < Duration::from_secs(60), "timed out waiting for {what}");
        sleep(Duration::from_millis(20)).await;
    }
}
