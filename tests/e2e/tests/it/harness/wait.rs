//! Waiting for conditions that send no notification.

use std::time::Duration;
use tokio::time::{Instant, sleep};

/// How long a condition is waited for. As long as a host may take to start on a busy machine.
const LIMIT: Duration = Duration::from_secs(120);

/// Polls until `look` returns a value; fails after [`LIMIT`]. For conditions in a fake or the application that send no
/// notification.
pub async fn wait_for<T, F: Future<Output = Option<T>>>(what: &str, mut look: impl FnMut() -> F) -> T {
    let started = Instant::now();
    loop {
        if let Some(found) = look().await {
            return found;
        }
        assert!(started.elapsed() < LIMIT, "timed out waiting for {what}");
        sleep(Duration::from_millis(20)).await;
    }
}
