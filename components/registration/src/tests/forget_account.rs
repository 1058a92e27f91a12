//! `POST /internal/forget-account` (R17).

use super::fixture::{Fixture, PROGRAM, WEBINAR, lead};
use crate::store::counts;
use crate::store::pending_counts::Change;
use axum::Router;
use axum::routing::post;
use domain::records::{AnyKey, ProgramKey, RecordKind, RegistrationCountsKey, StoreKey};
use domain::time::SignedDuration;
use domain::{Component, ProgramId};
use fakes::zoom::ACCOUNT;
use http::StatusCode;
use serde_json::{Value, json};

pub(super) async fn put(fixture: &Fixture, key: &str, value: Value) {
    assert!(AnyKey::parse(key).is_some(), "{key}");
    fixture.memory.ports().key_value.set(key, value.to_string().into_bytes()).await.unwrap();
}

/// Connects a program to a webinar through a service, with a registration and a failure.
async fn connect(fixture: &Fixture, service: &str, account: &str, program: u64, webinar: u64) {
    let ports = fixture.memory.ports();
    let mut connection = ports.connections().find(PROGRAM.into()).await.unwrap().unwrap();
    connection.program = program.into();
    connection.service = service.into();
    connection.account_id = Some(account.into());
    connection.snapshot.id = webinar.into();
    ports.store().put(&ProgramKey { id: program.into() }, &connection).await.unwrap();
    register(fixture, program, webinar).await;
    put(fixture, &format!("failure:{program}:7"), json!({})).await;
    put(fixture, &format!("registrants-changed:{webinar}"), json!({})).await;
    put(fixture, &format!("reconciled:{webinar}"), json!({})).await;
    put(fixture, &format!("registration-counts:{webinar}:{program}"), json!({})).await;
}

fn now(fixture: &Fixture) -> domain::time::Timestamp {
    fixture.memory.ports().clock.now()
}

async fn register(fixture: &Fixture, program: u64, webinar: u64) {
    let entry = json!({
        "v": 1, "program": program, "lead": 7, "at": fixture.memory.ports().clock.now(),
        "outcome": {"pending": {"registrant": "r"}}, "adds": {"day": 20_759, "count": 1},
    });
    put(fixture, &format!("registration:{webinar}:~{program:064}"), entry).await;
}

/// Writes a chunk that was resumed, with the choices of its leads in each part.
async fn chunk(fixture: &Fixture, id: u8, program: Option<u64>, choices: &[&[&str]]) {
    let now = fixture.memory.ports().clock.now();
    let leads = |choices: &[&str]| -> Vec<Value> {
        choices.iter().map(|choice| json!({"id": 7, "fields": [], "choice": choice, "status": null})).collect()
    };
    let key = format!("outbox:{id:032}");
    let head = json!({
        "v": 1, "accepted_at": now, "claimed_until": now, "runs": 2,
        "callback": {"url": "https://callbacks.test/cb", "token": "t", "api_key": "k", "munchkin_id": "m"},
        "program": program, "leads": leads(choices[0]), "more_parts": choices.len() - 1,
    });
    put(fixture, &key, head).await;
    put(fixture, &format!("{key}:crash-marker"), json!({"v": 1, "current_lead": null, "crashed_on": []})).await;
    for (part, choices) in choices.iter().enumerate().skip(1) {
        put(fixture, &format!("{key}:{part}"), json!({"v": 1, "leads": leads(choices)})).await;
    }
}

/// Changes the head of a chunk.
async fn change_head(fixture: &Fixture, id: u8, change: impl FnOnce(&mut Value)) {
    let key = format!("outbox:{id:032}");
    let mut head: Value = serde_json::from_slice(&fixture.memory.dump()[&key]).unwrap();
    change(&mut head);
    put(fixture, &key, head).await;
}

/// Returns a fixture with programs 1 and 2 of the account and program 3 of another, without the default program.
pub(super) async fn connected() -> Fixture {
    let fixture = Fixture::new().await;
    fixture.memory.serve("callbacks.test", Router::new().route("/cb", post(|| async { StatusCode::OK })));
    connect(&fixture, "superseded", "acc_1", 1, 101).await;
    connect(&fixture, "live", "acc_1", 2, 102).await;
    connect(&fixture, "other", "acc_2", 3, 103).await;
    fixture.memory.ports().store().delete(&ProgramKey { id: PROGRAM.into() }).await.unwrap();
    let choice = |program: u64, webinar: u64| json!({"program": program, "webinar": webinar, "ends_at": now(&fixture)});
    put(&fixture, "chosen-webinars", json!({"v": 1, "choices": [choice(1, 103), choice(3, 102), choice(3, 103)]}))
        .await;
    // Program 2 was connected to another webinar before, and registered a person in the webinar of program 3.
    register(&fixture, 2, 100).await;
    register(&fixture, 2, 103).await;
    chunk(&fixture, 1, Some(1), &[&["program"], &["program", "102"]]).await;
    chunk(&fixture, 2, Some(3), &[&["102"], &["103"]]).await;
    chunk(&fixture, 3, Some(3), &[&["program"]]).await;
    chunk(&fixture, 4, None, &[&["program"]]).await;
    fixture
}

