//! What refreshes learnt of a connected program since an admin connected it. Only `catalog`'s refreshes write these
//! records.

use super::program::ProgramConnection;
use super::record::Record;
use crate::error_code::Problem;
use crate::first_version;
use crate::ids::{AccountId, ServiceId};
use crate::status::Channel;
use crate::time::Timestamp;
use crate::webinar::Snapshot;
use serde::{Deserialize, Serialize};

/// What Zoom and Marketo said about a connected program when it was last refreshed.
///
/// It lies beside the connection, which only admins write, so that a refresh never undoes what an admin chose meanwhile.
/// It names the connection that it belongs to: one of an earlier connection says nothing about the present one.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct RefreshedState {
    /// Record version.
    pub v: u32,
    /// The service of the connection.
    pub service: ServiceId,
    /// When the program was connected.
    pub connected_at: Timestamp,
    /// Zoom account of the service (R17).
    #[serde(default)]
    pub account_id: Option<AccountId>,
    /// The program's name in Marketo.
    pub program_name: String,
    /// The webinar.
    pub snapshot: Snapshot,
    /// The program's channel.
    pub channel: Channel,
    /// When the channel was read from Marketo.
    #[serde(default)]
    pub channel_read_at: Option<Timestamp>,
    /// When Zoom last answered a request for the webinar.
    pub refreshed_at: Timestamp,
    /// The present problem.
    pub problem: Option<Problem>,
    /// Former planned starts (R13).
    #[serde(default)]
    pub previous_starts: Vec<Timestamp>,
    /// Whether the My Tokens have yet to be written from the snapshot.
    #[serde(default)]
    pub my_tokens_stale: bool,
}

first_version!(RefreshedState);

impl RefreshedState {
    /// Returns what a connection says of Zoom and Marketo.
    pub fn of(connection: &ProgramConnection) -> Self {
        let connection = connection.clone();
        Self {
            v: Self::VERSION,
            service: connection.service,
            connected_at: connection.connected_at,
            account_id: connection.account_id,
            program_name: connection.program_name,
            snapshot: connection.snapshot,
            channel: connection.channel,
            channel_read_at: connection.channel_read_at,
            refreshed_at: connection.refreshed_at,
            problem: connection.problem,
            previous_starts: connection.previous_starts,
            my_tokens_stale: connection.my_tokens_stale,
        }
    }

    /// Returns whether it belongs to a connection, and not to an earlier one of the program.
    fn is_of(&self, connection: &ProgramConnection) -> bool {
        self.service == connection.service
            && self.snapshot.id == connection.snapshot.id
            && self.connected_at == connection.connected_at
    }
}

impl ProgramConnection {
    /// Returns whether two connections of a program are the same: the program was not re-connected in between.
    pub fn is_same(&self, other: &Self) -> bool {
        self.service == other.service
            && self.snapshot.id == other.snapshot.id
            && self.connected_at == other.connected_at
    }

    /// Adds what a refresh learnt. What an admin's action read later stays, and so do the admin's settings; statuses that
    /// were guessed follow the channel (R21).
    #[must_use]
    pub fn with(mut self, refreshed: RefreshedState) -> Self {
        if !refreshed.is_of(&self) {
            return self;
        }
        if refreshed.channel_read_at >= self.channel_read_at {
            self.program_name = refreshed.program_name;
            self.channel_read_at = refreshed.channel_read_at;
            if self.channel != refreshed.channel {
                self.channel = refreshed.channel;
                self.statuses.refresh(&self.channel);
            }
        }
        if refreshed.refreshed_at >= self.refreshed_at {
            self.snapshot = refreshed.snapshot;
            self.refreshed_at = refreshed.refreshed_at;
            self.problem = refreshed.problem;
            self.previous_starts = refreshed.previous_starts;
            self.my_tokens_stale = refreshed.my_tokens_stale;
        }
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::records::record::read;
    use crate::status::{Meaning, ProgressionStatus};
    use crate::time::SignedDuration;

    /// Returns the connection of the sample, which is also a record from before refreshes had records of their own.
    fn connection() -> ProgramConnection {
        read(include_bytes!("../../tests/records/program-connection.v1.json")).unwrap()
    }

    fn text(connection: &ProgramConnection) -> String {
        serde_json::to_string(connection).unwrap()
    }

    fn later(connection: &ProgramConnection) -> Timestamp {
        connection.refreshed_at + SignedDuration::from_mins(15)
    }

    /// Returns the state after a refresh that found another topic and another channel.
    fn refreshed(connection: &ProgramConnection) -> RefreshedState {
        let mut refreshed = connection.clone();
        let snapshot = Snapshot { topic: "New".into(), ..connection.snapshot.clone() };
        refreshed.update_snapshot(snapshot, later(connection));
        refreshed.channel.statuses.push(ProgressionStatus { name: "Attended".into(), step: 40 });
        refreshed.channel_read_at = Some(later(connection));
        refreshed.problem = None;
        RefreshedState::of(&refreshed)
    }

    #[test]
    fn a_connection_has_what_was_learnt_and_keeps_what_was_chosen() {
        let mut chosen = connection();
        chosen.no_show_after_minutes = 7;
        let combined = chosen.clone().with(refreshed(&connection()));
        assert_eq!((combined.snapshot.topic.as_str(), combined.refreshed_at), ("New", later(&chosen)));
        assert_eq!((combined.no_show_after_minutes, combined.problem.is_none()), (7, true));
        let name = |meaning| combined.status_for(meaning).map(|status| status.name.as_str());
        assert_eq!((name(Meaning::Registered), name(Meaning::Attended)), (Some("Registered"), Some("Attended")));
    }

    #[test]
    fn what_a_refresh_learnt_of_an_earlier_connection_is_ignored() {
        type Change = fn(&mut ProgramConnection);
        let changes: [Change; 3] = [
            |connection| connection.service = "other".into(),
            |connection| connection.snapshot.id = 7.into(),
            |connection| connection.connected_at += SignedDuration::from_secs(1),
        ];
        for change in changes {
            let mut reconnected = connection();
            change(&mut reconnected);
            let combined = reconnected.clone().with(refreshed(&connection()));
            assert_eq!(text(&combined), text(&reconnected));
            assert!(!reconnected.is_same(&connection()));
        }
    }

    #[test]
    fn what_an_admin_read_later_than_the_refresh_stays() {
        let mut requested = connection();
        requested.refreshed_at = later(&requested) + SignedDuration::from_secs(1);
        requested.channel_read_at = Some(requested.refreshed_at);
        let combined = requested.clone().with(refreshed(&connection()));
        assert_eq!(text(&combined), text(&requested));
    }
}
