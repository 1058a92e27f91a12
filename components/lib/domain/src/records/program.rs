//! Programs that are connected to webinars. Written by `catalog` alone.

use super::{MemberFields, VERSION};
use crate::code::Problem;
use crate::ids::{AccountId, ProgramId, ServiceId, WebinarId};
use crate::status::Channel;
use crate::time::Timestamp;
use crate::webinar::Snapshot;
use serde::{Deserialize, Serialize};

/// A program's connection to a webinar.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Connection {
    /// Record version.
    pub v: u32,
    /// The program.
    pub program: ProgramId,
    /// The program's name in Marketo, for people.
    pub program_name: String,
    /// The service whose webinar it is.
    pub service: ServiceId,
    /// The service's Zoom account: what belongs to an account is found by it even when the service is gone (R17).
    #[serde(default)]
    pub account_id: Option<AccountId>,
    /// The webinar as last read.
    pub snapshot: Snapshot,
    /// The program's channel.
    pub channel: Channel,
    /// When it was connected.
    pub connected_at: Timestamp,
    /// When Zoom last answered about the webinar: what it is like, that it is gone, or that we may not see it.
    pub refreshed_at: Timestamp,
    /// What is wrong with it now. A code of Marketo's means only that its My Tokens lag behind.
    pub problem: Option<Problem>,
    /// Planned starts that no longer hold, latest last: the webinar may have run at one of them (R13). At most
    /// [`MAX_MOVES`].
    #[serde(default)]
    pub moved_from: Vec<Timestamp>,
    /// Whether the My Tokens have yet to be brought in line with the snapshot.
    #[serde(default)]
    pub tokens_due: bool,
    /// The custom fields of program members that attendance is written into.
    #[serde(default)]
    pub member_fields: MemberFields,
}

/// So many former starts are kept of a webinar: far more than people move one, far less than a record's size.
pub const MAX_MOVES: usize = 20;

impl Connection {
    /// Takes what Zoom tells of the webinar now. A start that moved is remembered (R13); a change of anything that
    /// the My Tokens show makes them due (R4).
    pub fn take(&mut self, snapshot: Snapshot, now: Timestamp) {
        let before = self.snapshot.start_time;
        if snapshot.start_time != before {
            self.moved_from.retain(|&start| start != before && start != snapshot.start_time);
            self.moved_from.push(before);
            let surplus = self.moved_from.len().saturating_sub(MAX_MOVES);
            self.moved_from.drain(..surplus);
        }
        self.tokens_due |= snapshot != self.snapshot;
        self.snapshot = snapshot;
        self.refreshed_at = now;
    }
}

/// Which programs are connected.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConnectedPrograms {
    /// Record version.
    pub v: u32,
    /// In order of connection.
    pub ids: Vec<ProgramId>,
    /// Their webinars that are not over, each once. An address's add calls of today are counted over all of them (R12).
    #[serde(default)]
    pub webinars: Vec<WebinarId>,
}

impl Default for ConnectedPrograms {
    fn default() -> Self {
        Self { v: VERSION, ids: Vec::new(), webinars: Vec::new() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::webinar::RegistrationMode;

    fn at(minute: i64) -> Timestamp {
        Timestamp::from_second(1_800_000_000 + 60 * minute)
    }

    fn starting(minute: i64) -> Snapshot {
        Snapshot {
            id: 9.into(),
            topic: "Topic".into(),
            description: String::new(),
            start_time: at(minute),
            duration: 60,
            timezone: "UTC".into(),
            host_email: None,
            registration: RegistrationMode::Automatic,
            join_url: None,
        }
    }

    fn connection() -> Connection {
        Connection {
            v: VERSION,
            program: 1.into(),
            program_name: "Program".into(),
            service: "s1".into(),
            account_id: Some("acc".into()),
            snapshot: starting(0),
            channel: Channel { name: "Webinar".into(), statuses: Vec::new() },
            connected_at: at(-9),
            refreshed_at: at(-9),
            problem: None,
            moved_from: Vec::new(),
            tokens_due: false,
            member_fields: MemberFields::default(),
        }
    }

    #[test]
    fn r13_former_starts_are_kept_once_each_and_not_the_present_one() {
        let mut connection = connection();
        connection.take(starting(0), at(-5));
        assert_eq!((connection.moved_from.len(), connection.tokens_due, connection.refreshed_at), (0, false, at(-5)));
        for minute in [10, 20, 10, 10] {
            connection.take(starting(minute), at(0));
        }
        assert_eq!(connection.moved_from, [at(0), at(20)]);
        assert!(connection.tokens_due);
    }

    #[test]
    fn r13_the_number_of_former_starts_is_bounded() {
        let mut connection = connection();
        for minute in 1..=100 {
            connection.take(starting(minute), at(0));
        }
        assert_eq!(connection.moved_from.len(), MAX_MOVES);
        assert_eq!(connection.moved_from.last(), Some(&at(99)));
    }

    #[test]
    fn records_without_the_later_fields_are_read() {
        let mut json = serde_json::to_value(connection()).unwrap();
        let fields = json.as_object_mut().unwrap();
        for field in ["moved_from", "tokens_due", "account_id", "member_fields"] {
            assert!(fields.remove(field).is_some(), "{field}");
        }
        let read: Connection = serde_json::from_value(json).unwrap();
        assert!(read.moved_from.is_empty() && !read.tokens_due && read.account_id.is_none());
    }
}
