//! What a platform's scheduler does: the tick, every minute.

use std::collections::BTreeMap;
use std::time::Duration;

use fakes::stage::Admin;
use tokio::time::{MissedTickBehavior, interval};

/// DESIGN section 6 asks for about a minute, which is also the least that cron knows.
const PERIOD: Duration = Duration::from_secs(60);

/// Ticks until dropped. A tick that fails is told on standard error: the next one makes up for it.
///
/// # Errors
/// When no HTTP client can be made.
pub(super) async fn every_minute(url: &str, variables: &BTreeMap<String, String>) -> anyhow::Result<()> {
    let cron_key = variables.get("cron_key").map(String::as_str).unwrap_or_default();
    let scheduler = Admin::new(url, "", cron_key)?;
    let mut minute = interval(PERIOD);
    minute.set_missed_tick_behavior(MissedTickBehavior::Delay);
    // The first is at once, when there can be nothing to do.
    minute.tick().await;
    loop {
        minute.tick().await;
        let outcome = scheduler.tick().await.and_then(fakes::stage::Answer::ok);
        if let Err(error) = outcome {
            eprintln!("the tick failed: {error:#}");
        }
    }
}
