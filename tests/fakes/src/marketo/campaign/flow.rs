//! Runs a smart campaign step by step.

use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, bail};
use futures::future::{Either, FutureExt, join_all, select};
use serde_json::json;
use tokio::sync::Semaphore;

use crate::marketo::campaign::definition::{Campaign, FlowStep};
use crate::marketo::campaign::invocation::ChunkRef;
use crate::marketo::campaign::report::{Chunk, ChunkDelivery, ChunkState, Run, RunId, RunState, StatusStep};
use crate::marketo::campaign::{email, invocation};
use crate::marketo::state::{MarketoState, SharedState};
use crate::marketo::subscription::activity::{ActivityType, SentEmail};
use crate::marketo::subscription::member::{ChangedBy, StatusChange};
use crate::support::sync::lock;

/// Starts a campaign in the background.
///
/// # Errors
/// Returns an error if the program or a lead does not exist, or the chunk size is 0.
pub(crate) fn start(state: &SharedState, campaign: Campaign) -> anyhow::Result<RunId> {
    let id = prepare(state, campaign)?;
    state.runtime().spawn(run(Arc::clone(state), id.clone()).boxed());
    Ok(id)
}

/// Adds a run of a campaign, which does not run yet.
///
/// # Errors
/// Returns an error if the program or a lead does not exist, or the chunk size is 0.
pub(crate) fn prepare(state: &MarketoState, campaign: Campaign) -> anyhow::Result<RunId> {
    {
        let subscription = lock(&state.subscription);
        if !subscription.programs.contains_key(&campaign.program_id) {
            bail!("there is no program {}", campaign.program_id);
        }
        if let Some(id) = campaign.lead_ids.iter().find(|id| !subscription.leads.by_id.contains_key(id)) {
            bail!("there is no lead {id}");
        }
    }
    if campaign.flow_step.as_ref().is_some_and(|step| step.chunk_size == 0) {
        bail!("chunk_size must be at least 1");
    }
    let started_at = state.now();
    let mut campaigns = lock(&state.campaigns);
    let id = campaigns.next_run_id();
    let run = Run {
        id: id.clone(),
        campaign,
        state: RunState::Running,
        started_at,
        finished_at: None,
        status_changes: Vec::new(),
        chunks: Vec::new(),
        emails: Vec::new(),
    };
    campaigns.runs.insert(id.clone(), run);
    Ok(id)
}

/// Runs a prepared campaign.
async fn run(state: SharedState, id: RunId) {
    let Some(campaign) = lock(&state.campaigns).runs.get(&id).map(|run| run.campaign.clone()) else { return };
    if let Some(status) = &campaign.status {
        change_status(&state, &id, &campaign, status);
    }
    if let Some(step) = &campaign.flow_step {
        call_service(&state, &id, step).await;
    }
    if campaign.email {
        send_email(&state, &id, &campaign);
    }
    let finished_at = state.now();
    if let Some(run) = lock(&state.campaigns).runs.get_mut(&id) {
        run.state = RunState::Finished;
        run.finished_at = Some(finished_at);
    }
    state.notify();
}

fn change_status(state: &MarketoState, id: &RunId, campaign: &Campaign, status: &str) {
    let now = state.now();
    let changes = {
        let mut subscription = lock(&state.subscription);
        let change = |lead_id: &i64| {
            let change = subscription.change_status(campaign.program_id, *lead_id, status, ChangedBy::FlowStep, now);
            let (outcome, reason) = match change {
                StatusChange::Created => ("created", None),
                StatusChange::Updated => ("updated", None),
                StatusChange::Skipped(reason) => ("skipped", Some(format!("{} {}", reason.code, reason.message))),
            };
            StatusStep { lead_id: *lead_id, outcome, reason }
        };
        campaign.lead_ids.iter().map(change).collect()
    };
    if let Some(run) = lock(&state.campaigns).runs.get_mut(id) {
        run.status_changes = changes;
    }
}

async fn call_service(state: &MarketoState, id: &RunId, step: &FlowStep) {
    let count = add_chunks(state, id);
    let slots = Semaphore::new(step.chunks_at_once.max(1));
    let chunks = (0..count).map(async |number| {
        let slot = slots.acquire().await;
        // If a chunk cannot be sent, the report shows it without a delivery.
        let _ = redeliver(state, id, number).await;
        drop(slot);
        await_callback(state, id, number).await;
    });
    join_all(chunks).await;
}

/// Adds the chunks of a prepared campaign to its run and returns their number.
pub(crate) fn add_chunks(state: &MarketoState, id: &RunId) -> usize {
    let campaign = lock(&state.campaigns).runs.get(id).map(|run| run.campaign.clone());
    let Some((campaign, step)) = campaign.and_then(|campaign| Some((campaign.clone(), campaign.flow_step?))) else {
        return 0;
    };
    let chunks = build_chunks(state, id, &campaign, &step);
    let count = chunks.len();
    if let Some(run) = lock(&state.campaigns).runs.get_mut(id) {
        run.chunks = chunks;
    }
    count
}

