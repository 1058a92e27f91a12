//! The default contents of a subscription.

use jiff::Timestamp;

use crate::marketo::subscription::contents::Subscription;
use crate::marketo::subscription::field::{Field, FieldType};
use crate::marketo::subscription::program::{Channel, NewProgram, ProgressionStatus};

/// Name of the channel for webinars.
pub const WEBINAR_CHANNEL: &str = "Webinar";
/// Name of a channel for webinars with German statuses.
pub const GERMAN_CHANNEL: &str = "Webinar (DE)";
/// Id of a program of the type "Event with Webinar" in the channel [`WEBINAR_CHANNEL`].
pub const WEBINAR_PROGRAM: i64 = 1_001;
/// Id of a program whose channel is not for webinars.
pub const DEFAULT_PROGRAM: i64 = 1_002;
/// The custom lead field that the flow step's `joinUrl` is mapped to.
pub const JOIN_URL_FIELD: &str = "zoomJoinUrl";

impl Subscription {
    /// Returns a subscription with the usual lead fields, two webinar channels and another one, and a program of the
    /// first webinar channel and of the other one.
    pub fn seeded(now: Timestamp) -> Self {
        let mut subscription = Self::default();
        subscription.leads.fields = lead_fields();
        subscription.add_channel(webinar_channel());
        subscription.add_channel(german_channel());
        subscription.add_channel(operational_channel());
        for (id, name, kind, channel) in [
            (WEBINAR_PROGRAM, "2026-12 Product webinar", "Event with Webinar", WEBINAR_CHANNEL),
            (DEFAULT_PROGRAM, "Data hygiene", "Default", "Operational"),
        ] {
            let program =
                NewProgram { id: Some(id), name: name.to_owned(), kind: kind.to_owned(), channel: channel.to_owned() };
            subscription.add_program(program, now);
        }
        subscription
    }
}

fn lead_fields() -> Vec<Field> {
    let strings = [
        "firstName",
        "lastName",
        "company",
        "title",
        "address",
        "city",
        "state",
        "country",
        "postalCode",
        "leadSource",
        "industry",
    ];
    let mut fields: Vec<Field> = strings.map(|name| Field::new(name, FieldType::String)).into();
    fields.push(Field::new("email", FieldType::Email));
    fields.push(Field::new("phone", FieldType::Phone));
    fields.push(Field::new("numberOfEmployees", FieldType::Integer));
    fields.push(Field::new("website", FieldType::Url));
    fields.push(Field::new("unsubscribed", FieldType::Boolean));
    fields.push(Field::new(JOIN_URL_FIELD, FieldType::Text));
    fields
}

/// The webinar channel that Marketo ships. The default steps of its statuses are not public.
///
/// "Registration Error" has the same step as "Registered", so that members can change between the two. The flow step
/// service runs after the status became "Registered" and must be able to report an error. A marketer retries, as with
/// Marketo's own adapters, by setting "Registered" again.
fn webinar_channel() -> Channel {
    let plain = [
        ("Not in Program", 0),
        ("Invited", 10),
        ("Pending Approval", 20),
        ("Wait Listed", 25),
        ("Rejected", 30),
        ("Registered", 40),
        ("Registration Error", 40),
        ("No Show", 50),
    ];
    let mut statuses: Vec<_> = plain.map(|(name, step)| ProgressionStatus::new(name, step)).into();
    statuses.push(ProgressionStatus::new("Attended On-demand", 60).success());
    statuses.push(ProgressionStatus::new("Attended", 70).success());
    Channel {
        id: 7,
        name: WEBINAR_CHANNEL.to_owned(),
        applicable_program_type: "webinar".to_owned(),
        progression_statuses: statuses,
    }
}

/// A channel as customers make it: in their language, with steps of their own.
fn german_channel() -> Channel {
    let mut statuses: Vec<_> =
        [("Kein Mitglied", 0), ("Eingeladen", 10), ("Registriert", 20), ("Nicht erschienen", 30)]
            .map(|(name, step)| ProgressionStatus::new(name, step))
            .into();
    statuses.push(ProgressionStatus::new("Teilgenommen", 40).success());
    Channel {
        id: 9,
        name: GERMAN_CHANNEL.to_owned(),
        applicable_program_type: "webinar".to_owned(),
        progression_statuses: statuses,
    }
}

fn operational_channel() -> Channel {
    Channel {
        id: 8,
        name: "Operational".to_owned(),
        applicable_program_type: "program".to_owned(),
        progression_statuses: vec![
            ProgressionStatus::new("Not in Program", 0),
            ProgressionStatus::new("Member", 10),
            ProgressionStatus::new("Registered", 20),
        ],
    }
}
