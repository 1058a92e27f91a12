//! Which connections the tick reads again. Pure.

use domain::records::Connection;
use domain::time::{SignedDuration, Timestamp};

/// A webinar is read again after this long. Events tell of most changes at once; this bounds how long one that was
/// lost goes unnoticed, at 96 light calls per program and day.
const INTERVAL: SignedDuration = SignedDuration::from_mins(15);

/// A webinar that is over is followed this much longer, since hosts overrun and move webinars at the last moment.
const FOLLOWED_AFTER_END: SignedDuration = SignedDuration::from_hours(24);

/// Those that are due, the longest unread first, so that all get their turn when time is short.
pub(super) fn due(connections: Vec<Connection>, now: Timestamp) -> Vec<Connection> {
    let mut due: Vec<_> = connections.into_iter().filter(|connection| is_due(connection, now)).collect();
    due.sort_by_key(|connection| connection.refreshed_at);
    due
}

fn is_due(connection: &Connection, now: Timestamp) -> bool {
    now.duration_since(connection.refreshed_at) >= INTERVAL
        && now.duration_since(connection.snapshot.end_time()) <= FOLLOWED_AFTER_END
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::status::Channel;
    use domain::webinar::{RegistrationMode, Snapshot};

    fn connection(program: u64, start: Timestamp, refreshed_at: Timestamp) -> Connection {
        Connection {
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
            connected_at: refreshed_at,
            refreshed_at,
            problem: None,
            moved_from: Vec::new(),
            tokens_due: false,
            member_fields: Default::default(),
        }
    }

    #[test]
    fn due_is_what_was_not_read_for_15_minutes_and_is_not_long_over() {
        let now: Timestamp = "2026-11-02T09:00:00Z".parse().unwrap();
        let ago = |minutes| now - SignedDuration::from_mins(minutes);
        let connections = vec![
            connection(1, now, ago(15)),
            connection(2, now, ago(14)),
            connection(3, ago(25 * 60), ago(60)),
            connection(4, ago(25 * 60 + 1), ago(60)),
            connection(5, ago(-60 * 24 * 90), ago(16)),
        ];
        let due: Vec<_> = due(connections, now).iter().map(|connection| connection.program.get()).collect();
        assert_eq!(due, [3, 5, 1]);
    }
}