/// Sends the request. The account's program `gone` was connected through a service that was deleted here before.
pub(super) async fn forget(fixture: &Fixture, seconds: i64) -> Value {
    let deadline = fixture.memory.ports().clock.now() + SignedDuration::from_secs(seconds);
    let request = json!({
        "account": "acc_1", "services": ["superseded", "live"], "kept_services": ["other"], "deadline": deadline,
    });
    let (status, body) = fixture.send("POST", "/internal/forget-account", &request).await;
    assert_eq!(status, 200, "{body}");
    body
}

/// Returns this component's keys of a kind, without their prefix.
pub(super) fn keys(fixture: &Fixture, kind: RecordKind) -> Vec<String> {
    let stored = fixture.memory.dump().into_keys();
    let of_kind = stored.filter(|key| AnyKey::parse(key).is_some_and(|key| key.kind() == kind));
    of_kind.map(|key| key[kind.prefix().len()..].to_owned()).collect()
}

#[tokio::test]
async fn r17_deletes_all_records_of_the_account_and_none_of_another() {
    let fixture = connected().await;
    assert_eq!(forget(&fixture, 10).await, json!({"deleted": 12, "complete": true}));
    assert_eq!(keys(&fixture, RecordKind::Failure), ["3:7"]);
    assert_eq!(keys(&fixture, RecordKind::Registration), [format!("103:~{:064}", 2), format!("103:~{:064}", 3)]);
    let [second, third, fourth] = [2, 3, 4].map(|id| format!("{id:032}"));
    assert_eq!(keys(&fixture, RecordKind::Outbox), [second.clone(), third.clone(), fourth.clone()]);
    assert_eq!(keys(&fixture, RecordKind::OutboxPart), [format!("{second}:1")]);
    assert_eq!(keys(&fixture, RecordKind::MappingCrashMarker), [second, third, fourth].map(|id| id + ":crash-marker"));
    let chosen = &fixture.memory.dump()["chosen-webinars"];
    assert_eq!(serde_json::from_slice::<Value>(chosen).unwrap()["choices"].as_array().unwrap().len(), 1);
    // The connections are not this component's.
    assert_eq!(keys(&fixture, RecordKind::Program), ["1", "2", "3"]);
    let before = fixture.memory.dump();
    assert_eq!(forget(&fixture, 10).await, json!({"deleted": 0, "complete": true}));
    assert_eq!(fixture.memory.dump(), before);
}

#[tokio::test]
async fn r17_no_kind_of_record_of_an_account_is_left_behind() {
    let fixture = connected().await;
    let kinds = RecordKind::ALL.iter().copied().filter(|kind| kind.owner() == Component::Registration);
    let (owned, others): (Vec<_>, Vec<_>) = kinds.partition(|kind| kind.is_of_account());
    // The indexes are shared; their entries are tested below. The callback address names a server of Marketo's,
    // and the others no one.
    let shared = [
        RecordKind::FailureIndex,
        RecordKind::ChunkSlot,
        RecordKind::RefusedCallback,
        RecordKind::CopyWorker,
        RecordKind::ActivityCursor,
        RecordKind::ChosenWebinars,
        RecordKind::SentFields,
        RecordKind::GivenUpChunks,
        RecordKind::LastRegistrationSweep,
    ];
    assert_eq!(others, shared);
    assert!(owned.iter().all(|&kind| !keys(&fixture, kind).is_empty()), "{owned:?}");
    let everything = json!({
        "account": "acc_1", "services": ["superseded", "live", "other"], "kept_services": [],
        "deadline": fixture.memory.ports().clock.now() + SignedDuration::from_secs(10),
    });
    chunk(&fixture, 4, Some(3), &[&["program"]]).await;
    fixture.send("POST", "/internal/forget-account", &everything).await;
    for kind in owned.into_iter().chain([RecordKind::ChosenWebinars]) {
        assert!(keys(&fixture, kind).is_empty(), "{kind:?}");
    }
}

