//! The programs that get registrations of Zoom's own page.

use crate::state::AppState;
use domain::records::ProgramConnection;
use domain::status::Meaning;
use domain::time::Timestamp;
use domain::{Error, WebinarId};
use platform::services;

/// Returns whether a program gets the registrations of a webinar's page: an admin switched that on, it is connected to
/// this webinar, and the webinar is not over. Then attendance copies who came.
pub fn copies(connection: &ProgramConnection, webinar: WebinarId, now: Timestamp) -> bool {
    connection.copy_zoom_registrations
        && connection.snapshot.id == webinar
        && connection.snapshot.end_time() > now
        && connection.snapshot.registration.requires_registration()
        && connection.status_for(Meaning::Registered).is_some()
}

/// Returns those of some connections that copy, as they are now: one that the flow step chose another webinar for is connected
/// elsewhere. Leaves out those whose service cannot be used (R1, R3).
pub async fn copying(
    state: &AppState,
    webinar: WebinarId,
    connections: &[ProgramConnection],
) -> Result<Vec<ProgramConnection>, Error> {
    let mut copying = Vec::new();
    for connection in connections.iter().filter(|connection| connection.copy_zoom_registrations) {
        let own = state.ports.connections().find(connection.program).await?;
        let Some(own) = own.filter(|own| copies(own, webinar, state.ports.clock.now())) else { continue };
        match services::usable_for(state.ports.store(), &own.service, &own.snapshot).await {
            Ok(_) => copying.push(own),
            Err(error @ Error::Internal(_)) => return Err(error),
            Err(_) => {}
        }
    }
    Ok(copying)
}