fn build_chunks(state: &MarketoState, id: &RunId, campaign: &Campaign, step: &FlowStep) -> Vec<Chunk> {
    let service = lock(&state.campaigns).service.clone();
    let subscription = lock(&state.subscription);
    let chunks = campaign.lead_ids.chunks(step.chunk_size).enumerate();
    chunks
        .map(|(number, leads)| {
            let token = state.random_uuid();
            let ticket = ChunkRef { run: id, number, token: &token };
            let invocation =
                invocation::body(state, &subscription, &service, step, &ticket, campaign.program_id, leads);
            Chunk {
                number,
                lead_ids: leads.to_vec(),
                state: ChunkState::Waiting,
                deliveries: Vec::new(),
                callback: None,
                callbacks_refused: 0,
                error: None,
                outcomes: Vec::new(),
                violations: Vec::new(),
                invocation,
                token,
            }
        })
        .collect()
}

/// Posts a chunk for the first time or again, with the same body and token.
///
/// # Errors
/// Returns an error if there is no such chunk.
pub(crate) async fn redeliver(state: &MarketoState, id: &RunId, number: usize) -> anyhow::Result<ChunkDelivery> {
    let (step, body) = {
        let mut campaigns = lock(&state.campaigns);
        let run = campaigns.runs.get_mut(id).with_context(|| format!("there is no run {id}"))?;
        let step = run.campaign.flow_step.clone().context("the campaign calls no service")?;
        let chunk = run.chunks.get_mut(number).with_context(|| format!("{id} has no chunk {number}"))?;
        // Sending a failed chunk again reopens it for its callback.
        if matches!(chunk.state, ChunkState::Refused | ChunkState::TimedOut) {
            chunk.state = ChunkState::Waiting;
        }
        (step, chunk.invocation.clone())
    };
    let delivery = invocation::deliver(state, &step, &body).await;
    if let Some(chunk) = lock(&state.campaigns).chunk_mut(id, number) {
        // Without a response the service may have the chunk, so its callback is still accepted. The interface specifies
        // 201 for success, but services that respond with 202 are known to work.
        let refused = delivery.status.is_some_and(|status| !(200..300).contains(&status));
        if refused && chunk.state == ChunkState::Waiting {
            chunk.state = ChunkState::Refused;
        }
        if let Some(status @ (200 | 202..300)) = delivery.status {
            chunk.violations.push(format!("submitAsyncAction answered {status}, not 201"));
        }
        chunk.deliveries.push(delivery.clone());
    }
    state.notify();
    Ok(delivery)
}

async fn await_callback(state: &MarketoState, id: &RunId, number: usize) {
    let timeout = {
        let campaigns = lock(&state.campaigns);
        let step = campaigns.runs.get(id).and_then(|run| run.campaign.flow_step.as_ref());
        step.map_or(0.0, |step| step.callback_timeout_seconds)
    };
    let timeout = Duration::try_from_secs_f64(timeout).unwrap_or(Duration::MAX);
    let ended = state.wait_until(|| {
        let mut campaigns = lock(&state.campaigns);
        let chunk = campaigns.chunk_mut(id, number)?;
        (chunk.state != ChunkState::Waiting).then_some(())
    });
    let time_is_over = matches!(select(pin!(ended), state.runtime().sleep(timeout)).await, Either::Right(_));
    if time_is_over
        && let Some(chunk) = lock(&state.campaigns).chunk_mut(id, number)
        && chunk.state == ChunkState::Waiting
    {
        chunk.state = ChunkState::TimedOut;
    }
}

fn send_email(state: &MarketoState, id: &RunId, campaign: &Campaign) {
    let now = state.now();
    let in_program = campaign.flow_step.as_ref().is_none_or(|step| step.in_program);
    let join_url_field = lock(&state.campaigns).service.mapping.get("joinUrl").cloned().unwrap_or_default();
    let emails: Vec<SentEmail> = {
        let mut subscription = lock(&state.subscription);
        let write = |lead_id: &i64| {
            let lead = subscription.leads.by_id.get(lead_id)?;
            // The token resolves only if the campaign is in the program.
            let member = subscription.members.get(&(campaign.program_id, *lead_id)).filter(|_| in_program);
            let program = subscription.programs.get(&campaign.program_id).filter(|_| in_program);
            let rendered = |template| email::rendered(template, lead, program, member);
            Some(SentEmail {
                at: now,
                run: id.to_string(),
                lead_id: *lead_id,
                to: lead.text("email").to_owned(),
                member_webinar_url: member.map(|member| member.text("webinarUrl").to_owned()).unwrap_or_default(),
                lead_join_url: lead.text(&join_url_field).to_owned(),
                subject: rendered(email::SUBJECT),
                text: rendered(email::TEXT),
            })
        };
        let emails: Vec<SentEmail> = campaign.lead_ids.iter().filter_map(write).collect();
        for email in &emails {
            let what = json!({"mailing": "Confirmation", "webinarUrl": email.member_webinar_url});
            subscription.log(ActivityType::SendEmail, email.lead_id, Some(campaign.program_id), what, now);
        }
        subscription.emails.extend(emails.iter().cloned());
        emails
    };
    if let Some(run) = lock(&state.campaigns).runs.get_mut(id) {
        run.emails = emails;
    }
}