#[tokio::test]
async fn r17_no_entry_of_an_account_is_left_in_the_indexes() {
    let fixture = connected().await;
    let at = fixture.memory.ports().clock.now();
    put(&fixture, "failure-index:7", json!({"v": 1, "entries": [["1", "7", at], ["2", "71", at], ["3", "7", at]]}))
        .await;
    let head = fixture.memory.dump().remove(&format!("outbox:{:032}", 1)).unwrap();
    let mut head: Value = serde_json::from_slice(&head).unwrap();
    head["slot"] = json!(5);
    put(&fixture, &format!("outbox:{:032}", 1), head).await;
    put(&fixture, "chunk-slot:5", json!({"v": 1, "chunk": format!("{:032}", 1), "at": at})).await;
    forget(&fixture, 10).await;
    assert_eq!(keys(&fixture, RecordKind::ChunkSlot), [] as [&str; 0]);
    let left: Value = serde_json::from_slice(&fixture.memory.dump()["failure-index:7"]).unwrap();
    assert_eq!(left["entries"], json!([["3", "7", at]]));
}

#[tokio::test]
async fn r17_deletes_the_records_of_a_service_that_was_deleted_here_before() {
    let fixture = Fixture::new().await;
    connect(&fixture, "gone", "acc_1", 1, 101).await;
    connect(&fixture, "gone", "acc_2", 2, 102).await;
    connect(&fixture, "other", "acc_1", 3, 103).await;
    forget(&fixture, 10).await;
    assert_eq!(keys(&fixture, RecordKind::Failure), ["2:7", "3:7"]);
    assert_eq!(keys(&fixture, RecordKind::Registration), [format!("102:~{:064}", 2), format!("103:~{:064}", 3)]);
}

#[tokio::test]
async fn r17_an_unreadable_record_does_not_stop_the_sweep() {
    let fixture = connected().await;
    put(&fixture, "program:9", json!({"odd": true})).await;
    put(&fixture, &format!("outbox:{:032}", 9), json!([])).await;
    put(&fixture, &format!("registration:109:~{:064}", 9), json!({"v": 9})).await;
    assert_eq!(forget(&fixture, 10).await, json!({"deleted": 12, "complete": true}));
    assert_eq!(keys(&fixture, RecordKind::Outbox).len(), 4);
    let left = keys(&fixture, RecordKind::Registration);
    assert_eq!(left, [format!("103:~{:064}", 2), format!("103:~{:064}", 3), format!("109:~{:064}", 9)]);
}

#[tokio::test]
async fn r17_a_deletion_that_runs_out_of_time_is_completed_by_the_next() {
    let fixture = connected().await;
    assert_eq!(forget(&fixture, 0).await, json!({"deleted": 0, "complete": false}));
    assert_eq!(forget(&fixture, 10).await, json!({"deleted": 12, "complete": true}));
    // A deletion that was killed after the parts of a chunk.
    chunk(&fixture, 1, Some(1), &[&["program"], &["program", "102"]]).await;
    let part = format!("outbox:{:032}:1", 1);
    fixture.memory.ports().key_value.delete(&part).await.unwrap();
    change_head(&fixture, 1, |head| head["problem"] = json!({"code": "SERVICE_NOT_FOUND", "detail": "d"})).await;
    assert!(forget(&fixture, 10).await["complete"] == true);
    assert!(!keys(&fixture, RecordKind::Outbox).contains(&format!("{:032}", 1)));
    assert!(fixture.memory.ports().connections().find(ProgramId::from(3)).await.unwrap().is_some());
}

#[tokio::test]
async fn r17_counts_of_a_program_that_is_gone_are_not_written() {
    let fixture = Fixture::new().await;
    let state = fixture.state();
    let (program, webinar) = (PROGRAM.into(), WEBINAR.into());
    let change = Change { registered: 1, ..Change::default() };
    state.counts.add(webinar, program, change);
    counts::flush(&state).await;
    assert_eq!(keys(&fixture, RecordKind::RegistrationCounts).len(), 1);
    let store = fixture.memory.ports();
    store.store().delete(&RegistrationCountsKey { webinar, program }).await.unwrap();
    store.store().delete(&ProgramKey { id: program }).await.unwrap();
    state.counts.add(webinar, program, change);
    counts::flush(&state).await;
    assert!(keys(&fixture, RecordKind::RegistrationCounts).is_empty());
}

/// The service and the account of a record.
fn source(service: &str, account: &str) -> Value {
    json!({"service": service, "account": account})
}

