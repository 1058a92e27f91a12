//! Without a command: the application, a scheduler, and stand-ins for whichever of Zoom and Marketo is not given.

mod board;
mod scheduler;
mod stand_ins;

use std::path::PathBuf;

use anyhow::Context;
use tempfile::TempDir;

use self::stand_ins::StandIns;
use super::options::RunOptions;
use super::{block_on, place, signals};
use crate::{Logs, Options, start};

/// Builds, starts everything, says what is where, and ends when asked to.
///
/// # Errors
/// The components do not compile, something does not start, or the application's server fails.
pub(super) fn main(given: RunOptions) -> anyhow::Result<()> {
    place::build(place::project())?;
    block_on(serve(given))
}

async fn serve(given: RunOptions) -> anyhow::Result<()> {
    let mut options = Options::new(place::manifest(Some(place::project().to_owned())));
    options.listen = place::settled(given.listen)?;
    options.logs = Logs::FilesAndStdout;
    options.cache_dir = Some(place::native_code());
    options.variables = given.variables.into_map();
    let mut options = options.with_env();

    let local_url = place::local_url(options.listen);
    let public_url = options.variables.entry("public_url".to_owned()).or_insert(local_url).clone();
    let stand_ins = StandIns::start(&public_url, &options.variables).await?;
    for (name, value) in stand_ins.variables() {
        options.variables.entry(name).or_insert(value);
    }
    let temporary = given.state_dir.is_none() && stand_ins.any();
    let (state_dir, _until_the_end) = state_dir(given.state_dir, temporary)?;
    options.state_dir = state_dir.unwrap_or(options.state_dir);
    let variables = options.variables.clone();

    let mut app = start(options).await?;
    let api_key = variables.get("marketo_api_key").map(String::as_str).unwrap_or_default();
    let scene = stand_ins.set_the_scene(api_key).await?;
    print!("{}", board::text(&stand_ins, &public_url, &variables, &scene));
    let url = app.url();
    let asked = tokio::select! {
        asked = signals::asked_to_stop() => asked.map_err(anyhow::Error::from),
        failed = app.stopped() => failed,
        failed = scheduler::every_minute(&url, &variables) => failed,
    };
    println!("Stopping.");
    app.shutdown().await;
    asked
}

/// The state's folder and, if it is a temporary one, what removes it in the end.
fn state_dir(given: Option<PathBuf>, temporary: bool) -> anyhow::Result<(Option<PathBuf>, Option<TempDir>)> {
    if !temporary {
        return Ok((given, None));
    }
    let folder = TempDir::with_prefix("zoom-for-marketo-").context("no temporary folder can be made")?;
    Ok((Some(folder.path().to_owned()), Some(folder)))
}
