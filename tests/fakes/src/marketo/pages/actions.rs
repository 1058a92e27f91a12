//! The actions of the pages' forms.

use std::pin::pin;
use std::time::Duration;

use anyhow::{Context, bail, ensure};
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::response::Response;
use futures::future::select;
use serde_json::{Map, Value, json};

use crate::marketo::campaign::definition::Campaign;
use crate::marketo::campaign::flow;
use crate::marketo::campaign::report::RunState;
use crate::marketo::install::installer;
use crate::marketo::state::{MarketoState, SharedState};
use crate::marketo::subscription::activity::ActivityType;
use crate::marketo::subscription::contents::Subscription;
use crate::marketo::subscription::member::{ChangedBy, StatusChange};
use crate::support::layout;
use crate::support::layout::{Form, Site};
use crate::support::sync::lock;

/// How long a form waits for its campaign before the page shows it as running.
const CAMPAIGN_WAIT: Duration = Duration::from_secs(3);
/// File name of a flow step service's description; its folder is the base URL.
const DESCRIPTION: &str = "/openapi.json";

/// Installs the flow step service.
pub(super) async fn install(State(state): State<SharedState>, body: Bytes) -> Response {
    let form = Form::of(&body);
    let url = form.text("url");
    let report = installer::install(&state, url.strip_suffix(DESCRIPTION).unwrap_or(url), form.text("api_key")).await;
    if report.violations.is_empty() {
        layout::redirect_to("/")
    } else {
        Site::Marketo.error_page(&format!("Marketo would not take this service: {}", report.violations.join("; ")), "/")
    }
}

/// Adds a new lead to the program.
pub(super) async fn add_lead(State(state): State<SharedState>, Path(id): Path<i64>, body: Bytes) -> Response {
    shown(id, new_member(&state, id, &Form::of(&body)))
}

fn new_member(state: &MarketoState, program: i64, form: &Form) -> anyhow::Result<()> {
    let status = first_status(&lock(&state.subscription), program)?;
    let mut fields: Map<String, Value> = Map::new();
    for name in ["firstName", "lastName", "email", "company", "phone"] {
        let value = json!(form.text(name));
        let subscription = lock(&state.subscription);
        let field = subscription.leads.field(name).with_context(|| format!("there is no field {name}"))?;
        field.accepts(&value).map_err(|refusal| anyhow::anyhow!(refusal.message))?;
        fields.insert(name.to_owned(), value);
    }
    let now = state.now();
    let mut subscription = lock(&state.subscription);
    let lead = subscription.leads.insert(fields, now);
    subscription.log(ActivityType::NewLead, lead, None, json!({"source": "page"}), now);
    join(&mut subscription, program, lead, &status, now)
}

/// Adds existing leads to the program.
pub(super) async fn add_members(State(state): State<SharedState>, Path(id): Path<i64>, body: Bytes) -> Response {
    shown(id, new_members(&state, id, &Form::of(&body)))
}

fn new_members(state: &MarketoState, program: i64, form: &Form) -> anyhow::Result<()> {
    let count = form.text("count").parse().context("how many leads?")?;
    let now = state.now();
    let mut subscription = lock(&state.subscription);
    let status = first_status(&subscription, program)?;
    let is_other = |lead: &&i64| !subscription.members.contains_key(&(program, **lead));
    let chosen: Vec<i64> = subscription.leads.by_id.keys().filter(is_other).take(count).copied().collect();
    chosen.into_iter().try_for_each(|lead| join(&mut subscription, program, lead, &status, now))
}

/// Returns the first status of the program's channel.
fn first_status(subscription: &Subscription, program: i64) -> anyhow::Result<String> {
    let program = subscription.programs.get(&program).context("there is no such program")?;
    let channel = subscription.channels.get(&program.channel).context("the program has no channel")?;
    let first = channel.progression_statuses.iter().filter(|status| status.step > 0).min_by_key(|status| status.step);
    Ok(first.context("the channel has no status")?.name.clone())
}

fn join(
    subscription: &mut Subscription,
    program: i64,
    lead: i64,
    status: &str,
    now: jiff::Timestamp,
) -> anyhow::Result<()> {
    match subscription.change_status(program, lead, status, ChangedBy::Seed, now) {
        StatusChange::Skipped(refusal) => bail!(refusal.message),
        StatusChange::Created | StatusChange::Updated => Ok(()),
    }
}

/// Runs the smart campaign: status Registered, the flow step, the e-mail.
pub(super) async fn register(State(state): State<SharedState>, Path(id): Path<i64>, body: Bytes) -> Response {
    shown(id, run_campaign(&state, id, &Form::of(&body)).await)
}

async fn run_campaign(state: &SharedState, program: i64, form: &Form) -> anyhow::Result<()> {
    let leads: Vec<i64> = form.all("lead").map(str::parse).collect::<Result<_, _>>().context("which leads?")?;
    ensure!(!leads.is_empty(), "Tick the leads first.");
    let installed = lock(&state.campaigns).installed.clone();
    let step = installed.context("Install the flow step service first.")?;
    let run = flow::start(state, Campaign::new(program, leads, step))?;
    let over = state.wait_until(|| {
        let campaigns = lock(&state.campaigns);
        campaigns.runs.get(&run).filter(|run| run.state == RunState::Finished).map(drop)
    });
    // A campaign that takes longer continues; the page shows it as running and reloads itself.
    let _ = select(pin!(over), state.runtime().sleep(CAMPAIGN_WAIT)).await;
    Ok(())
}

fn shown(program: i64, outcome: anyhow::Result<()>) -> Response {
    let path = format!("/programs/{program}");
    match outcome {
        Ok(()) => layout::redirect_to(&path),
        Err(error) => Site::Marketo.error_page(&format!("{error:#}"), &path),
    }
}
