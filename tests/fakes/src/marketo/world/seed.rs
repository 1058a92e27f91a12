//! The scene that a new subscription starts with.

use jiff::Timestamp;

use super::field::{Field, FieldType};
use super::{Channel, NewProgram, ProgressionStatus, World};

/// The channel for webinars.
pub const WEBINAR_CHANNEL: &str = "Webinar";
/// A program of the type "Event with Webinar" in the channel [`WEBINAR_CHANNEL`].
pub const WEBINAR_PROGRAM: i64 = 1_001;
/// A program whose channel is not for webinars.
pub const DEFAULT_PROGRAM: i64 = 1_002;
/// The custom lead field to which the flow step's `joinUrl` is mapped.
pub const JOIN_URL_FIELD: &str = "zoomJoinUrl";

impl World {
    /// A subscription with the usual lead fields, a webinar and another channel, and a program of each.
    pub fn seeded(now: Timestamp) -> Self {
        let mut world = Self::default();
        world.leads.fields = lead_fields();
        world.add_channel(webinar_channel());
        world.add_channel(operational_channel());
        for (id, name, kind, channel) in [
            (WEBINAR_PROGRAM, "2026-12 Product webinar", "Event with Webinar", WEBINAR_CHANNEL),
            (DEFAULT_PROGRAM, "Data hygiene", "Default", "Operational"),
        ] {
            let program =
                NewProgram { id: Some(id), name: name.to_owned(), kind: kind.to_owned(), channel: channel.to_owned() };
            world.add_program(program, now);
        }
        world
    }
}

fn lead_fields() -> Vec<Field> {
    let strings = [
        "firstName",
        "lastName",
        "company",
        "title",
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
    fields.push(Field::new("website", FieldType::Url));
    fields.push(Field::new("unsubscribed", FieldType::Boolean));
    fields.push(Field::new(JOIN_URL_FIELD, FieldType::Text));
    fields
}

/// The statuses of the webinar channel that Marketo ships; their default steps are not public.
///
/// "Registration Error" shares the step of "Registered": the flow step service runs after the status became
/// "Registered" and must still be able to report an error, and a marketer who sets "Registered" again, which is how
/// Marketo's own adapters retry, must be able to come back. Marketo lets members move between statuses of equal steps.
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
