//! Refreshes connections (R4, R13): after one of Zoom's events at once, and by the tick for changes whose event was lost.

use crate::connections::refresh::{RefreshScope, refresh};
use crate::state::AppState;
use anyhow::Context;
use domain::records::ProgramConnection;
use domain::time::{SignedDuration, Timestamp};
use domain::{Error, WebinarId};
use futures::StreamExt;
use futures::stream;
use platform::internal_api::JobReport;

/// How long a connection stays fresh. Events report most changes at once; this bounds how long a lost event goes
/// unnoticed, at the cost of 96 calls per program and day.
const REFRESH_INTERVAL: SignedDuration = SignedDuration::from_mins(15);

/// How long a connection is refreshed after the webinar's end: hosts overrun and move webinars at the last moment.
const REFRESHED_AFTER_END: SignedDuration = SignedDuration::from_hours(24);

/// Maximum number of connections refreshed at once. Each may write My Tokens, and Adobe advises at most 5 concurrent
/// calls for one integration (docs/reference/marketo.md).
const MAX_CONCURRENT_REFRESHES: usize = 4;

/// Minimum time left to start a refresh: one call to Zoom and one to Marketo.
const MIN_TIME: SignedDuration = SignedDuration::from_secs(2);

/// Refreshes the connections that are due, the stalest first. Reports how many were refreshed.
///
/// # Errors
/// When the store fails.
pub(crate) async fn refresh_due(state: &AppState, deadline: Timestamp) -> anyhow::Result<JobReport> {
    let connections = state.ports.connections().all().await.context("reading the connections")?;
    Ok(refresh_all(state, due(connections, state.now()), deadline).await)
}

/// Refreshes the connections of one webinar. Returns how many were refreshed.
///
/// # Errors
/// When the store fails.
pub(crate) async fn refresh_webinar(state: &AppState, webinar: WebinarId) -> Result<u64, Error> {
    let mut connections = state.ports.connections().all().await?;
    connections.retain(|connection| connection.snapshot.id == webinar);
    Ok(refresh_all(state, connections, state.deadline()).await.done)
}

/// Refreshes connections in order until the deadline. A failure does not stop the others.
async fn refresh_all(state: &AppState, connections: Vec<ProgramConnection>, deadline: Timestamp) -> JobReport {
    let refreshes: Vec<_> =
        connections.into_iter().map(|connection| try_refresh(state, connection, deadline)).collect();
    let refreshed = stream::iter(refreshes).buffer_unordered(MAX_CONCURRENT_REFRESHES);
    let add = |report: JobReport, refreshed: Option<bool>| {
        let done = report.done + u64::from(refreshed == Some(true));
        std::future::ready(JobReport { done, is_left: report.is_left || refreshed.is_none() })
    };
    refreshed.fold(JobReport::default(), add).await
}

/// Refreshes a connection. Returns whether that succeeded; `None` if there is no time for it.
async fn try_refresh(state: &AppState, connection: ProgramConnection, deadline: Timestamp) -> Option<bool> {
    if state.now() + MIN_TIME > deadline {
        return None;
    }
    let program = connection.program;
    match refresh(state, connection, RefreshScope::Webinar, deadline).await {
        Ok(_) => Some(true),
        Err(error) => {
            platform::log!(Warn, "program.refresh_failed", program = program, error = error);
            Some(false)
        }
    }
}

/// Returns the connections that are due, those that are long over last, else the stalest first.
fn due(connections: Vec<ProgramConnection>, now: Timestamp) -> Vec<ProgramConnection> {
    let mut due: Vec<_> = connections.into_iter().filter(|connection| is_due(connection, now)).collect();
    due.sort_by_key(|connection| (is_long_over(connection, now), connection.refreshed_at));
    due
}

fn is_long_over(connection: &ProgramConnection, now: Timestamp) -> bool {
    now.duration_since(connection.snapshot.end_time()) > REFRESHED_AFTER_END
}

/// Returns whether a connection is due. Until Zoom has answered once after the end that is known, the webinar may have been moved
/// to a later time, as while the service waited for a sign-in. That is asked in one minute of each hour, since it may not be
/// answered for months.
fn is_due(connection: &ProgramConnection, now: Timestamp) -> bool {
    if now.duration_since(connection.refreshed_at) < REFRESH_INTERVAL {
        return false;
    }
    let minute = now.as_second() / 60 % 60;
    let is_its_minute = u64::try_from(minute).is_ok_and(|minute| minute == connection.program.get() % 60);
    !is_long_over(connection, now) || (connection.refreshed_at < connection.snapshot.end_time() && is_its_minute)
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::status::Channel;
    use domain::webinar::{RegistrationMode, Snapshot};

    fn connection(program: u64, start: Timestamp, refreshed_at: Timestamp) -> ProgramConnection {
        ProgramConnection {
            v: 1,
            program: program.into(),
            program_name: String::new(),
            service: "s1".into(),
            account_id: Some("acc".into()),
            snapshot: Snapshot {
                id: 9.into(),
                topic: String::new(),
                description: String::new(),
                start_time: start,
                duration: 60,
                timezone: "UTC".into(),
                host_email: None,
                registration: RegistrationMode::Automatic,
                join_url: None,
            },
            channel: Channel { name: "Webinar".into(), statuses: Vec::new() },
            channel_read_at: None,
            statuses: Default::default(),
            connected_at: refreshed_at,
            refreshed_at,
            problem: None,
            previous_starts: Vec::new(),
            my_tokens_stale: false,
            member_fields: Default::default(),
            no_show_after_minutes: 30,
            automatic: true,
            copy_zoom_registrations: false,
            live: false,
            lead_partition: None,
        }
    }

    #[test]
    fn connections_are_due_after_15_minutes_until_a_day_after_the_end() {
        let now: Timestamp = "2026-11-02T09:00:00Z".parse().unwrap();
        let ago = |minutes| now - SignedDuration::from_mins(minutes);
        let connections = vec![
            connection(1, now, ago(15)),
            connection(2, now, ago(14)),
            connection(3, ago(25 * 60), ago(60)),
            connection(4, ago(25 * 60 + 1), ago(60)),
            connection(5, ago(-60 * 24 * 90), ago(16)),
            // Their service could not be used since before the end: the webinars may have been moved.
            connection(60, ago(60 * 24 * 40), ago(60 * 24 * 41)),
            connection(61, ago(60 * 24 * 40), ago(60 * 24 * 41)),
        ];
        let due: Vec<_> = due(connections, now).iter().map(|connection| connection.program.get()).collect();
        assert_eq!(due, [3, 5, 1, 60]);
    }
}
