//! Copies the registrant of an event who has no ledger entry.

use super::copier::{Copied, copy};
use super::person::ZoomPerson;
use super::programs::copying;
use crate::registrants::Standing;
use crate::state::AppState;
use domain::records::ProgramConnection;
use domain::time::Timestamp;
use domain::{Error, RegistrantId, WebinarId};
use std::sync::atomic::AtomicU32;
use zoom_client::ZoomError;

/// Copies the registrant of an event, as Zoom has them. What is left over, the comparison of the webinar does.
pub async fn copy_registrant(
    state: &AppState,
    webinar: WebinarId,
    registrant: Option<&RegistrantId>,
    connections: &[ProgramConnection],
    deadline: Timestamp,
) -> Result<Copied, Error> {
    let connections = copying(state, webinar, connections).await?;
    let Some(first) = connections.first() else { return Ok(Copied::AllBut(0)) };
    // Without the id, the lists tell. The comparison reads them for all.
    let Some(id) = registrant else { return Ok(Copied::AllBut(1)) };
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
        // What one person costs is no part of reading the memberships.
        Some(person) => copy(state, &zoom, webinar, &connections, vec![person], deadline, &AtomicU32::new(0)).await,
        None => Ok(Copied::AllBut(1)),
    }
}
