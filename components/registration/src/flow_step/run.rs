//! Working on a chunk: push its leads, write back to Marketo, call back, forget it. Every step may be repeated, and
//! the chunk stays in the outbox until the callback got through.

use super::callback::{self, Delivered};
use crate::app::App;
use crate::failures::record;
use crate::outbox::{self, Work};
use crate::push::batch::Run;
use crate::push::leads::{self, Pushed};
use crate::push::outcome::{Outcome, Settled};
use crate::push::{target, unconnected, write_back};
use domain::records::OutboxId;
use domain::time::{SignedDuration, Timestamp};
use domain::{Code, Error, Problem};
use futures::future::{Either, select};
use marketo_client::Marketo;
use std::pin::pin;

/// How long a run after the response may last. The tick takes over what is left.
const BACKGROUND_LIMIT: SignedDuration = SignedDuration::from_mins(10);

/// How long a chunk waits for a peer that is unwell before Marketo is told that these leads failed. Marketo holds
/// them before the next flow step meanwhile; how long it would is not documented.
const PATIENCE: SignedDuration = SignedDuration::from_mins(30);

/// Kept of a run's time for Marketo: a Zoom that hangs would take all of it, and nobody would be told.
pub const FOR_MARKETO: SignedDuration = SignedDuration::from_secs(5);

/// A callback is tried this often over at least [`CALLBACK_PATIENCE`] (DESIGN section 8).
const CALLBACK_TRIES: u32 = 6;

/// See [`CALLBACK_TRIES`].
const CALLBACK_PATIENCE: SignedDuration = SignedDuration::from_mins(10);

/// Works on a chunk that was accepted just now.
pub async fn begin(app: &App, id: &OutboxId) {
    let deadline = app.ports.clock.now() + BACKGROUND_LIMIT;
    match outbox::load(app, id).await {
        Ok(Some(work)) => work_on(app, work, deadline).await,
        Ok(None) => {}
        Err(error) => platform::log!("outbox.unreadable", outbox = id, error = error),
    }
}

/// Works on a chunk, and meanwhile keeps it claimed.
pub async fn work_on(app: &App, work: Work, deadline: Timestamp) {
    let id = work.id.clone();
    let attempt = pin!(attempt(app, &work, deadline));
    let claim = pin!(outbox::keep_claimed(app, &work));
    if let Either::Left((Err(error), _)) = select(attempt, claim).await {
        platform::log!("flow_step.put_off", outbox = id, error = error.problem().code);
        if let Error::Ours(text) = &error {
            platform::log!("flow_step.failed", outbox = id, error = text);
        }
        outbox::release(app, &work).await;
    }
}

/// One run over a chunk. An error leaves it in the outbox for the tick.
async fn attempt(app: &App, work: &Work, deadline: Timestamp) -> Result<(), Error> {
    let head = &work.head;
    let pushed = push(app, work, deadline).await?;
    let waiting = pushed.iter().find_map(|pushed| match &pushed.settled {
        Settled::Later(problem) => Some(problem.clone()),
        Settled::Now(_) => None,
    });
    if let Some(problem) = waiting {
        return Err(Error::Caller(problem));
    }
    let now = app.ports.clock.now();
    match callback::deliver(app, &head.callback, &pushed, deadline).await {
        Delivered::Taken => {
            platform::log!("flow_step.called_back", outbox = work.id, leads = pushed.len());
            outbox::forget(app, work).await
        }
        Delivered::NotWanted(status) => {
            // Marketo takes a token once: a callback that we cannot remember may have got through before we died.
            platform::log!("flow_step.callback_not_wanted", outbox = work.id, status = status);
            outbox::forget(app, work).await
        }
        Delivered::Failed => {
            let tries = head.callback_tries + 1;
            let over = tries >= CALLBACK_TRIES && now.duration_since(head.accepted_at) >= CALLBACK_PATIENCE;
            let problem = over.then(|| Problem::of(Code::MarketoUnavailable));
            outbox::callback_failed(app, work, tries, problem).await
        }
    }
}

/// Pushes the leads and writes to Marketo what is settled, even when others have to wait.
async fn push(app: &App, work: &Work, deadline: Timestamp) -> Result<Vec<Pushed>, Error> {
    let marketo = app.marketo(deadline);
    let connection = match target::connection(app, work.head.program).await {
        Ok(connection) => connection,
        Err(Error::Caller(problem)) => return Ok(without_connection(app, &marketo, work, &problem).await),
        Err(error) => return Err(error),
    };
    let resumed = work.head.runs > 1;
    let again = resumed.then_some(&work.id);
    let deadline = deadline - FOR_MARKETO;
    let run = Run { since: work.head.accepted_at, resumed, deadline, again, ahead: resumed, died: work.head.died };
    let mut pushed = leads::push(app, &marketo, &connection, &work.leads, run).await?;
    let is_late = app.ports.clock.now().duration_since(work.head.accepted_at) >= PATIENCE;
    if is_late {
        pushed.iter_mut().for_each(Pushed::give_up);
    }
    let outcomes: Vec<_> = pushed.iter().filter_map(|pushed| Some((pushed.lead, pushed.outcome()?))).collect();
    if outcomes.len() == pushed.len() {
        // Before Marketo is told: a status of Registration Error that nothing here knows of would keep the lead out.
        note_failures(app, work, &pushed).await?;
    }
    write_back::write_back(&marketo, connection.program, &connection.channel, &outcomes).await?;
    if is_late {
        // An earlier run of this chunk may have given up.
        write_back::set_registered(&marketo, connection.program, &connection.channel, &outcomes).await?;
    }
    Ok(pushed)
}

/// The outcome of a chunk whose program is not connected here (R15).
async fn without_connection(app: &App, marketo: &Marketo, work: &Work, problem: &Problem) -> Vec<Pushed> {
    if let Some(program) = work.head.program.filter(|_| !work.head.was_connected) {
        unconnected::note(app, marketo, program, &work.leads, problem).await;
    }
    let failed = Settled::Now(Outcome::Failed(problem.clone()));
    work.leads.iter().map(|lead| Pushed { lead: lead.id, settled: failed.clone(), webinar: None }).collect()
}

/// Notes who failed, so that the admin sees it and the tick tries again. Only those who are settled: the others wait
/// with their chunk.
async fn note_failures(app: &App, work: &Work, pushed: &[Pushed]) -> Result<(), Error> {
    let Some(program) = work.head.program else { return Ok(()) };
    let choice = |id| work.leads.iter().find(|lead| lead.id == id).and_then(|lead| lead.choice.clone());
    record::note(app, program, pushed, &choice).await
}
