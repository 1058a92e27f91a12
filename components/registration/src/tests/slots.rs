//! Slots of chunks, the index of due failures, and the maintenance: the tick finds its work without a listing of keys.

use super::fixture::{Fixture, KEY, PROGRAM, email, lead, lead_id};
use super::peers::REGISTRANTS;
use crate::store::slots::{self, SlotOwner};
use async_trait::async_trait;
use axum::body::Body;
use domain::records::{
    ChunkSlot, ChunkSlotKey, ConnectedPrograms, LastRegistrationSweepKey, Maintenance, OutboxId, ProgramsKey, Record,
};
use domain::time::SignedDuration;
use fakes::support::{Effect, Fault};
use fakes::zoom::NewWebinar;
use http::Request;
use platform::Ports;
use platform::ports::{KeyValue, StoreError};
use platform::testing::in_memory::InMemoryPorts;
use serde_json::{Value, json};
use std::sync::Arc;

/// A store that cannot be listed.
struct Unlistable(Arc<dyn KeyValue>);

#[async_trait]
impl KeyValue for Unlistable {
    async fn get(&self, key: &str) -> Result<Option<Vec<u8>>, StoreError> {
        self.0.get(key).await
    }

    async fn set(&self, key: &str, value: Vec<u8>) -> Result<(), StoreError> {
        self.0.set(key, value).await
    }

    async fn delete(&self, key: &str) -> Result<(), StoreError> {
        self.0.delete(key).await
    }

    async fn keys(&self, _: &str) -> Result<Vec<String>, StoreError> {
        Err(StoreError("this test lists no keys".to_owned()))
    }
}

async fn unlistable() -> Fixture {
    let ports = |memory: &InMemoryPorts| {
        let ports = memory.ports();
        Ports { key_value: Arc::new(Unlistable(ports.key_value.clone())), ..ports }
    };
    let fixture = Fixture::over(ports, NewWebinar::default()).await;
    fixture.add_leads(20);
    let ports = fixture.memory.ports();
    // The next maintenance is in an hour.
    let maintenance = Maintenance { v: Maintenance::VERSION, at: ports.clock.now(), unreadable: 0 };
    ports.store().put(&LastRegistrationSweepKey {}, &maintenance).await.unwrap();
    fixture
}

fn webhook(number: u64) -> Value {
    json!({
        "program_id": PROGRAM, "lead_id": lead_id(number), "email": email(number), "first_name": "F", "last_name": "L",
        "status": "Registered",
    })
}

fn keys(fixture: &Fixture, kind: &str) -> Vec<String> {
    fixture.memory.dump().into_keys().filter(|key| key.starts_with(kind)).collect()
}

fn owner(chunk: &OutboxId) -> SlotOwner<'_> {
    SlotOwner { chunk, program: None, leads: 1 }
}

fn id(digit: char) -> OutboxId {
    OutboxId::parse(&digit.to_string().repeat(32)).unwrap()
}

#[tokio::test]
async fn the_tick_finds_chunks_and_failure_index_without_a_listing() {
    let fixture = unlistable().await;
    fixture.set_members([1, 2], "Registered");
    fixture.zoom.faults().add(Fault::always("POST", REGISTRANTS, Effect::status(500)));
    assert_eq!(fixture.send("POST", "/registration/webhook", &webhook(1)).await.0, 503);
    fixture.zoom.faults().clear();
    fixture.accept("t", &[lead(2)]).await;
    fixture.memory.kill_background();
    fixture.memory.advance(SignedDuration::from_mins(5));
    assert_eq!(fixture.tick().await, 2);
    assert_eq!(fixture.registrants().len(), 2);
    assert_eq!(fixture.outcome(2).0["registration"], "registered");
    // What is done leaves neither a slot nor, after the next tick, an entry.
    fixture.memory.advance(SignedDuration::from_mins(6));
    assert_eq!(fixture.tick().await, 0);
    for kind in ["outbox:", "chunk-slot:", "failure:", "failure-index:"] {
        assert_eq!(keys(&fixture, kind), [] as [&str; 0], "{kind}");
    }
}

