//! Checks of what must have been seen: the scheduler, Zoom's webhook, the flow step, status changes.

use super::report::{Check, CheckName};
use crate::state::AppState;
use domain::Error;
use domain::records::{
    ActivityCursorKey, FlowStepCalledKey, LastEventKey, LastTickKey, LastValidationKey, Moment, ProgramConnection,
};
use domain::time::{SignedDuration, Timestamp};

/// How long after its last call the scheduler counts as stopped. It calls about every minute.
const TICK_OVERDUE: SignedDuration = SignedDuration::from_mins(5);

/// How long after the last poll the reading of status changes counts as stopped. The tick polls once a minute.
const POLL_OVERDUE: SignedDuration = SignedDuration::from_mins(15);

pub(super) async fn run(state: &AppState, connection: &ProgramConnection) -> Result<Vec<Check>, Error> {
    let now = state.now();
    let store = state.ports.store();
    let tick = at(store.get_readable(&LastTickKey {}).await?);
    let event = at(store.get_readable(&LastEventKey {}).await?);
    let validation = at(store.get_readable(&LastValidationKey {}).await?);
    let flow_step = at(store.get_readable(&FlowStepCalledKey {}).await?);
    let status_changes = status_changes(state, connection, now).await?;
    Ok(vec![scheduler(tick, now), webhook(event, validation), installed(flow_step), status_changes])
}

fn at(moment: Option<Moment>) -> Option<Timestamp> {
    moment.map(|moment| moment.at)
}

fn scheduler(tick: Option<Timestamp>, now: Timestamp) -> Check {
    let name = CheckName::Scheduler;
    match tick {
        None => name.failed_because("The scheduler never called; let it call the tick every minute."),
        Some(at) if at + TICK_OVERDUE < now => {
            name.failed_because(format!("The scheduler called last at {at}; it should every minute."))
        }
        Some(at) => name.passed(format!("The scheduler called at {at}.")),
    }
}

fn webhook(event: Option<Timestamp>, validation: Option<Timestamp>) -> Check {
    let name = CheckName::ZoomWebhook;
    match (event, validation) {
        (Some(at), _) => name.passed(format!("Zoom sent an event at {at}.")),
        (None, Some(at)) => name.passed(format!("Zoom validated the address at {at}; no event came yet.")),
        (None, None) => name.unknown(
            "Zoom was not seen yet: in the app, open the event subscription and press Validate. Without events everything \
             works later.",
        ),
    }
}

fn installed(flow_step: Option<Timestamp>) -> Check {
    let name = CheckName::FlowStep;
    match flow_step {
        Some(at) => name.passed(format!("Marketo read the flow step's choices at {at}.")),
        None => name.unknown(
            "Marketo never read the flow step's choices: install the service provider, or press Refresh Picklist there. \
             Without the flow step the status alone registers, some minutes later.",
        ),
    }
}

async fn status_changes(state: &AppState, connection: &ProgramConnection, now: Timestamp) -> Result<Check, Error> {
    let name = CheckName::StatusChanges;
    if !connection.automatic {
        return Ok(name.unknown("Registering by the status alone is switched off for this connection."));
    }
    if connection.snapshot.end_time() <= now {
        return Ok(name.unknown("The webinar is over; status changes are read while a webinar is ahead."));
    }
    if !connection.snapshot.registration.requires_registration() {
        return Ok(name.unknown("The webinar needs no registration, so no status registers anybody."));
    }
    let Some(cursor) = state.ports.store().get_readable(&ActivityCursorKey {}).await? else {
        return Ok(name.unknown("Status changes were not read yet; the tick reads them while a webinar is ahead."));
    };
    Ok(match cursor.problem {
        Some(problem) => name.failed(problem),
        None if cursor.read_until + POLL_OVERDUE < now => {
            name.warning(format!("Status changes are read until {} only.", cursor.read_until))
        }
        None => name.passed(format!("Status changes are read until {}.", cursor.read_until)),
    })
}
