//! Seized chunks, and what is written to the store at the same time.

use super::fixture::{Fixture, KEY, PROGRAM, WEBINAR, email, lead, lead_id};
use crate::registering::eligibility;
use crate::store::outbox::{self, ClaimedChunk, NewChunk};
use crate::store::{ledger, seizure};
use async_trait::async_trait;
use axum::body::Body;
use domain::records::{
    AnyKey, Callback, ChunkEnding, Outbox, OutboxId, OutboxKey, OutboxLead, OutboxPart, OutboxPartKey, Record,
    RecordKind, RegistrationCountsKey, Removal, RemovalKey, RemovalReason, ServiceKey, ServiceState, StoreKey,
};
use domain::time::SignedDuration;
use domain::{Email, Sensitive};
use futures::future::BoxFuture;
use http::Request;
use platform::Ports;
use platform::ports::{KeyValue, StoreError};
use std::sync::Arc;

/// What another instance does after an access to the store.
type Interruption = dyn Fn(&str) -> BoxFuture<'static, ()> + Send + Sync;

/// A store after whose accesses another instance acts.
struct Interrupted {
    inner: Arc<dyn KeyValue>,
    after: Box<Interruption>,
}

#[async_trait]
impl KeyValue for Interrupted {
    async fn get(&self, key: &str) -> Result<Option<Vec<u8>>, StoreError> {
        let value = self.inner.get(key).await;
        (self.after)(&format!("get {key}")).await;
        value
    }

    async fn set(&self, key: &str, value: Vec<u8>) -> Result<(), StoreError> {
        self.inner.set(key, value).await?;
        (self.after)(&format!("set {key}")).await;
        Ok(())
    }

    async fn delete(&self, key: &str) -> Result<(), StoreError> {
        self.inner.delete(key).await
    }

    async fn keys(&self, prefix: &str) -> Result<Vec<String>, StoreError> {
        self.inner.keys(prefix).await
    }
}

/// Returns ports after whose accesses another instance acts.
fn interrupted(fixture: &Fixture, after: impl Fn(&str) -> BoxFuture<'static, ()> + Send + Sync + 'static) -> Ports {
    let ports = fixture.memory.ports();
    Ports { key_value: Arc::new(Interrupted { inner: ports.key_value.clone(), after: Box::new(after) }), ..ports }
}

fn id() -> OutboxId {
    OutboxId::of(&callback(), b"")
}

fn callback() -> Callback {
    Callback { url: "http://marketo.test".into(), token: "t".into(), api_key: "k".into(), munchkin_id: "m".into() }
}

fn waiting(number: u64) -> OutboxLead {
    let fields = Sensitive::new(vec![("email".to_owned(), email(number))]);
    OutboxLead { id: lead_id(number).into(), fields, choice: None, status: None, is_forgotten: false }
}

/// Returns a chunk that the worker of this fixture has.
async fn claimed(fixture: &Fixture) -> ClaimedChunk {
    let chunk = NewChunk {
        callback: callback(),
        program: Some(PROGRAM.into()),
        source: None,
        slot: 7,
        leads: vec![waiting(1), waiting(2)],
    };
    let state = fixture.state();
    let written = outbox::write(&state, &id(), chunk).await.unwrap().unwrap();
    outbox::confirm(&state, written).await.unwrap().unwrap()
}

fn unchanged(head: Outbox) -> Outbox {
    head
}

#[tokio::test]
async fn a_chunk_that_was_called_back_meanwhile_is_not_brought_back() {
    let fixture = Fixture::new().await;
    let (state, chunk) = (fixture.state(), claimed(&fixture).await);
    outbox::delete(&state, &chunk).await.unwrap();
    assert!(seizure::seize(&state, &id(), &chunk.head, &unchanged).await.unwrap().is_none());
    assert!(outbox::load_head(&state, &id()).await.unwrap().is_none());
}

