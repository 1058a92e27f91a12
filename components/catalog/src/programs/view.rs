//! A connection as our API shows it (DESIGN section 7).

use super::marketo::missing_statuses;
use crate::webinars::WebinarView;
use domain::records::{Connection, Service};
use domain::status::Channel;
use domain::time::Timestamp;
use domain::{Code, Problem, ProgramId, ServiceId, WebinarId};
use serde::Serialize;

/// A connection.
#[derive(Serialize)]
pub(crate) struct ConnectionView {
    program_id: ProgramId,
    program_name: String,
    service: ServiceId,
    webinar: WebinarView,
    channel: Channel,
    /// Statuses that the channel lacks: what would set them does nothing.
    missing_statuses: Vec<&'static str>,
    connected_at: Timestamp,
    refreshed_at: Timestamp,
    /// Starts that the webinar was moved away from, the latest last (R13). For information: nothing depends on them.
    moved_from: Vec<Timestamp>,
    problem: Option<Problem>,
    /// The webinar that the program was connected to until this request, whose registrants stay as they are.
    #[serde(skip_serializing_if = "Option::is_none")]
    replaced: Option<WebinarId>,
}

impl ConnectionView {
    /// The view, given every service there is: what is wrong with the connection's service now is told even before
    /// the webinar is read again (R1, R3).
    pub(super) fn of(connection: Connection, services: &[Service]) -> Self {
        let service = services.iter().find(|service| service.id == connection.service);
        let obstacle = service.map_or(Some(Code::ServiceNotFound), |service| service.obstacle_to(&connection.snapshot));
        // Only the service's own record tells this: where a reading wrote it down, it is over.
        let found = connection.problem.filter(|problem| problem.code != Code::ServiceSuperseded);
        Self {
            program_id: connection.program,
            program_name: connection.program_name,
            service: connection.service,
            webinar: WebinarView::of_snapshot(&connection.snapshot),
            missing_statuses: missing_statuses(&connection.channel),
            channel: connection.channel,
            connected_at: connection.connected_at,
            refreshed_at: connection.refreshed_at,
            moved_from: connection.moved_from,
            problem: obstacle.map(Problem::of).or(found),
            replaced: None,
        }
    }

    /// Says which webinar the program was connected to until now.
    pub(super) fn replacing(self, replaced: Option<WebinarId>) -> Self {
        Self { replaced, ..self }
    }
}
