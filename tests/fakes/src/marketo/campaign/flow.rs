//! The run of a campaign, step by step.

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, bail};
use serde_json::json;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use super::email;
use super::invocation::{self, Ticket};
use super::report::{Chunk, ChunkState, Delivery, Run, RunId, RunState, StatusStep};
use super::{Campaign, FlowStep};
use crate::marketo::secret;
use crate::marketo::shared::{Shared, State};
use crate::marketo::world::{ActivityType, ChangedBy, SentEmail, StatusChange};
use crate::support::lock;

/// Starts a campaign in the background.
///
/// # Errors
/// When its program or one of its leads does not exist, or a chunk would be empty.
pub(in crate::marketo) fn start(shared: &State, campaign: Campaign) -> anyhow::Result<RunId> {
    {
        let world = lock(&shared.world);
        if !world.programs.contains_key(&campaign.program_id) {
            bail!("there is no program {}", campaign.program_id);
        }
        if let Some(id) = campaign.lead_ids.iter().find(|id| !world.leads.by_id.contains_key(id)) {
            bail!("there is no lead {id}");
        }
    }
    if campaign.flow_step.as_ref().is_some_and(|step| step.chunk_size == 0) {
        bail!("chunk_size must be at least 1");
    }
    let started_at = shared.now();
    let id = {
        let mut campaigns = lock(&shared.campaigns);
        let id = campaigns.next_run_id();
        let run = Run {
            id: id.clone(),
            campaign: campaign.clone(),
            state: RunState::Running,
            started_at,
            finished_at: None,
            status_changes: Vec::new(),
            chunks: Vec::new(),
            emails: Vec::new(),
        };
        campaigns.runs.insert(id.clone(), run);
        id
    };
    tokio::spawn(run(Arc::clone(shared), id.clone(), campaign));
    Ok(id)
}

async fn run(shared: State, id: RunId, campaign: Campaign) {
    if let Some(status) = &campaign.status {
        change_status(&shared, &id, &campaign, status);
    }
    if let Some(step) = &campaign.flow_step {
        call_service(&shared, &id, &campaign, step).await;
    }
    if campaign.email {
        send_email(&shared, &id, &campaign);
    }
    let finished_at = shared.now();
    if let Some(run) = lock(&shared.campaigns).runs.get_mut(&id) {
        run.state = RunState::Finished;
        run.finished_at = Some(finished_at);
    }
    shared.announce();
}

fn change_status(shared: &Shared, id: &RunId, campaign: &Campaign, status: &str) {
    let now = shared.now();
    let changes = {
        let mut world = lock(&shared.world);
        let change = |lead_id: &i64| {
            let change = world.change_status(campaign.program_id, *lead_id, status, ChangedBy::FlowStep, now);
            let (outcome, reason) = match change {
                StatusChange::Created => ("created", None),
                StatusChange::Updated => ("updated", None),
                StatusChange::Skipped(reason) => ("skipped", Some(format!("{} {}", reason.code, reason.message))),
            };
            StatusStep { lead_id: *lead_id, outcome, reason }
        };
        campaign.lead_ids.iter().map(change).collect()
    };
    if let Some(run) = lock(&shared.campaigns).runs.get_mut(id) {
        run.status_changes = changes;
    }
}

async fn call_service(shared: &State, id: &RunId, campaign: &Campaign, step: &FlowStep) {
    let chunks = cut(shared, id, campaign, step);
    let count = chunks.len();
    if let Some(run) = lock(&shared.campaigns).runs.get_mut(id) {
        run.chunks = chunks;
    }
    let slots = Arc::new(Semaphore::new(step.chunks_at_once.max(1)));
    let mut under_way = JoinSet::new();
    for number in 0..count {
        let (shared, id, slots) = (Arc::clone(shared), id.clone(), Arc::clone(&slots));
        under_way.spawn(async move {
            let slot = slots.acquire().await;
            // A chunk that cannot be sent stays visible in the report as one without a delivery.
            let _ = redeliver(&shared, &id, number).await;
            drop(slot);
            await_callback(&shared, &id, number).await;
        });
    }
    under_way.join_all().await;
}

