//! Records for native tests.

use crate::records::{DEFAULT_NO_SHOW_AFTER_MINUTES, MemberFields, ProgramConnection, Record};
use crate::status::{Channel, ProgressionStatus, StatusMapping};
use crate::time::Timestamp;
use crate::webinar::{RegistrationMode, Snapshot};

/// The planned start of the webinar of a [`connection`]: 2026-11-02T09:00:00Z.
pub const START: Timestamp = Timestamp::constant(1_793_610_000, 0);

/// Returns the connection of program 1 to webinar 9, of an hour, in a channel with these statuses and steps. What they mean is
/// guessed.
pub fn connection(statuses: &[(&str, i64)]) -> ProgramConnection {
    let statuses = statuses.iter().map(|&(name, step)| ProgressionStatus { name: name.to_owned(), step });
    ProgramConnection {
        v: ProgramConnection::VERSION,
        program: 1.into(),
        program_name: "P".to_owned(),
        service: "s1".into(),
        account_id: None,
        snapshot: Snapshot {
            id: 9.into(),
            topic: "T".to_owned(),
            description: String::new(),
            start_time: START,
            duration: 60,
            timezone: "UTC".to_owned(),
            host_email: None,
            registration: RegistrationMode::Automatic,
            join_url: None,
        },
        channel: Channel { name: "Webinar".to_owned(), statuses: statuses.collect() },
        channel_read_at: None,
        statuses: StatusMapping::default(),
        connected_at: START,
        refreshed_at: START,
        problem: None,
        previous_starts: Vec::new(),
        my_tokens_stale: false,
        member_fields: MemberFields::default(),
        no_show_after_minutes: DEFAULT_NO_SHOW_AFTER_MINUTES,
        automatic: true,
        copy_zoom_registrations: false,
        live: false,
        lead_partition: None,
    }
}
