//! People whose registration was denied or cancelled in Zoom, and who register again. Adding them fails for ever; they
//! are approved again by their status instead (zoom.md section 2).

use super::batch::Open;
use super::directory::Directory;
use super::outcome::Settled;
use super::register::Push;
use domain::records::Outcome;
use domain::{Code, Error, Problem};
use zoom_client::ZoomError;
use zoom_client::registrants::{STATUS_BATCH, ToApprove, approve_refusal};

/// Approves candidates whose addition Zoom refused as denied. The inner error is Zoom's, and concerns all whom it
/// leaves without outcome.
pub async fn approve(
    push: &Push<'_>,
    denied: &[Open<'_>],
    settled: &mut [Settled],
) -> Result<Result<(), ZoomError>, Error> {
    if denied.is_empty() {
        return Ok(Ok(()));
    }
    let webinar = push.webinar.id;
    let known = match Directory::read_denied(push.zoom, webinar).await {
        Ok(known) => known,
        Err(error) => return Ok(Err(error)),
    };
    let mut to_approve = Vec::new();
    for open in denied {
        if let Some(Outcome::Pending { registrant }) = known.find(open.candidate) {
            to_approve.push(ToApprove { id: registrant.clone(), email: open.candidate.email.clone() });
        }
    }
    let mut refused = Code::RegistrantDenied;
    for batch in to_approve.chunks(STATUS_BATCH) {
        match push.zoom.approve(webinar, batch).await {
            Ok(()) => platform::log!("registrants.approved_again", webinar = webinar, count = batch.len()),
            Err(ZoomError::Refused(refusal)) => refused = approve_refusal(&refusal),
            Err(error) => return Ok(Err(error)),
        }
    }
    let known = match Directory::read(push.zoom, webinar).await {
        Ok(known) => known,
        Err(error) => return Ok(Err(error)),
    };
    for open in denied {
        settled[open.index] = match known.find(open.candidate) {
            Some(entry) => push.keep(open.candidate, entry, open.adds).await?,
            None => push.fail_for_good(open.candidate, Problem::of(refused), open.adds).await?,
        };
    }
    Ok(Ok(()))
}
