//! What the forms of the pages do.

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, bail, ensure};
use axum::body::Bytes;
use axum::extract::{Path, State as Extract};
use axum::response::Response;
use serde_json::{Map, Value, json};

use super::SYSTEM;
use crate::marketo::campaign::{self, Campaign, RunState};
use crate::marketo::install;
use crate::marketo::shared::{Shared, State};
use crate::marketo::world::{ActivityType, ChangedBy, StatusChange, World};
use crate::support::{Form, lock, page};

/// How long a click waits for the campaign before the page says that it is running.
const PATIENCE: Duration = Duration::from_secs(3);
/// The file that describes a flow step service, whose folder is the service's address.
const DESCRIPTION: &str = "/openapi.json";

/// An administrator adds the service.
pub(super) async fn install(Extract(state): Extract<State>, body: Bytes) -> Response {
    let form = Form::of(&body);
    let url = form.text("url");
    let report = install::check(&state, url.strip_suffix(DESCRIPTION).unwrap_or(url), form.text("api_key")).await;
    if report.violations.is_empty() {
        page::back_to("/")
    } else {
        page::refused(SYSTEM, &format!("Marketo would not take this service: {}", report.violations.join("; ")), "/")
    }
}

/// A new lead becomes a member.
pub(super) async fn add_lead(Extract(state): Extract<State>, Path(id): Path<i64>, body: Bytes) -> Response {
    shown(id, new_member(&state, id, &Form::of(&body)))
}

fn new_member(state: &Shared, program: i64, form: &Form) -> anyhow::Result<()> {
    let status = first_status(&lock(&state.world), program)?;
    let mut fields: Map<String, Value> = Map::new();
    for name in ["firstName", "lastName", "email", "company", "phone"] {
        let value = json!(form.text(name));
        let world = lock(&state.world);
        let field = world.leads.field(name).with_context(|| format!("there is no field {name}"))?;
        field.accepts(&value).map_err(|refusal| anyhow::anyhow!(refusal.message))?;
        fields.insert(name.to_owned(), value);
    }
    let now = state.now();
    let mut world = lock(&state.world);
    let lead = world.leads.insert(fields, now);
    world.log(ActivityType::NewLead, lead, None, json!({"source": "page"}), now);
    join(&mut world, program, lead, &status, now)
}

/// Leads of the database become members.
pub(super) async fn add_members(Extract(state): Extract<State>, Path(id): Path<i64>, body: Bytes) -> Response {
    shown(id, new_members(&state, id, &Form::of(&body)))
}

fn new_members(state: &Shared, program: i64, form: &Form) -> anyhow::Result<()> {
    let count = form.text("count").parse().context("how many leads?")?;
    let now = state.now();
    let mut world = lock(&state.world);
    let status = first_status(&world, program)?;
    let is_other = |lead: &&i64| !world.members.contains_key(&(program, **lead));
    let chosen: Vec<i64> = world.leads.by_id.keys().filter(is_other).take(count).copied().collect();
    chosen.into_iter().try_for_each(|lead| join(&mut world, program, lead, &status, now))
}

/// The status that a member of the program begins with.
fn first_status(world: &World, program: i64) -> anyhow::Result<String> {
    let program = world.programs.get(&program).context("there is no such program")?;
    let channel = world.channels.get(&program.channel).context("the program has no channel")?;
    let first = channel.progression_statuses.iter().filter(|status| status.step > 0).min_by_key(|status| status.step);
    Ok(first.context("the channel has no status")?.name.clone())
}

fn join(world: &mut World, program: i64, lead: i64, status: &str, now: jiff::Timestamp) -> anyhow::Result<()> {
    match world.change_status(program, lead, status, ChangedBy::Seed, now) {
        StatusChange::Skipped(refusal) => bail!(refusal.message),
        StatusChange::Created | StatusChange::Updated => Ok(()),
    }
}

/// Runs the smart campaign: status Registered, the flow step, the e-mail.
pub(super) async fn register(Extract(state): Extract<State>, Path(id): Path<i64>, body: Bytes) -> Response {
    shown(id, run_campaign(&state, id, &Form::of(&body)).await)
}

async fn run_campaign(state: &State, program: i64, form: &Form) -> anyhow::Result<()> {
    let leads: Vec<i64> = form.all("lead").map(str::parse).collect::<Result<_, _>>().context("which leads?")?;
    ensure!(!leads.is_empty(), "Tick the leads first.");
    let installed = lock(&state.campaigns).installed.clone();
    let step = installed.context("Install the flow step service first.")?;
    let run = campaign::start(state, Campaign::new(program, leads, step))?;
    let shared = Arc::clone(state);
    let over = shared.until(|| {
        let campaigns = lock(&shared.campaigns);
        campaigns.runs.get(&run).filter(|run| run.state == RunState::Finished).map(drop)
    });
    // What takes longer is shown as running, on a page that loads itself again.
    let _ = tokio::time::timeout(PATIENCE, over).await;
    Ok(())
}

fn shown(program: i64, outcome: anyhow::Result<()>) -> Response {
    let path = format!("/programs/{program}");
    match outcome {
        Ok(()) => page::back_to(&path),
        Err(error) => page::refused(SYSTEM, &format!("{error:#}"), &path),
    }
}
