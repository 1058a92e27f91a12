//! Programs that are connected to webinars. Only `catalog` writes these records.

use super::member_fields::MemberFields;
use super::record::Record;
use crate::error_code::Problem;
use crate::first_version;
use crate::ids::{AccountId, ProgramId, ServiceId, WebinarId};
use crate::status::{
    Channel, KeptStatus, Meaning, ProgressionStatus, STATUS_CHANGES, StatusChange, StatusMapping, guess, is_same_name,
};
use crate::time::Timestamp;
use crate::webinar::Snapshot;
use serde::{Deserialize, Serialize};
use std::borrow::Cow;

/// A program's connection to a webinar.
///
/// Its record is what an admin chose, with the webinar and the channel as they were then. What refreshes learnt since is in
/// a record of its own, `RefreshedState`: readers combine them ([`ProgramConnection::with`]).
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct ProgramConnection {
    /// Record version.
    pub v: u32,
    /// The program.
    pub program: ProgramId,
    /// The program's name in Marketo.
    pub program_name: String,
    /// The service that the webinar belongs to.
    pub service: ServiceId,
    /// Zoom account of the service, which stays known after the service is deleted (R17).
    #[serde(default)]
    pub account_id: Option<AccountId>,
    /// The webinar as last read from Zoom.
    pub snapshot: Snapshot,
    /// The program's channel.
    pub channel: Channel,
    /// When the channel was read from Marketo.
    #[serde(default)]
    pub channel_read_at: Option<Timestamp>,
    /// What the channel's statuses mean (R21). Empty in records of earlier versions, for which it is guessed.
    #[serde(default)]
    pub statuses: StatusMapping,
    /// When it was connected.
    pub connected_at: Timestamp,
    /// When Zoom last answered a request for the webinar, with the webinar or with an error.
    pub refreshed_at: Timestamp,
    /// The present problem. A Marketo code means only that the My Tokens are not up to date.
    pub problem: Option<Problem>,
    /// Former planned starts, latest last; the webinar may have taken place at one of them (R13). At most
    /// [`MAX_PREVIOUS_STARTS`].
    #[serde(default)]
    pub previous_starts: Vec<Timestamp>,
    /// Whether the My Tokens have yet to be written from the snapshot.
    #[serde(default)]
    pub my_tokens_stale: bool,
    /// The custom fields of program members that receive attendance.
    #[serde(default)]
    pub member_fields: MemberFields,
    /// How many minutes after the end of the webinar people are set to No Show (R19).
    #[serde(default = "default_no_show_after")]
    pub no_show_after_minutes: u32,
    /// Whether setting the mapped status alone registers or cancels (R23).
    #[serde(default = "default_automatic")]
    pub automatic: bool,
    /// Whether people who register on Zoom's own page become leads and members of the program (R10).
    #[serde(default)]
    pub copy_zoom_registrations: bool,
    /// Whether people are set to Attended as soon as they join, while the webinar is under way.
    #[serde(default)]
    pub live: bool,
    /// The lead partition in which leads are created; Marketo's default if there is none.
    #[serde(default)]
    pub lead_partition: Option<LeadPartition>,
}

/// A lead partition of Marketo.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LeadPartition {
    /// The id, which leads have.
    pub id: u64,
    /// The name, which requests have.
    pub name: String,
}

/// The setting [`ProgramConnection::no_show_after_minutes`] of a new connection. Zoom takes up to half an hour to
/// complete a report (docs/reference/zoom.md).
pub const DEFAULT_NO_SHOW_AFTER_MINUTES: u32 = 30;

const fn default_no_show_after() -> u32 {
    DEFAULT_NO_SHOW_AFTER_MINUTES
}

const fn default_automatic() -> bool {
    true
}

/// Maximum number of former starts that are kept. People move a webinar far less often.
pub const MAX_PREVIOUS_STARTS: usize = 20;

first_version!(ProgramConnection, ConnectedPrograms, ArchivedPrograms);

impl ProgramConnection {
    /// Returns the status that has a meaning (R21); `None` if the channel has none for it.
    pub fn status_for(&self, meaning: Meaning) -> Option<&ProgressionStatus> {
        self.channel.find(self.mapping().get(meaning)?.status.as_deref()?)
    }

    /// Returns whether a member's status is the one that has a meaning.
    pub fn is_status(&self, meaning: Meaning, name: &str) -> bool {
        self.status_for(meaning).is_some_and(|status| is_same_name(&status.name, name))
    }

    /// Returns the changes of status that the channel's steps make impossible (R16).
    pub fn impossible_changes(&self) -> impl Iterator<Item = StatusChange> {
        STATUS_CHANGES.into_iter().filter(|change| self.is_impossible(*change))
    }

    /// Returns whether the channel's steps make a change of status impossible (R16).
    pub fn is_impossible(&self, change: StatusChange) -> bool {
        let (from, to) = (self.status_for(change.from), self.status_for(change.to));
        from.zip(to).is_some_and(|(from, to)| to.step < from.step)
    }