#[tokio::test]
async fn r17_records_of_disconnected_and_reconnected_programs_are_deleted() {
    let fixture = connected().await;
    let now = now(&fixture);
    // Program 5 is disconnected, program 3 was connected through the account before. The service `gone` was deleted here.
    let sources =
        [(5, 105, source("gone", "acc_1")), (3, 104, source("live", "acc_1")), (6, 106, source("other", "acc_2"))];
    for (program, webinar, source) in sources {
        let mut entry = json!({
            "v": 1, "program": program, "lead": 7, "at": now, "outcome": {"pending": {"registrant": "r"}},
            "adds": {"day": 20_759, "count": 1},
        });
        entry["source"] = source.clone();
        put(&fixture, &format!("registration:{webinar}:~{program:064}"), entry).await;
        put(&fixture, &format!("registrants-changed:{webinar}"), json!({})).await;
        let counts = json!({"v": 1, "registered": 1, "pending": 0, "cancelled": 0, "source": source});
        put(&fixture, &format!("registration-counts:{webinar}:{program}"), counts).await;
        put(&fixture, &format!("reconciled:{webinar}"), json!({"v": 1, "at": now, "source": source})).await;
        let problem = json!({"code": "WEBINAR_FULL", "detail": "d"});
        let failure = json!({
            "v": 1, "program": program, "lead": 8, "choice": null, "problem": problem, "since": now, "tries": 1,
            "next_try": null, "source": source,
        });
        put(&fixture, &format!("failure:{program}:8"), failure).await;
    }
    put(
        &fixture,
        "failure-index:8",
        json!({"v": 1, "entries": [["5", "8", null], ["3", "8", null], ["6", "8", null]]}),
    )
    .await;
    assert_eq!(forget(&fixture, 10).await["complete"], true);
    let entries = [format!("103:~{:064}", 2), format!("103:~{:064}", 3), format!("106:~{:064}", 6)];
    assert_eq!(keys(&fixture, RecordKind::Registration), entries);
    assert_eq!(keys(&fixture, RecordKind::Failure), ["3:7", "6:8"]);
    assert_eq!(keys(&fixture, RecordKind::RegistrantsChanged), ["103", "106"]);
    assert_eq!(keys(&fixture, RecordKind::Reconciled), ["103", "106"]);
    assert_eq!(keys(&fixture, RecordKind::RegistrationCounts), ["103:3", "106:6"]);
    let left: Value = serde_json::from_slice(&fixture.memory.dump()["failure-index:8"]).unwrap();
    assert_eq!(left["entries"], json!([["6", "8", null]]));
}

/// Removes the app from the account of the fixture's service.
pub(super) async fn forget_service(fixture: &Fixture) -> Value {
    let deadline = now(fixture) + SignedDuration::from_secs(10);
    let request = json!({"account": ACCOUNT, "services": ["svc"], "kept_services": [], "deadline": deadline});
    fixture.send("POST", "/internal/forget-account", &request).await.1
}

#[tokio::test]
async fn r17_records_know_their_service() {
    let fixture = Fixture::new().await;
    fixture.submit("t", &[lead(1)]).await;
    fixture.refuse_adds(1, 400, 3034, "Please use your work email");
    fixture.submit("u", &[lead(2)]).await;
    for kind in [RecordKind::Registration, RecordKind::Failure, RecordKind::RegistrationCounts] {
        let dump = fixture.memory.dump();
        let record = dump.iter().find(|(key, _)| AnyKey::parse(key).is_some_and(|key| key.kind() == kind)).unwrap().1;
        let record: Value = serde_json::from_slice(record).unwrap();
        assert_eq!(record["source"]["service"], "svc", "{kind:?}");
    }
    // The program is disconnected before the account removes the app.
    fixture.memory.ports().store().delete(&ProgramKey { id: PROGRAM.into() }).await.unwrap();
    assert_eq!(forget_service(&fixture).await["complete"], true);
    let is_of_account = |key: &String| AnyKey::parse(key).is_some_and(|key| key.kind().is_of_account());
    assert_eq!(fixture.memory.dump().into_keys().filter(is_of_account).collect::<Vec<_>>(), [] as [&str; 0]);
}

#[tokio::test]
async fn r17_a_deletion_lists_the_store_once() {
    let fixture = connected().await;
    let before = fixture.memory.listings();
    forget(&fixture, 10).await;
    assert_eq!(fixture.memory.listings() - before, 1);
}

#[tokio::test]
async fn r17_what_a_worker_wrote_during_the_removal_is_swept() {
    let fixture = Fixture::new().await;
    fixture.submit("t", &[lead(1)]).await;
    fixture.memory.ports().store().delete(&ProgramKey { id: PROGRAM.into() }).await.unwrap();
    put(&fixture, "services", json!({"v": 1, "ids": ["svc"]})).await;
    fixture.memory.advance(SignedDuration::from_hours(2));
    fixture.tick().await;
    assert_eq!(keys(&fixture, RecordKind::Registration).len(), 1, "the service is live");
    fixture.service("deauthorized").await;
    fixture.memory.advance(SignedDuration::from_hours(2));
    fixture.tick().await;
    assert_eq!(keys(&fixture, RecordKind::Registration), [] as [&str; 0]);
}
