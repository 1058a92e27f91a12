//! Samples of the records that only this component knows, beside those of the other records.

use crate::person::PersonPresence;
use crate::store::checkpoint::{
    List, MatchedLead, MemberRow, Page, ParticipantRow, PresenceRow, RegistrantRow, Row, RunState,
};
use domain::records::{self, Record};
use serde::Serialize;
use serde_json::Value;
use std::path::Path;

/// Reads the samples of each version, and compares them with the latest.
fn check<R: Record + Serialize>(name: &str) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../lib/domain/tests/records");
    let read = |version: u32| {
        let file = format!("{name}.v{version}.json");
        std::fs::read(folder.join(&file))
            .unwrap_or_else(|_| panic!("components/lib/domain/tests/records/{file} is missing"))
    };
    let latest: Value = serde_json::from_slice(&read(R::VERSION)).unwrap();
    for version in 1..=R::VERSION {
        let record = records::read::<R>(&read(version)).unwrap_or_else(|error| panic!("{name} {version}: {error}"));
        assert_eq!(serde_json::to_value(record).unwrap(), latest, "{name} {version}");
    }
}

fn check_page<R: Row>(list: List) {
    check::<Page<R>>(&format!("page.{list}"));
}

#[test]
fn samples_of_every_version_are_still_read_as_the_same_value() {
    check::<RunState>("run-state");
    for list in List::ALL {
        match list {
            List::Report => check_page::<ParticipantRow>(list),
            List::Registrants | List::Denied | List::Absentees => check_page::<RegistrantRow>(list),
            List::Members => check_page::<MemberRow>(list),
            List::MatchedLeads => check_page::<MatchedLead>(list),
            List::PendingLookups => check_page::<PersonPresence>(list),
            List::Presences => check_page::<PresenceRow>(list),
        }
    }
}
