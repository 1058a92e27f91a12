//! `cargo run` without a command: the application, a scheduler, and fakes for the systems that are not configured.

mod banner;
mod fakes;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use ::fakes::env::{Admin, Answer};
use anyhow::Context;
use tempfile::TempDir;
use tokio::time::{MissedTickBehavior, interval};

use self::fakes::Fakes;
use super::options::RunOptions;
use super::runtime::{block_on, stop_signal};
use super::{address, project, variables};
use crate::logs::Logs;
use crate::options::Options;
use crate::running::start;

/// How often the scheduler calls the tick. One minute is also the shortest interval of cron.
const TICK_INTERVAL: Duration = Duration::from_secs(60);

/// Builds and starts everything, prints the banner, and runs until a stop signal.
///
/// # Errors
/// The components do not compile, something does not start, or the application's server fails.
pub(super) fn main(run: RunOptions) -> anyhow::Result<()> {
    project::build(project::root())?;
    block_on(serve(run))
}

async fn serve(run: RunOptions) -> anyhow::Result<()> {
    let mut options = Options::new(project::manifest());
    options.listen = address::with_free_port(run.listen)?;
    options.logs = Logs::FilesAndStdout;
    options.cache_dir = Some(project::code_cache());
    options.variables = run.variables.into_map();
    let mut options = options.with_env();

    let local_url = address::local_url(options.listen);
    let public_url = options.variables.entry("public_url".to_owned()).or_insert(local_url).clone();
    let fakes = Fakes::start(&public_url, &options.variables).await?;
    for (name, value) in fakes.variables() {
        options.variables.entry(name).or_insert(value);
    }
    variables::check(&options)?;
    let temporary = run.state_dir.is_none() && fakes.any();
    let (state_dir, _removed_on_drop) = state_dir(run.state_dir, temporary)?;
    options.state_dir = state_dir.unwrap_or(options.state_dir);
    let values = options.variables.clone();

    let mut app = start(options).await?;
    let api_key = values.get("marketo_api_key").map(String::as_str).unwrap_or_default();
    let fixture = fakes.seed(api_key).await?;
    print!("{}", banner::text(&fakes, &public_url, &values, &fixture));
    let url = app.url();
    let outcome = tokio::select! {
        signal = stop_signal() => signal.map_err(anyhow::Error::from),
        failed = app.stopped() => failed,
        failed = run_scheduler(&url, &values) => failed,
    };
    println!("Stopping.");
    app.shutdown().await;
    outcome
}

/// Returns the state folder and, for a temporary folder, the guard that removes it.
fn state_dir(given: Option<PathBuf>, temporary: bool) -> anyhow::Result<(Option<PathBuf>, Option<TempDir>)> {
    if !temporary {
        return Ok((given, None));
    }
    let folder = TempDir::with_prefix("zoom-for-marketo-").context("can't create a temporary folder")?;
    Ok((Some(folder.path().to_owned()), Some(folder)))
}

/// Calls the application's tick at every [`TICK_INTERVAL`], as a platform's scheduler does. Prints a failed tick to
/// standard error; the next tick resumes its work.
///
/// # Errors
/// The HTTP client can't be created.
async fn run_scheduler(url: &str, variables: &BTreeMap<String, String>) -> anyhow::Result<()> {
    let cron_key = variables.get("cron_key").map(String::as_str).unwrap_or_default();
    let scheduler = Admin::new(url, "", cron_key)?;
    let mut ticks = interval(TICK_INTERVAL);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    // The first tick of an interval is immediate; right after the start there is no work.
    ticks.tick().await;
    loop {
        ticks.tick().await;
        let outcome = scheduler.tick().await.and_then(Answer::ok);
        if let Err(error) = outcome {
            eprintln!("the tick failed: {error:#}");
        }
    }
}
