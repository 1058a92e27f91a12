//! Reads the status changes of connected programs since the last poll: one call a minute while nothing happens (R23).

use super::notice::notice;
use crate::state::AppState;
use crate::store::activity_cursor;
use domain::records::{ActivityCursor, ProgramConnection, Record};
use domain::status::Meaning;
use domain::time::{SignedDuration, Timestamp};
use domain::{Error, LeadId, ProgramId, Retry};
use marketo_client::activities::{StatusChange, StatusChangePage};
use marketo_client::{MarketoClient, MarketoError};
use std::collections::{BTreeMap, BTreeSet};

/// How far before the last complete poll reading begins again without a valid token. Activities show late, and a lead that
/// is noticed twice is attempted once.
const OVERLAP: SignedDuration = SignedDuration::from_mins(5);

/// How far back reading begins at most. The comparison with the memberships finds what is older.
const MAX_LOOKBACK: SignedDuration = SignedDuration::from_hours(24);

/// Minimum time left to read a page.
const MIN_TIME_LEFT: SignedDuration = SignedDuration::from_secs(5);

/// Reads the status changes of these connections, and notices the leads that are to be attempted. Saves the cursor after
/// each page, once its leads are recorded. Returns the number of noticed leads.
///
/// # Errors
/// Marketo or the store failed. The next poll continues where this one ended.
pub async fn poll(state: &AppState, connections: &[ProgramConnection], deadline: Timestamp) -> Result<u64, Error> {
    let began = state.ports.clock.now();
    let marketo = state.marketo(deadline);
    let mut cursor = activity_cursor::read(state).await?.unwrap_or(ActivityCursor {
        v: ActivityCursor::VERSION,
        page_token: None,
        read_until: began,
        problem: None,
    });
    let mut noticed = 0;
    loop {
        let page = match next_page(&marketo, connections, &mut cursor, began).await {
            Ok(page) => page,
            Err(error) => {
                let error = Error::from(error);
                activity_cursor::record_problem(state, cursor, Some(error.problem())).await?;
                return Err(error);
            }
        };
        noticed += notice_page(state, &marketo, connections, &page.changes).await?;
        let read_until = if page.has_more { cursor.read_until } else { began };
        // Without a token the next poll begins at `read_until`.
        cursor = ActivityCursor { page_token: page.next_page_token, read_until, problem: None, ..cursor };
        activity_cursor::write(state, &cursor).await?;
        if !page.has_more || state.ports.clock.now() + MIN_TIME_LEFT > deadline {
            return Ok(noticed);
        }
    }
}

/// Reads the next page. Begins again by time without a token, and when Marketo does not accept the token any more.
async fn next_page(
    marketo: &MarketoClient,
    connections: &[ProgramConnection],
    cursor: &mut ActivityCursor,
    now: Timestamp,
) -> Result<StatusChangePage, MarketoError> {
    let programs: Vec<_> = connections.iter().map(|connection| connection.program).collect();
    if let Some(token) = &cursor.page_token {
        match marketo.status_changes(&programs, token).await {
            Err(MarketoError::Api(code)) => {
                platform::log!(Warn, "activities.restarted", code = code);
                cursor.page_token = None;
            }
            page => return page,
        }
    }
    let since = (cursor.read_until - OVERLAP).max(now - MAX_LOOKBACK);
    let token = marketo.activities_since(since).await?;
    match marketo.status_changes(&programs, &token).await {
        // One of the programs may be gone in Marketo. The changes of all programs come without their names.
        Err(MarketoError::Api(_)) => marketo.status_changes(&[], &token).await,
        page => page,
    }
}

/// Notices the leads of a page, program by program.
async fn notice_page(
    state: &AppState,
    marketo: &MarketoClient,
    connections: &[ProgramConnection],
    changes: &[StatusChange],
) -> Result<u64, Error> {
    let mut by_program: BTreeMap<ProgramId, BTreeSet<LeadId>> = BTreeMap::new();
    for change in changes {
        let connection = connections.iter().find(|connection| connection.program == change.program);
        if connection.is_some_and(|connection| is_of_interest(connection, change)) {
            by_program.entry(change.program).or_default().insert(change.lead);
        }
    }
    let mut noticed = 0;
    for connection in connections {
        if let Some(leads) = by_program.get(&connection.program) {
            let leads: Vec<_> = leads.iter().copied().collect();
            match notice(state, marketo, connection, &leads).await {
                Ok(count) => noticed += count,
                // A program that was deleted in Marketo, for example. The others go on.
                Err(Error::Upstream(error)) if error.retry == Retry::Never => {
                    let (program, code) = (connection.program, error.problem.code);
                    platform::log!(Warn, "status_change.notice_failed", program = program, code = code);
                }
                Err(error) => return Err(error),
            }
        }
    }
    Ok(noticed)
}

/// Returns whether a change may register or cancel. A status that cannot be read may be any (R22).
fn is_of_interest(connection: &ProgramConnection, change: &StatusChange) -> bool {
    let means =
        |name: &str| [Meaning::Registered, Meaning::Cancelled].iter().any(|one| connection.is_status(*one, name));
    change.status.as_deref().is_none_or(means)
}
