//! `demo`: plays the path from sign-in to attendance over HTTP with fakes for Zoom and Marketo, and checks the results.
//!
//! - `connect`, `register`, `attend`: the steps in order; `verify`: the checks of Zoom, Marketo and the logs
//! - `by_itself`: a second program, without a flow step and live
//! - `context`: the state that all steps share; `people`: the leads and registrants with their expected results
//! - `report`: the printed timeline and the failed checks; `table`: the printed table; `wait`: polling

mod attend;
mod by_itself;
mod connect;
mod context;
mod people;
mod register;
mod report;
mod table;
mod verify;
mod wait;

use std::time::Duration;

use anyhow::{Context, bail};
use fakes::env::TestEnv;
use fakes::{marketo, zoom};
use tempfile::TempDir;
use tokio::time::timeout;

use self::context::Demo;
use self::people::People;
use self::report::{Checks, Timeline};
use super::runtime::{block_on, stop_signal};
use super::{address, project, seed};
use crate::options::Options;
use crate::running::start;

/// How long the demo may take. It takes seconds, and each of its waits has its own limit.
const TIMEOUT: Duration = Duration::from_secs(300);

/// Builds the components, plays the demo and checks the results.
///
/// # Errors
/// The components do not compile, something does not start, a step fails, or a check fails.
pub(super) fn main() -> anyhow::Result<()> {
    project::build(project::root())?;
    block_on(run())
}

async fn run() -> anyhow::Result<()> {
    let folder = TempDir::with_prefix("zoom-for-marketo-demo-").context("can't create a temporary folder")?;
    let mut options = Options::new(project::manifest());
    options.listen = address::with_free_port(([127, 0, 0, 1], 0).into())?;
    options.state_dir = folder.path().to_owned();
    options.cache_dir = Some(project::code_cache());
    let url = address::local_url(options.listen);
    let env = TestEnv::start(&url, zoom::Options::default(), marketo::Options::default()).await?;
    options.variables = env.variables();

    let timeline = Timeline::start();
    let app = start(options).await?;
    timeline.line(format!("The application runs at {url}, with a fake Zoom and a fake Marketo."));
    let webinars = seed::seed_zoom(&env.zoom)?;
    let people = People::seed(&env.marketo)?;
    let mut demo = Demo { admin: env.admin()?, env, url, webinars, people, timeline, checks: Checks::default() };
    let outcome = tokio::select! {
        outcome = timeout(TIMEOUT, run_steps(&mut demo)) => {
            outcome.with_context(|| format!("the demo timed out after {} s", TIMEOUT.as_secs())).flatten()
        }
        signal = stop_signal() => signal.map_err(anyhow::Error::from).and_then(|()| bail!("interrupted")),
    };
    app.shutdown().await;
    verify::check_logs(folder.path(), &mut demo.checks)?;
    if let Err(error) = outcome {
        demo.checks.fail(format!("the demo stopped: {error:#}"));
    }
    print_result(&demo.checks, folder)
}

async fn run_steps(demo: &mut Demo) -> anyhow::Result<()> {
    demo.connect().await?;
    demo.register().await?;
    demo.attend().await?;
    demo.verify()?;
    demo.by_itself().await
}

/// Prints the result. After a failed check, keeps the state folder and its logs for diagnosis.
fn print_result(checks: &Checks, folder: TempDir) -> anyhow::Result<()> {
    let failed = checks.failed();
    if failed.is_empty() {
        println!("\nAll {} checks passed.", checks.count());
        return Ok(());
    }
    println!("\nFailed checks:");
    for failure in failed {
        println!("  - {failure}");
    }
    let folder = folder.keep();
    bail!("{} of {} checks failed; the logs are in {}", failed.len(), checks.count(), folder.join("logs").display())
}