#[tokio::test]
async fn a_seized_chunk_that_is_deleted_is_not_written_again() {
    let fixture = Fixture::new().await;
    let (state, chunk) = (fixture.state(), claimed(&fixture).await);
    let seized = seizure::seize(&state, &id(), &chunk.head, &unchanged).await.unwrap().unwrap();
    outbox::delete(&state, &chunk).await.unwrap();
    let released = Outbox { claim: None, ..seized.clone() };
    assert!(!seizure::replace(&state, &id(), &seized, &released).await.unwrap());
    assert!(outbox::load_head(&state, &id()).await.unwrap().is_none());
}

#[tokio::test]
async fn a_chunk_that_another_worker_took_since_is_left_to_it() {
    let fixture = Fixture::new().await;
    let (state, chunk) = (fixture.state(), claimed(&fixture).await);
    outbox::release(&state, &chunk, None).await;
    let taken = outbox::take_over(&state, &id()).await.unwrap().unwrap();
    assert!(seizure::seize(&state, &id(), &chunk.head, &unchanged).await.unwrap().is_none());
    assert!(taken.watch.look(&state.ports).await.unwrap());
}

#[tokio::test]
async fn r17_a_chunk_whose_account_removed_the_app_is_left_to_the_removal_for_an_hour() {
    let fixture = Fixture::new().await;
    let (state, chunk) = (fixture.state(), claimed(&fixture).await);
    let ending = Some(ChunkEnding { callback_tries: 0, next_callback: state.ports.clock.now() });
    let begin = |head| Outbox { ending, ..head };
    seizure::seize(&state, &id(), &chunk.head, &begin).await.unwrap().unwrap();
    fixture.memory.advance(SignedDuration::from_mins(59));
    assert!(outbox::take_over(&state, &id()).await.unwrap().is_none());
    fixture.memory.advance(SignedDuration::from_mins(1));
    assert!(outbox::take_over(&state, &id()).await.unwrap().is_some());
}

#[tokio::test]
async fn r12_a_worker_that_loses_its_chunk_counts_as_crashed() {
    let fixture = Fixture::new().await;
    let (state, chunk) = (fixture.state(), claimed(&fixture).await);
    let seized = seizure::seize(&state, &id(), &chunk.head, &unchanged).await.unwrap().unwrap();
    assert!(seized.worker_crashed);
    assert!(!chunk.watch.look(&state.ports).await.unwrap());
}

#[tokio::test]
async fn r12_nobody_crashed_in_a_chunk_that_was_released() {
    let fixture = Fixture::new().await;
    let (state, chunk) = (fixture.state(), claimed(&fixture).await);
    outbox::release(&state, &chunk, None).await;
    let head = outbox::load_head(&state, &id()).await.unwrap().unwrap();
    let seized = seizure::seize(&state, &id(), &head, &unchanged).await.unwrap().unwrap();
    assert!(!seized.worker_crashed);
}

#[tokio::test]
async fn a_worker_that_takes_a_chunk_over_has_the_leads_as_they_are_after_its_claim() {
    let fixture = Fixture::new().await;
    let chunk = claimed(&fixture).await;
    outbox::release(&fixture.state(), &chunk, None).await;
    let memory = fixture.memory.ports();
    let key = OutboxPartKey { id: id(), part: 1 };
    let part = |lead| OutboxPart { v: OutboxPart::VERSION, at: None, leads: vec![lead] };
    memory.store().put(&key, &part(waiting(3))).await.unwrap();
    let head = outbox::load_head(&fixture.state(), &id()).await.unwrap().unwrap();
    memory.store().put(&OutboxKey { id: id() }, &Outbox { more_parts: 1, ..head }).await.unwrap();
    // The person is forgotten right after the worker reads the part, and before its claim.
    let mut state = fixture.state();
    state.ports = interrupted(&fixture, move |access| {
        let (memory, key, is_read) = (memory.clone(), key.clone(), *access == format!("get {key}"));
        let stripped = part(OutboxLead::forgotten(lead_id(3).into()));
        Box::pin(async move {
            if is_read {
                memory.store().put(&key, &stripped).await.unwrap();
            }
        })
    });
    let taken = outbox::take_over(&state, &id()).await.unwrap().unwrap();
    assert_eq!(taken.forgotten, [lead_id(3).into()]);
    assert!(taken.leads.iter().all(|lead| eligibility::email(lead) != Email::parse(&email(3))));
}

