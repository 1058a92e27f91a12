//! Cancels the registrations of leads in Zoom whose program status is the channel's status for cancelled people (R18).
//! Idempotent: who is not registered any more stays so.

use super::attempt::BatchError;
use super::target::Target;
use crate::outcome::{Disposition, LeadOutcome};
use crate::registrants::{Asked, read_standings};
use crate::state::AppState;
use crate::store::{ledger, marks};
use domain::records::{Registration, RegistrationOutcome};
use domain::time::Timestamp;
use domain::{Email, Error, ErrorCode, Problem, RegistrantId};
use platform::store::Stored;
use zoom_client::registrants::{RegistrantRef, STATUS_BATCH, StatusAction};

/// A registration to cancel.
struct Cancellation {
    /// Index among the addresses.
    index: usize,
    email: Email,
    registrant: RegistrantId,
    entry: Registration,
}

/// Cancels the registrations of some addresses at one webinar. Returns their dispositions in the same order.
pub async fn cancel_batch(
    state: &AppState,
    target: &Target,
    emails: &[Email],
    deadline: Timestamp,
) -> Result<Vec<Disposition>, Error> {
    let skipped = |code| Disposition::Final(LeadOutcome::Skipped { problem: Problem::of(code), join_url: None });
    // Whom the ledger does not have was not registered here, so there is nothing to cancel.
    let mut dispositions = vec![skipped(ErrorCode::StatusNotRegistered); emails.len()];
    let mut known = Vec::new();
    for (index, email) in emails.iter().enumerate() {
        match state.ports.store().inspect(&ledger::key(target.webinar.id, email)).await? {
            Stored::Readable(entry) => {
                if let Some(registrant) = entry.outcome.registrant().cloned() {
                    known.push(Cancellation { index, email: email.clone(), registrant, entry });
                }
            }
            Stored::Absent => {}
            // It may be of a newer version. The others go on.
            Stored::Unreadable => dispositions[index] = Disposition::Deferred(Problem::of(ErrorCode::Internal)),
        }
    }
    match cancel_known(state, target, &known, deadline).await {
        Ok(()) => known.iter().for_each(|one| dispositions[one.index] = skipped(ErrorCode::RegistrantCancelled)),
        Err(BatchError::Internal(error)) => return Err(error),
        Err(BatchError::Zoom(error)) => {
            let deferred = Disposition::from(Error::from(error));
            known.iter().for_each(|one| dispositions[one.index] = deferred.clone());
        }
    }
    Ok(dispositions)
}

async fn cancel_known(
    state: &AppState,
    target: &Target,
    known: &[Cancellation],
    deadline: Timestamp,
) -> Result<(), BatchError> {
    if known.is_empty() {
        return Ok(());
    }
    let (zoom, webinar) = (state.zoom(&target.source.service, deadline), target.webinar.id);
    let asked: Vec<_> =
        known.iter().map(|one| Asked { email: one.email.clone(), registrants: vec![one.registrant.clone()] }).collect();
    let standings = read_standings(&zoom, webinar, &asked).await?;
    let mut registered = Vec::new();
    for (one, standing) in known.iter().zip(&standings) {
        let registrant = standing.as_ref().filter(|standing| standing.is_registered()).and_then(|one| one.registrant());
        registered.extend(registrant.map(|id| RegistrantRef { id: id.clone(), email: one.email.clone() }));
    }
    for batch in registered.chunks(STATUS_BATCH) {
        zoom.change_status(webinar, StatusAction::Cancel, batch).await?;
        platform::log!(Info, "registrant.cancelled", webinar = webinar, count = batch.len());
    }
    let mut is_news = false;
    for (one, standing) in known.iter().zip(standings) {
        is_news |=
            standing.as_ref().is_none_or(|standing| standing.is_registered()) || !one.entry.outcome.is_withdrawn();
        let registrant =
            standing.as_ref().and_then(|standing| standing.registrant()).unwrap_or(&one.registrant).clone();
        let outcome = RegistrationOutcome::Failed {
            problem: Problem::of(ErrorCode::RegistrantCancelled),
            next_try: None,
            registrant: Some(registrant),
        };
        if one.entry.outcome != outcome {
            let entry = Registration { outcome, at: state.ports.clock.now(), ..one.entry.clone() };
            ledger::write(state, &ledger::key(webinar, &one.email), &entry).await?;
        }
    }
    if is_news {
        // The other programs and leads that share these registrants have yet to learn it.
        marks::write(state, webinar).await?;
    }
    Ok(())
}
