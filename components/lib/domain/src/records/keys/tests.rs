use super::*;
use crate::email::Email;
use crate::records::record::{self, Record};
use proptest::prelude::*;
use serde::Serialize;
use serde_json::Value;
use std::collections::BTreeSet;
use std::path::Path;

/// A segment of a key with arbitrary values.
pub(super) trait AnySegment: Sized + std::fmt::Debug {
    fn any() -> BoxedStrategy<Self>;
}

macro_rules! any_segments {
    ($($type:ty: $strategy:expr;)*) => {$(
        impl AnySegment for $type {
            fn any() -> BoxedStrategy<Self> {
                $strategy.boxed()
            }
        }
    )*};
}

any_segments! {
    ProgramId: any::<u64>().prop_map(Self::from);
    LeadId: any::<u64>().prop_map(Self::from);
    WebinarId: any::<u64>().prop_map(Self::from);
    ServiceId: "[a-z0-9]{1,64}".prop_map(|id| Self::parse(&id).unwrap());
    AccountSegment: any::<String>().prop_map(|id| (&AccountId::from(id)).into());
    SignInState: "[A-Za-z0-9_-]{43}".prop_map(|state| Self::parse(&state).unwrap());
    EmailHash: ("[a-z]{1,40}", any::<bool>()).prop_map(|(name, is_coded)| {
        let hash = Email::parse(&format!("{name}@x.test")).unwrap().hash();
        if is_coded { hash.coded(&hash.to_string()) } else { hash }
    });
    SessionHash: any::<String>().prop_map(|id| Self::of(&id));
    OutboxId: "[0-9a-f]{32}".prop_map(|id| Self::parse(&id).unwrap());
    CheckpointList: proptest::sample::select(&Self::ALL[..]);
    u32: any::<Self>();
    usize: any::<Self>();
}

fn any_key() -> impl Strategy<Value = AnyKey> {
    proptest::sample::select(RecordKind::ALL).prop_flat_map(keys_of)
}

proptest! {
    #[test]
    fn each_key_is_parsed_back_as_its_kind_and_as_no_other(key in any_key()) {
        let text = key.to_string();
        prop_assert_eq!(AnyKey::parse(&text), Some(key.clone()));
        let kinds: Vec<_> = RecordKind::ALL.iter().filter(|kind| kind.parse(&text).is_some()).collect();
        prop_assert_eq!(kinds, [&key.kind()]);
        prop_assert!(text.starts_with(key.kind().prefix()));
    }

    #[test]
    fn keys_are_portable_for_all_ids(key in any_key()) {
        let text = key.to_string();
        prop_assert!(text.len() <= 255 && !text.contains(['/', '\\', '?', '#']) && text.is_ascii(), "{}", text);
    }

    #[test]
    fn no_text_is_parsed_as_a_key_that_has_another_text(text in "[a-z-]{1,12}(:[0-9a-z~+-]{0,12}){0,6}") {
        if let Some(key) = AnyKey::parse(&text) {
            prop_assert_eq!(key.to_string(), text);
        }
    }
}

#[test]
fn keys_have_their_documented_form() {
    assert_eq!(ServicesKey {}.to_string(), "services");
    assert_eq!(ProgramKey { id: 1015.into() }.to_string(), "program:1015");
    assert_eq!(AccountKey::of(&"acc_1".into()).to_string(), "account:acc_1");
    assert!(AccountKey::of(&"a/b".into()).to_string().starts_with("account:~"));
    let page = PageKey { program: 7.into(), list: CheckpointList::PendingLookups, generation: 1, page: 2, part: 3 };
    assert_eq!(page.to_string(), "attendance:7:pending-lookups:1:2:3");
    assert_eq!(RunStateKey::PREFIX, "attendance:");
    assert_eq!(LastTickKey::PREFIX, "last:tick");
    let key = RegistrationKey { webinar: 7.into(), email: Email::parse("a@x").unwrap().hash() };
    assert!(key.to_string().starts_with(&RegistrationKey::prefix_of_webinar(7.into())));
}

#[test]
fn texts_that_are_no_key_are_refused() {
    let id = "0".repeat(32);
    assert_eq!(AnyKey::parse(&format!("outbox:{id}:crash-marker")).unwrap().kind(), RecordKind::MappingCrashMarker);
    assert_eq!(AnyKey::parse(&format!("outbox:{id}:1")).unwrap().kind(), RecordKind::OutboxPart);
    for text in [
        "",
        ":",
        "service",
        "service:",
        "services:",
        "service:a:b",
        "Program:1",
        "program:01",
        "program:+1",
        "program:1:",
        "program:99999999999999999999",
        "attendance:1:work:",
        "attendance:1:people:0:0:0",
        "attendance:1:report:0:0",
        "account:",
        "account:~0",
        "account:a/b",
        "last:other",
        "outbox:0",
        &format!("outbox:{id}:x"),
        &format!("outbox:{id}:01"),
        &format!("outbox:{}", "A".repeat(32)),
    ] {
        assert_eq!(AnyKey::parse(text), None, "{text}");
    }
}