/// Registers a lead while its service is changed: right after the ledger entry is written. Returns whether the entry is left.
async fn is_entry_kept(change: impl Fn(Ports) -> BoxFuture<'static, ()> + Send + Sync + 'static) -> bool {
    let fixture = Fixture::new().await;
    // The entry of an earlier chunk stays in any case.
    fixture.submit("s", &[lead(2)]).await;
    fixture.memory.advance(SignedDuration::from_mins(1));
    let memory = fixture.memory.ports();
    let ports = interrupted(&fixture, move |access| {
        let is_entry = access.strip_prefix("set ").and_then(AnyKey::parse);
        match is_entry.is_some_and(|key: AnyKey| key.kind() == RecordKind::Registration) {
            true => change(memory.clone()),
            false => Box::pin(async {}),
        }
    });
    let instance = fixture.instance(ports);
    let request = Request::post("/flow-step/submitAsyncAction").header("x-api-key", KEY);
    let body = Body::from(fixture.chunk("t", &[lead(1), lead(2)]).to_string());
    assert_eq!(Fixture::request_to(&instance, request.body(body).unwrap()).await.0, 201);
    fixture.memory.run_background().await;
    assert_eq!(fixture.add_calls().len(), 2);
    let has_entry = |number| {
        let key = ledger::key(WEBINAR.into(), &Email::parse(&email(number)).unwrap());
        fixture.memory.dump().contains_key(&fixture.memory.stored_key(&key))
    };
    assert!(has_entry(2));
    let is_kept = has_entry(1);
    let key = RegistrationCountsKey { webinar: WEBINAR.into(), program: PROGRAM.into() };
    let counts = fixture.memory.ports().store().get(&key).await.unwrap();
    let registered = counts.map_or(0, |counts| counts.registered);
    assert!(is_kept || registered == 1, "an entry that is deleted does not count");
    is_kept
}

async fn end_service(ports: &Ports, reason: Option<RemovalReason>) {
    let key = ServiceKey { id: "svc".into() };
    let mut service = ports.store().get(&key).await.unwrap().unwrap();
    service.state = ServiceState::Deauthorized;
    ports.store().put(&key, &service).await.unwrap();
    if let Some(reason) = reason {
        let removal = Removal::new(ports.clock.now(), reason);
        ports.store().put(&RemovalKey { id: "svc".into() }, &removal).await.unwrap();
    }
}

#[tokio::test]
async fn r17_an_entry_that_is_written_while_the_account_removes_the_app_is_deleted() {
    for reason in [Some(RemovalReason::Deauthorized), None] {
        let end = move |ports: Ports| -> BoxFuture<'static, ()> {
            Box::pin(async move { end_service(&ports, reason).await })
        };
        assert!(!is_entry_kept(end).await, "{reason:?}");
    }
}

#[tokio::test]
async fn an_entry_is_kept_while_an_admin_deletes_the_service_and_while_its_record_does_not_show() {
    assert!(
        is_entry_kept(|ports| Box::pin(async move { end_service(&ports, Some(RemovalReason::Deleted)).await })).await
    );
    let hide = |ports: Ports| -> BoxFuture<'static, ()> {
        Box::pin(async move { ports.store().delete(&ServiceKey { id: "svc".into() }).await.unwrap() })
    };
    assert!(is_entry_kept(hide).await);
}

#[tokio::test]
async fn a_seizure_whose_caller_crashed_expires_with_its_claim() {
    let fixture = Fixture::new().await;
    let (state, chunk) = (fixture.state(), claimed(&fixture).await);
    seizure::seize(&state, &id(), &chunk.head, &unchanged).await.unwrap().unwrap();
    assert!(outbox::take_over(&state, &id()).await.unwrap().is_none());
    fixture.memory.advance(SignedDuration::from_secs(15));
    assert!(outbox::take_over(&state, &id()).await.unwrap().is_some());
}
