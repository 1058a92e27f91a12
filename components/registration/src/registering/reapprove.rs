//! Approves registrants again whose registration was denied or cancelled. Zoom refuses to add such an address a second
//! time, so its status is changed instead (docs/reference/zoom.md).

use super::attempt::{BatchError, OpenCandidate};
use super::registrant_lookup::RegistrantLookup;
use super::registrar::Registrar;
use crate::outcome::Disposition;
use domain::records::RegistrationOutcome;
use domain::{ErrorCode, Problem};
use zoom_client::ZoomError;
use zoom_client::registrants::{RegistrantRef, STATUS_BATCH, approve_error_code};

/// Approves the candidates whose add call Zoom refused as denied, and settles them.
pub async fn reapprove(
    registrar: &Registrar<'_>,
    denied: &[OpenCandidate<'_>],
    dispositions: &mut [Disposition],
) -> Result<(), BatchError> {
    if denied.is_empty() {
        return Ok(());
    }
    let webinar = registrar.webinar.id;
    let lookup = RegistrantLookup::read_denied(registrar.zoom, webinar).await?;
    let mut to_approve = Vec::new();
    for open in denied {
        if let Some(RegistrationOutcome::Pending { registrant }) = lookup.find(&open.candidate.email) {
            to_approve.push(RegistrantRef { id: registrant.clone(), email: open.candidate.email.clone() });
        }
    }
    let mut refusal_code = ErrorCode::RegistrantDenied;
    for batch in to_approve.chunks(STATUS_BATCH) {
        match registrar.zoom.approve(webinar, batch).await {
            Ok(()) => platform::log!(Info, "registrant.reapproved", webinar = webinar, count = batch.len()),
            Err(ZoomError::Api(refusal)) => refusal_code = approve_error_code(&refusal),
            Err(error) => return Err(error.into()),
        }
    }
    let lookup = RegistrantLookup::read(registrar.zoom, webinar).await?;
    for open in denied {
        dispositions[open.index] = match lookup.find(&open.candidate.email) {
            Some(outcome) => registrar.settle(open.candidate, outcome, open.add_calls).await?,
            None => registrar.fail(open.candidate, Problem::of(refusal_code), open.add_calls).await?,
        };
    }
    Ok(())
}