#[tokio::test]
async fn busy_is_answered_with_retry_after_while_no_slot_is_free() {
    let fixture = Fixture::new().await;
    let ports = fixture.memory.ports();
    let at = ports.clock.now();
    for slot in 0..slots::SLOTS {
        let taken = ChunkSlot { v: ChunkSlot::VERSION, chunk: id('a'), at, program: None, leads: 1 };
        ports.store().put(&ChunkSlotKey { slot }, &taken).await.unwrap();
    }
    let chunk = fixture.chunk("t", &[lead(1)]);
    let (status, problem) = fixture.send("POST", "/flow-step/submitAsyncAction", &chunk).await;
    assert_eq!((status, &problem["code"]), (429, &json!("BUSY")), "{problem}");
    let request = Request::post("/flow-step/submitAsyncAction").header("x-api-key", KEY);
    let answer = fixture.answer(request.body(Body::from(chunk.to_string())).unwrap()).await;
    assert_eq!(answer.headers()["retry-after"], "30");
    assert_eq!(keys(&fixture, "outbox:"), [] as [&str; 0]);

    ports.store().delete(&ChunkSlotKey { slot: 9 }).await.unwrap();
    fixture.submit("t", &[lead(1)]).await;
    assert_eq!(fixture.outcome(1).0["registration"], "registered");
    assert_eq!(keys(&fixture, "chunk-slot:").len(), slots::SLOTS - 1, "its slot is free again");

    // Slots whose chunks never came are free after an hour.
    fixture.memory.advance(SignedDuration::from_mins(61));
    fixture.tick().await;
    assert_eq!(keys(&fixture, "chunk-slot:"), [] as [&str; 0]);
}

#[tokio::test]
async fn a_chunk_whose_slot_another_one_took_gets_another() {
    let fixture = Fixture::new().await;
    let (first, second) = (fixture.state(), fixture.state());
    let slot = slots::take(&first, owner(&id('a'))).await.unwrap().unwrap();
    assert_eq!(
        slots::take(&second, owner(&id('a'))).await.unwrap(),
        Some(slot),
        "the same chunk begins with the same slot"
    );
    let at = first.ports.clock.now();
    let other = ChunkSlot { v: ChunkSlot::VERSION, chunk: id('b'), at, program: None, leads: 1 };
    first.ports.store().put(&ChunkSlotKey { slot }, &other).await.unwrap();
    let kept = slots::keep(&first, owner(&id('a')), Some(slot)).await.unwrap().unwrap();
    assert_ne!(kept, slot);
    slots::free(&first, &id('a'), slot).await.unwrap();
    let taken: Vec<_> =
        slots::taken(&first).await.unwrap().into_iter().map(|(slot, taken)| (slot, taken.chunk)).collect();
    assert!(taken.contains(&(slot, id('b'))) && taken.contains(&(kept, id('a'))), "{taken:?}");
}

#[tokio::test]
async fn the_maintenance_mends_lost_slots_and_entries_once_an_hour() {
    let fixture = Fixture::new().await;
    let programs = ConnectedPrograms { ids: vec![PROGRAM.into()], ..ConnectedPrograms::default() };
    fixture.memory.ports().store().put(&ProgramsKey {}, &programs).await.unwrap();
    fixture.tick().await;
    fixture.set_members([1, 2], "Registered");
    fixture.zoom.faults().add(Fault::always("POST", REGISTRANTS, Effect::status(500)));
    assert_eq!(fixture.send("POST", "/registration/webhook", &webhook(1)).await.0, 503);
    fixture.zoom.faults().clear();
    fixture.accept("t", &[lead(2)]).await;
    fixture.memory.kill_background();
    // Otherwise the leads are found by their statuses.
    fixture.hide_activities();
    let key_value = fixture.memory.ports().key_value;
    for key in [keys(&fixture, "chunk-slot:"), keys(&fixture, "failure-index:")].concat() {
        key_value.delete(&key).await.unwrap();
    }
    fixture.memory.advance(SignedDuration::from_mins(30));
    assert_eq!(fixture.tick().await, 0);
    fixture.memory.advance(SignedDuration::from_mins(31));
    assert_eq!(fixture.tick().await, 0, "the maintenance is the last job of the tick");
    fixture.memory.advance(SignedDuration::from_mins(1));
    assert_eq!(fixture.tick().await, 2);
    assert_eq!(fixture.registrants().len(), 2);
}
