//! Approves registrants again whose registration was denied or cancelled.
//!
//! Adding such an address a second time changes
//! nothing at Zoom, so the status of the registrant is changed instead (docs/reference/zoom.md).

use super::attempt::{BatchError, OpenCandidate};
use super::registrar::Registrar;
use crate::outcome::Disposition;
use crate::registrants::{Asked, RegistrantLookup, Standing, read_standings};
use domain::records::RegistrationOutcome;
use domain::{ErrorCode, Problem, RegistrantId};
use zoom_client::ZoomError;
use zoom_client::registrants::{RegistrantRef, STATUS_BATCH, StatusAction, approve_error_code};

/// A candidate whose registrant was denied or cancelled.
pub struct DeniedCandidate<'c> {
    /// The candidate.
    pub open: OpenCandidate<'c>,
    /// The registrant, where it is known. Otherwise it is looked up.
    pub registrant: Option<RegistrantId>,
}

/// Approves denied candidates, and settles them.
pub async fn reapprove(
    registrar: &Registrar<'_>,
    mut denied: Vec<DeniedCandidate<'_>>,
    dispositions: &mut [Disposition],
) -> Result<(), BatchError> {
    if denied.is_empty() {
        return Ok(());
    }
    let webinar = registrar.webinar.id;
    if denied.iter().any(|one| one.registrant.is_none()) {
        let lookup = RegistrantLookup::read_all(registrar.zoom, webinar, false).await?;
        for one in denied.iter_mut().filter(|one| one.registrant.is_none()) {
            one.registrant =
                lookup.find(&one.open.candidate.email.hash()).and_then(|standing| standing.registrant()).cloned();
        }
    }
    let registrant_ref = |one: &DeniedCandidate<'_>| {
        Some(RegistrantRef { id: one.registrant.clone()?, email: one.open.candidate.email.clone() })
    };
    let to_approve: Vec<_> = denied.iter().filter_map(registrant_ref).collect();
    let mut refusal_code = ErrorCode::RegistrantDenied;
    for batch in to_approve.chunks(STATUS_BATCH) {
        match registrar.zoom.change_status(webinar, StatusAction::Approve, batch).await {
            Ok(()) => platform::log!(Info, "registrant.reapproved", webinar = webinar, count = batch.len()),
            Err(ZoomError::Api(refusal)) => refusal_code = approve_error_code(&refusal),
            Err(error) => return Err(error.into()),
        }
    }
    let ask = |one: &DeniedCandidate<'_>| Asked {
        email: one.open.candidate.email.clone(),
        registrants: one.registrant.iter().cloned().collect(),
    };
    let asked: Vec<_> = denied.iter().map(ask).collect();
    let standings = read_standings(registrar.zoom, webinar, &asked).await?;
    for (DeniedCandidate { open, registrant }, standing) in denied.into_iter().zip(standings) {
        let outcome = match standing {
            Some(standing @ (Standing::Approved { .. } | Standing::Pending { .. })) => standing.outcome(None),
            None | Some(Standing::Denied { .. } | Standing::Gone) => {
                RegistrationOutcome::Failed { problem: Problem::of(refusal_code), next_try: None, registrant }
            }
        };
        dispositions[open.index] = registrar.settle(open, &outcome, open.add_calls).await?;
    }
    Ok(())
}
