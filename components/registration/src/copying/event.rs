//! Copies the registrant of an event who has no ledger entry.

use super::copier::copy;
use super::person::ZoomPerson;
use super::programs::copying;
use crate::registrants::Standing;
use crate::state::AppState;
use domain::records::ProgramConnection;
use domain::time::Timestamp;
use domain::{Error, RegistrantId, WebinarId};
use zoom_client::ZoomError;

/// Copies the registrant of an event, as Zoom has them. Returns whether nothing is left to do; what is, the comparison of the
/// webinar does.
pub async fn copy_registrant(
    state: &AppState,
    webinar: WebinarId,
    registrant: Option<&RegistrantId>,
    connections: &[ProgramConnection],
    deadline: Timestamp,
) -> Result<bool, Error> {
    let connections = copying(state, webinar, connections).await?;
    let Some(first) = connections.first() else { return Ok(true) };
    // Without the id, the lists tell. The comparison reads them for all.
    let Some(id) = registrant else { return Ok(false) };
    let zoom = state.zoom(&first.service, deadline);
    let registrant = match zoom.registrant(webinar, id).await {
        Ok(registrant) => registrant,
        Err(ZoomError::Api(error)) if error.is_missing_scope() => None,
        Err(error) => return Err(error.into()),
    };
    let person = registrant.and_then(|registrant| {
        let standing = Standing::of(&registrant, registrant.status?)?;
        ZoomPerson::of(&registrant, standing)
    });
    match person {
        Some(person) => Ok(copy(state, &zoom, webinar, &connections, vec![person], deadline).await? == Some(0)),
        None => Ok(false),
    }
}
