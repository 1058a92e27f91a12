//! `demo`: the main path from sign-in to attendance, played over HTTP with stand-ins for Zoom and Marketo, and checked.
//!
//! - `cast`: who takes part and what has to become of each
//! - `connecting`, `registering`, `attending`: the acts, in order
//! - `ending`: what has to hold once all is over; `logs`: and what the components' logs must not say
//! - `timeline`, `table`: what is printed; `findings`: what was off; `patience`: waiting

mod attending;
mod cast;
mod connecting;
mod ending;
mod findings;
mod logs;
mod patience;
mod registering;
mod table;
mod timeline;

use std::time::Duration;

use anyhow::{Context, bail};
use fakes::stage::{Admin, Stage};
use fakes::{marketo, zoom};
use tempfile::TempDir;
use tokio::time::timeout;

use self::cast::Cast;
use self::findings::Findings;
use self::timeline::Timeline;
use super::scene::{self, Webinars};
use super::{block_on, place, signals};
use crate::{Options, start};

/// The play takes seconds; each of its waits has a limit of its own, and this is for what should not wait at all.
const LIMIT: Duration = Duration::from_secs(300);

/// What every act has at hand.
struct Play {
    stage: Stage,
    admin: Admin,
    webinars: Webinars,
    cast: Cast,
    timeline: Timeline,
    findings: Findings,
}

/// Builds, plays, checks.
///
/// # Errors
/// The components do not compile, something does not start, the play cannot go on, or a check found something.
pub(super) fn main() -> anyhow::Result<()> {
    place::build(place::project())?;
    block_on(perform())
}

async fn perform() -> anyhow::Result<()> {
    let folder = TempDir::with_prefix("zoom-for-marketo-demo-").context("no temporary folder can be made")?;
    let mut options = Options::new(place::manifest(Some(place::project().to_owned())));
    options.listen = place::settled(([127, 0, 0, 1], 0).into())?;
    options.state_dir = folder.path().to_owned();
    options.cache_dir = Some(place::native_code());
    let url = place::local_url(options.listen);
    let stage = Stage::start(&url, zoom::Options::default(), marketo::Options::default()).await?;
    options.variables = stage.variables();

    let timeline = Timeline::begin();
    let app = start(options).await?;
    timeline.line(format!("The application answers on {url}; Zoom and Marketo are stand-ins."));
    let webinars = scene::set_zoom(&stage.zoom)?;
    let cast = Cast::gather(&stage.marketo)?;
    let mut play = Play { admin: stage.admin()?, stage, webinars, cast, timeline, findings: Findings::default() };
    let played = tokio::select! {
        played = timeout(LIMIT, play.all_acts()) => played.context("it takes too long").and_then(|played| played),
        asked = signals::asked_to_stop() => asked.map_err(anyhow::Error::from).and_then(|()| bail!("interrupted")),
    };
    app.shutdown().await;
    logs::check(folder.path(), &mut play.findings)?;
    if let Err(stopped) = played {
        play.findings.note(format!("the play could not go on: {stopped:#}"));
    }
    verdict(&play, folder)
}

impl Play {
    async fn all_acts(&mut self) -> anyhow::Result<()> {
        self.connect().await?;
        self.register().await?;
        self.attend().await?;
        self.end().await
    }
}

/// Says how it went. The state's folder is kept for whoever has to find out why something is off.
fn verdict(play: &Play, folder: TempDir) -> anyhow::Result<()> {
    let off = play.findings.all();
    if off.is_empty() {
        println!("\nEverything was as it has to be: {} checks.", play.findings.checks());
        return Ok(());
    }
    println!("\nOff:");
    for finding in off {
        println!("  - {finding}");
    }
    let kept = folder.keep();
    bail!("{} of {} checks failed; the logs are in {}", off.len(), play.findings.checks(), kept.join("logs").display())
}