fn repository_file(path: &str) -> String {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../..");
    std::fs::read_to_string(root.join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// docs/STATE.md has a table for each owner, whose rows begin with the key and the type of the record.
#[test]
fn the_document_lists_each_kind_with_its_record_under_its_owner() {
    let text = repository_file("docs/STATE.md");
    let mut missing = Vec::new();
    for kind in RecordKind::ALL {
        let owner = format!("(written by {})", kind.owner().name());
        let section = text.split("\n### ").find(|section| section.lines().next().unwrap().contains(&owner));
        let section = section.unwrap_or_else(|| panic!("no section {owner}"));
        let (key, record) = (format!("`{}`", kind.form()), format!("`{}`", kind.record()));
        let is_listed = section.lines().filter_map(|line| line.strip_prefix("| ")).any(|row| {
            let mut cells = row.split(" | ");
            cells.next().unwrap().split(", ").any(|cell| cell == key) && cells.next().unwrap().starts_with(&record)
        });
        if !is_listed {
            missing.push(format!("{key}: {record}, {owner}"));
        }
    }
    assert!(missing.is_empty(), "docs/STATE.md does not list: {missing:#?}");
}

#[test]
fn the_document_lists_the_sealed_kinds() {
    let text = repository_file("docs/STATE.md");
    let (_, list) = text.split_once("Sealed are ").expect("the list");
    let (list, _) = list.split_once(". The others").expect("its end");
    let listed: Vec<_> = list.split('`').skip(1).step_by(2).collect();
    let sealed: Vec<_> = RecordKind::ALL.iter().filter(|kind| kind.is_sealed()).map(|kind| kind.form()).collect();
    assert_eq!(listed, sealed);
}

#[test]
fn each_kind_has_an_end_that_fits_its_key() {
    for kind in RecordKind::ALL {
        // A record under a fixed key needs no end: there is one of it.
        let has_ids = kind.form().contains('{');
        assert_eq!(kind.life() == Life::Overwritten, !has_ids && kind.life() != Life::Lease, "{kind:?}");
        assert!(has_ids || !kind.is_of_account(), "{kind:?}");
    }
}

/// Reads a record and writes it again.
pub(super) type Rewrite = fn(&[u8]) -> Result<Value, record::RecordError>;

pub(super) fn rewrite<R: Record + Serialize>(text: &[u8]) -> Result<Value, record::RecordError> {
    Ok(serde_json::to_value(record::read::<R>(text)?).unwrap())
}

/// Returns whether a value has everything that a sample has. Fields that were added since have their defaults.
fn contains(value: &Value, sample: &Value) -> bool {
    match (value, sample) {
        (Value::Object(value), Value::Object(sample)) => {
            sample.iter().all(|(name, sample)| value.get(name).is_some_and(|value| contains(value, sample)))
        }
        (Value::Array(value), Value::Array(sample)) => {
            value.len() == sample.len() && value.iter().zip(sample).all(|(value, sample)| contains(value, sample))
        }
        _ => value == sample,
    }
}

/// Returns the name of a record's samples: `live-service` for `LiveService`.
fn sample_name(record: &str) -> String {
    let words =
        record.chars().map(|c| if c.is_ascii_uppercase() { format!("-{}", c.to_ascii_lowercase()) } else { c.into() });
    words.collect::<String>().trim_start_matches('-').to_owned()
}

/// `tests/records` has a sample of each version of each record. What the latest one says must still be read; the earlier
/// ones must be upgraded to the same.
#[test]
fn samples_of_every_version_are_still_read_as_the_same_value() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/records");
    let mut unused: BTreeSet<_> =
        std::fs::read_dir(&folder).unwrap().map(|file| file.unwrap().file_name().into_string().unwrap()).collect();
    for kind in RecordKind::ALL {
        let name = sample_name(kind.record());
        let Some((present, rewrite)) = rewrites_of(*kind) else {
            // Its owner checks the sample.
            unused.retain(|file| !file.starts_with(&format!("{name}.")));
            continue;
        };
        let file = |version: u32| format!("{name}.v{version}.json");
        let read = |version: u32| {
            let text = std::fs::read(folder.join(file(version)));
            text.unwrap_or_else(|_| panic!("components/lib/domain/tests/records/{} is missing", file(version)))
        };
        let latest: Value = serde_json::from_slice(&read(present)).unwrap();
        assert_eq!(latest["v"], present, "{}", file(present));
        for version in 1..=present {
            let value = rewrite(&read(version)).unwrap_or_else(|error| panic!("{}: {error}", file(version)));
            assert!(contains(&value, &latest), "{} is read as {value:#}", file(version));
            unused.remove(&file(version));
        }
    }
    assert!(unused.is_empty(), "samples of no record: {unused:?}");
}
