//! The contents of one Marketo subscription.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use serde_json::{Value, json};

use crate::marketo::subscription::activity::{Activity, ActivityType, SentEmail, Violation};
use crate::marketo::subscription::field::Field;
use crate::marketo::subscription::lead::LeadDatabase;
use crate::marketo::subscription::member::Member;
use crate::marketo::subscription::program::{Channel, NewProgram, Program};

/// The contents of one Marketo subscription.
#[derive(Debug, Default)]
pub struct Subscription {
    /// The leads.
    pub leads: LeadDatabase,
    /// Channels by name.
    pub channels: BTreeMap<String, Channel>,
    /// Programs by id.
    pub programs: BTreeMap<i64, Program>,
    /// The members of programs, by (program id, lead id).
    pub members: BTreeMap<(i64, i64), Member>,
    /// The leads in partitions that the API user may not access.
    pub closed_partition: BTreeSet<i64>,
    /// The custom fields of program members; a subscription has at most 20.
    pub member_fields: Vec<Field>,
    /// The activities of leads, oldest first.
    pub activities: Vec<Activity>,
    /// The activities that the API never shows.
    pub hidden_activities: BTreeSet<i64>,
    /// The sent e-mails, oldest first.
    pub emails: Vec<SentEmail>,
    /// The violations of rules that Marketo does not report, oldest first.
    pub violations: Vec<Violation>,
    last_id: i64,
}

impl Subscription {
    /// Returns the next id for records without an id range of their own.
    pub(super) fn next_id(&mut self) -> i64 {
        self.last_id += 1;
        self.last_id
    }

    /// Records a violation. Returns its message.
    pub(crate) fn violation(&mut self, at: Timestamp, source: &str, message: impl Into<String>) -> String {
        let message = message.into();
        self.violations.push(Violation { at, source: source.to_owned(), message: message.clone() });
        message
    }

    /// Logs an activity of a lead.
    pub(crate) fn log(
        &mut self,
        kind: ActivityType,
        lead_id: i64,
        program_id: Option<i64>,
        attributes: Value,
        at: Timestamp,
    ) {
        let id = self.next_id();
        self.activities.push(Activity { id, kind, type_id: kind.number(), lead_id, program_id, at, attributes });
    }

    /// Adds a channel, or replaces the one with the same name. Returns its id.
    pub fn add_channel(&mut self, mut channel: Channel) -> i64 {
        if channel.id == 0 {
            channel.id = self.channels.values().map(|known| known.id).max().unwrap_or(0) + 1;
        }
        let id = channel.id;
        self.channels.insert(channel.name.clone(), channel);
        id
    }

    /// Adds a program, or replaces the one with the same id. Returns its id.
    pub fn add_program(&mut self, new: NewProgram, now: Timestamp) -> i64 {
        let id = new.id.unwrap_or_else(|| self.programs.keys().max().map_or(1_001, |last| last + 1));
        let program = Program {
            id,
            name: new.name,
            kind: new.kind,
            channel: new.channel,
            my_tokens: BTreeMap::new(),
            created_at: now,
            updated_at: now,
        };
        self.programs.insert(id, program);
        id
    }

    /// Returns the members of a program, by lead id.
    pub(crate) fn members_of(&self, program_id: i64) -> impl Iterator<Item = &Member> {
        self.members.range((program_id, i64::MIN)..=(program_id, i64::MAX)).map(|(_, member)| member)
    }

    /// Returns the contents as JSON; lists are in order of id or time.
    pub fn snapshot(&self) -> Value {
        let leads: Vec<Value> = self
            .leads
            .by_id
            .values()
            .map(|lead| json!({"id": lead.id, "createdAt": lead.created_at, "updatedAt": lead.updated_at, "fields": lead.fields}))
            .collect();
        json!({
            "leads": leads,
            "channels": self.channels.values().collect::<Vec<_>>(),
            "programs": self.programs.values().collect::<Vec<_>>(),
            "members": self.members.values().collect::<Vec<_>>(),
            "memberFields": self.member_fields,
            "activities": self.activities,
            "emails": self.emails,
            "violations": self.violations,
        })
    }
}
