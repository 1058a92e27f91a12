//! Everything the stand-in Marketo holds: its subscription's leads, programs, members and what happened to them.
//!
//! Nothing here knows HTTP. The current time is an argument wherever it matters.

mod activity;
mod field;
mod lead;
mod lead_sync;
mod member;
mod member_fields;
mod program;
mod seed;
mod snapshot;

use std::collections::BTreeMap;

use jiff::Timestamp;

pub use activity::{Activity, ActivityType, SentEmail, Violation};
pub use field::{Field, FieldType};
pub use lead::{Lead, LeadDatabase};
pub(super) use lead::{comparable, whole_seconds};
pub use lead_sync::{LeadSync, SyncAction};
pub use member::{ChangedBy, Member, StatusChange};
pub use program::{Channel, MyToken, MyTokenType, NewProgram, Program, ProgressionStatus};
pub use seed::{DEFAULT_PROGRAM, JOIN_URL_FIELD, WEBINAR_CHANNEL, WEBINAR_PROGRAM};

/// The contents of one Marketo subscription.
#[derive(Debug, Default)]
pub struct World {
    /// People.
    pub leads: LeadDatabase,
    /// Channels by name.
    pub channels: BTreeMap<String, Channel>,
    /// Programs by id.
    pub programs: BTreeMap<i64, Program>,
    /// Who is a member of which program, keyed by (program id, lead id).
    pub members: BTreeMap<(i64, i64), Member>,
    /// The custom fields of program members: at most 20 in a subscription.
    pub member_fields: Vec<Field>,
    /// What was logged about leads, oldest first.
    pub activities: Vec<Activity>,
    /// The e-mails that campaigns sent, oldest first.
    pub emails: Vec<SentEmail>,
    /// Where somebody broke a rule that Marketo would swallow in silence, oldest first.
    pub violations: Vec<Violation>,
    last_id: i64,
}

impl World {
    /// The next id for a thing that has no id range of its own.
    pub(super) fn next_id(&mut self) -> i64 {
        self.last_id += 1;
        self.last_id
    }

    /// Notes that somebody broke a rule.
    pub(super) fn violation(&mut self, at: Timestamp, source: &str, message: impl Into<String>) -> String {
        let message = message.into();
        self.violations.push(Violation { at, source: source.to_owned(), message: message.clone() });
        message
    }
}