    /// Explains why Marketo left a member in the status `present` instead of moving it to the one that means `wanted`
    /// (R16).
    pub fn kept_status(&self, present: &str, wanted: Meaning) -> KeptStatus {
        match self.channel.find(present).zip(self.status_for(wanted)) {
            Some((present, status)) => {
                let attended = || guess::says_attended(&present.name).then_some(Meaning::Attended);
                let meaning = self.mapping().meaning_of(&present.name).or_else(attended);
                KeptStatus::of(present, meaning, status, wanted)
            }
            // A status that is new in the channel: a user moved the member to it.
            None => KeptStatus::Reached,
        }
    }

    /// Returns the complete mapping of statuses.
    pub fn mapping(&self) -> Cow<'_, StatusMapping> {
        if self.statuses.is_complete() {
            return Cow::Borrowed(&self.statuses);
        }
        let mut mapping = self.statuses.clone();
        mapping.refresh(&self.channel);
        Cow::Owned(mapping)
    }

    /// Replaces the snapshot by a newer one. Keeps a start that has moved (R13), and marks the My Tokens as stale after
    /// any change (R4).
    pub fn update_snapshot(&mut self, snapshot: Snapshot, now: Timestamp) {
        let before = self.snapshot.start_time;
        if snapshot.start_time != before {
            self.previous_starts.retain(|&start| start != before && start != snapshot.start_time);
            self.previous_starts.push(before);
            let surplus = self.previous_starts.len().saturating_sub(MAX_PREVIOUS_STARTS);
            self.previous_starts.drain(..surplus);
        }
        self.my_tokens_stale |= snapshot != self.snapshot;
        self.snapshot = snapshot;
        self.refreshed_at = now;
    }
}

/// The connected programs, without those that are archived.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConnectedPrograms {
    /// Record version.
    pub v: u32,
    /// Ids, in order of connection.
    pub ids: Vec<ProgramId>,
    /// Their webinars that are not over, each once.
    #[serde(default)]
    pub webinars: Vec<WebinarId>,
    /// The programs that set people to Attended while the webinar is under way. May have ones that no longer do.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub live: Vec<ProgramId>,
    /// The programs that get registrations of Zoom's page (R10). May have ones that no longer do.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub copying: Vec<ProgramId>,
}

impl Default for ConnectedPrograms {
    fn default() -> Self {
        Self { v: Self::VERSION, ids: Vec::new(), webinars: Vec::new(), live: Vec::new(), copying: Vec::new() }
    }
}

/// Programs whose webinar ended long ago. They are connected, but the tick has nothing to do for them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ArchivedPrograms {
    /// Record version.
    pub v: u32,
    /// Ids, in order of archiving.
    pub ids: Vec<ProgramId>,
}

impl Default for ArchivedPrograms {
    fn default() -> Self {
        Self { v: Self::VERSION, ids: Vec::new() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing;

    fn at(minute: i64) -> Timestamp {
        Timestamp::from_second(1_800_000_000 + 60 * minute).unwrap()
    }

    fn starting(minute: i64) -> Snapshot {
        Snapshot { start_time: at(minute), ..testing::connection(&[]).snapshot }
    }

    fn connection() -> ProgramConnection {
        let (account_id, snapshot) = (Some("acc".into()), starting(0));
        let (connected_at, refreshed_at) = (at(-9), at(-9));
        ProgramConnection { account_id, snapshot, connected_at, refreshed_at, ..testing::connection(&[]) }
    }

    #[test]
    fn r13_former_starts_are_kept_once_without_the_present_one() {
        let mut connection = connection();
        connection.update_snapshot(starting(0), at(-5));
        assert_eq!(
            (connection.previous_starts.len(), connection.my_tokens_stale, connection.refreshed_at),
            (0, false, at(-5))
        );
        for minute in [10, 20, 10, 10] {
            connection.update_snapshot(starting(minute), at(0));
        }
        assert_eq!(connection.previous_starts, [at(0), at(20)]);
        assert!(connection.my_tokens_stale);
    }

    #[test]
    fn r13_the_number_of_former_starts_is_bounded() {
        let mut connection = connection();
        for minute in 1..=100 {
            connection.update_snapshot(starting(minute), at(0));
        }
        assert_eq!(connection.previous_starts.len(), MAX_PREVIOUS_STARTS);
        assert_eq!(connection.previous_starts.last(), Some(&at(99)));
    }

    #[test]
    fn records_without_optional_fields_are_read() {
        let mut json = serde_json::to_value(connection()).unwrap();
        let fields = json.as_object_mut().unwrap();
        for field in [
            "previous_starts",
            "my_tokens_stale",
            "account_id",
            "member_fields",
            "no_show_after_minutes",
            "automatic",
            "copy_zoom_registrations",
            "live",
            "statuses",
            "channel_read_at",
            "lead_partition",
        ] {
            assert!(fields.remove(field).is_some(), "{field}");
        }
        let read: ProgramConnection = serde_json::from_value(json).unwrap();
        assert!(read.previous_starts.is_empty() && !read.my_tokens_stale && read.account_id.is_none());
        assert!(read.automatic && !read.copy_zoom_registrations && !read.live);
    }
}
