//! Refreshes a connection: reads its webinar from Zoom and writes what changed into the snapshot and the My Tokens (R4,
//! R13).

use super::qualification;
use crate::my_tokens::sync;
use crate::state::AppState;
use crate::webinars::{details, eligibility};
use crate::zoom_errors;
use domain::records::ProgramConnection;
use domain::time::{SignedDuration, Timestamp};
use domain::webinar::Snapshot;
use domain::{Error, ErrorCode, Problem};
use platform::services;

/// How much is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum RefreshScope {
    /// The webinar, and once a day the channel. Marketo is called beyond that only when the My Tokens change, because its
    /// quota is shared with every other integration of the customer.
    Webinar,
    /// The program, its channel and its My Tokens as well: an admin asked for the refresh.
    Everything,
}

/// The webinar's state as Zoom and the service's record give it.
enum WebinarState {
    /// The webinar is eligible.
    Eligible(Box<Snapshot>),
    /// Zoom answered with a lasting problem.
    Problem(Problem),
    /// The service cannot be used, so Zoom was not called.
    ServiceUnusable(Problem),
}

/// How long a channel counts as unchanged. Its statuses are renamed rarely, and reading it takes two calls.
const CHANNEL_INTERVAL: SignedDuration = SignedDuration::from_hours(24);

/// Codes that last until a person acts. They become the connection's problem; any other code ends the refresh, and the
/// next tick repeats it.
const LASTING_CODES: [ErrorCode; 6] = [
    ErrorCode::ServiceNotFound,
    ErrorCode::ServiceSuperseded,
    ErrorCode::ServiceNeedsSignIn,
    ErrorCode::ServiceLacksPermission,
    ErrorCode::WebinarNotFound,
    ErrorCode::HostLacksLicence,
];

/// Refreshes a connection and writes the result, including its problem.
///
/// # Errors
/// When Zoom or the store fails; then the connection is unchanged.
pub(crate) async fn refresh(
    state: &AppState,
    mut connection: ProgramConnection,
    scope: RefreshScope,
    deadline: Timestamp,
) -> Result<ProgramConnection, Error> {
    let webinar = read_webinar(state, &connection, deadline).await?;
    let now = state.now();
    let before = connection.clone();
    let mut problem = None;
    match webinar {
        WebinarState::Eligible(snapshot) => connection.update_snapshot(*snapshot, now),
        WebinarState::Problem(found) => {
            connection.refreshed_at = now;
            // Zoom deletes webinars some time after their end; that is no problem.
            let is_expired = found.code == ErrorCode::WebinarNotFound && connection.snapshot.end_time() <= now;
            problem = (!is_expired).then_some(found);
        }
        WebinarState::ServiceUnusable(found) => problem = Some(found),
    }
    let is_requested = scope == RefreshScope::Everything;
    connection.my_tokens_stale |= is_requested;
    // While the service cannot be used, each tick comes here.
    let is_answered = connection.refreshed_at == now;
    if is_requested || (is_answered && is_channel_due(&connection, now)) {
        match qualification::qualified_program(&state.marketo(deadline), connection.program).await {
            Ok(program) => {
                connection.program_name = program.name;
                connection.statuses.refresh(&program.channel);
                connection.channel = program.channel;
                connection.channel_read_at = Some(now);
            }
            Err(error) if is_requested => problem = problem.or_else(|| Some(error.problem())),
            // The next refresh repeats it.
            Err(error) => platform::log!(Warn, "channel.read_failed", program = connection.program, error = error),
        }
    }
    connection.problem = problem;
    let is_changed = connection.problem != before.problem || connection.refreshed_at != before.refreshed_at;
    if is_changed || scope == RefreshScope::Everything {
        state.ports.connections().update(&connection).await?;
    }
    // An unusable service often stays so for days. Its My Tokens wait for it, unless an admin asked.
    if connection.my_tokens_stale && (connection.refreshed_at == now || scope == RefreshScope::Everything) {
        write_my_tokens(state, &mut connection, deadline).await?;
    }
    Ok(connection)
}

/// Returns whether a channel may have changed in Marketo: a day has passed since it was read, and the webinar is ahead.
fn is_channel_due(connection: &ProgramConnection, now: Timestamp) -> bool {
    let is_old = connection.channel_read_at.is_none_or(|at| now.duration_since(at) >= CHANNEL_INTERVAL);
    is_old && now < connection.snapshot.end_time()
}

/// Writes the connection's My Tokens to Marketo and records the outcome. A failure becomes the connection's problem; the
/// My Tokens stay stale, and the next refresh repeats the write.
///
/// # Errors
/// When the store fails.
pub(super) async fn write_my_tokens(
    state: &AppState,
    connection: &mut ProgramConnection,
    deadline: Timestamp,
) -> Result<(), Error> {
    let marketo = state.marketo(deadline);
    match sync::write_outdated(&marketo, connection.program, &connection.snapshot).await {
        Ok(()) => connection.my_tokens_stale = false,
        Err(error) => {
            platform::log!(Warn, "my_tokens.write_failed", program = connection.program, error = error);
            connection.problem.get_or_insert_with(|| error.problem());
        }
    }
    state.ports.connections().update(connection).await
}

async fn read_webinar(
    state: &AppState,
    connection: &ProgramConnection,
    deadline: Timestamp,
) -> Result<WebinarState, Error> {
    let service = match services::usable(state.ports.store(), &connection.service).await {
        Ok(service) => service,
        Err(Error::Rejected(problem)) => return Ok(WebinarState::ServiceUnusable(problem)),
        Err(error) => return Err(error),
    };
    match details::fetch(state, &connection.service, connection.snapshot.id, deadline).await {
        Ok(webinar) => Ok(match eligibility::eligible_snapshot(&service, &webinar) {
            Ok(snapshot) => WebinarState::Eligible(Box::new(snapshot)),
            Err(problem) => WebinarState::Problem(problem),
        }),
        Err(error) => {
            let error = zoom_errors::reading_webinar(error);
            let problem = error.problem();
            if LASTING_CODES.contains(&problem.code) { Ok(WebinarState::Problem(problem)) } else { Err(error) }
        }
    }
}