fn cut(shared: &Shared, id: &RunId, campaign: &Campaign, step: &FlowStep) -> Vec<Chunk> {
    let world = lock(&shared.world);
    let chunks = campaign.lead_ids.chunks(step.chunk_size).enumerate();
    chunks
        .map(|(number, leads)| {
            let token = secret::uuid();
            let ticket = Ticket { run: id, number, token: &token };
            let invocation = invocation::body(shared, &world, step, &ticket, campaign.program_id, leads);
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

/// Posts a chunk, the first time or again: the very same body, under the same token.
///
/// # Errors
/// When there is no such chunk.
pub(in crate::marketo) async fn redeliver(shared: &Shared, id: &RunId, number: usize) -> anyhow::Result<Delivery> {
    let (step, body) = {
        let mut campaigns = lock(&shared.campaigns);
        let run = campaigns.runs.get_mut(id).with_context(|| format!("there is no run {id}"))?;
        let step = run.campaign.flow_step.clone().context("the campaign calls no service")?;
        let chunk = run.chunks.get_mut(number).with_context(|| format!("{id} has no chunk {number}"))?;
        // Sent anew, a chunk that had failed is open for its callback again.
        if matches!(chunk.state, ChunkState::Refused | ChunkState::TimedOut) {
            chunk.state = ChunkState::Waiting;
        }
        (step, chunk.invocation.clone())
    };
    let delivery = invocation::deliver(shared, &step, &body).await;
    if let Some(chunk) = lock(&shared.campaigns).chunk_mut(id, number) {
        // Without an answer nobody knows whether the service has the chunk, so its callback stays welcome. The interface
        // names 201 alone for success, but services that answer 202 are known to work.
        let refused = delivery.status.is_some_and(|status| !(200..300).contains(&status));
        if refused && chunk.state == ChunkState::Waiting {
            chunk.state = ChunkState::Refused;
        }
        if let Some(status @ (200 | 202..300)) = delivery.status {
            chunk.violations.push(format!("submitAsyncAction answered {status}, not 201"));
        }
        chunk.deliveries.push(delivery.clone());
    }
    shared.announce();
    Ok(delivery)
}

async fn await_callback(shared: &Shared, id: &RunId, number: usize) {
    let patience = {
        let campaigns = lock(&shared.campaigns);
        let step = campaigns.runs.get(id).and_then(|run| run.campaign.flow_step.as_ref());
        step.map_or(0.0, |step| step.callback_timeout_seconds)
    };
    let patience = Duration::try_from_secs_f64(patience).unwrap_or(Duration::MAX);
    let over = shared.until(|| {
        let mut campaigns = lock(&shared.campaigns);
        let chunk = campaigns.chunk_mut(id, number)?;
        (chunk.state != ChunkState::Waiting).then_some(())
    });
    if tokio::time::timeout(patience, over).await.is_err()
        && let Some(chunk) = lock(&shared.campaigns).chunk_mut(id, number)
        && chunk.state == ChunkState::Waiting
    {
        chunk.state = ChunkState::TimedOut;
    }
}

fn send_email(shared: &Shared, id: &RunId, campaign: &Campaign) {
    let now = shared.now();
    let in_program = campaign.flow_step.as_ref().is_none_or(|step| step.in_program);
    let join_url_field = lock(&shared.campaigns).service.mapping.get("joinUrl").cloned().unwrap_or_default();
    let emails: Vec<SentEmail> = {
        let mut world = lock(&shared.world);
        let write = |lead_id: &i64| {
            let lead = world.leads.by_id.get(lead_id)?;
            // The token resolves only in a campaign that is housed in the program.
            let member = world.members.get(&(campaign.program_id, *lead_id)).filter(|_| in_program);
            let program = world.programs.get(&campaign.program_id).filter(|_| in_program);
            let filled = |template| email::filled(template, lead, program, member);
            Some(SentEmail {
                at: now,
                run: id.to_string(),
                lead_id: *lead_id,
                to: lead.text("email").to_owned(),
                member_webinar_url: member.map(|member| member.text("webinarUrl").to_owned()).unwrap_or_default(),
                lead_join_url: lead.text(&join_url_field).to_owned(),
                subject: filled(email::SUBJECT),
                text: filled(email::TEXT),
            })
        };
        let emails: Vec<SentEmail> = campaign.lead_ids.iter().filter_map(write).collect();
        for email in &emails {
            let what = json!({"mailing": "Confirmation", "webinarUrl": email.member_webinar_url});
            world.log(ActivityType::SendEmail, email.lead_id, Some(campaign.program_id), what, now);
        }
        world.emails.extend(emails.iter().cloned());
        emails
    };
    if let Some(run) = lock(&shared.campaigns).runs.get_mut(id) {
        run.emails = emails;
    }
}
