//! Chunks whose account removed the app (R17): what Marketo hears of them.

use super::fixture::{Fixture, email, lead};
use super::forget_account::{connected, forget, forget_service, keys, put};
use super::peers::CALLBACKS;
use crate::store::outbox::CLAIM;
use domain::records::RecordKind;
use domain::time::SignedDuration;
use fakes::support::{Effect, Fault};
use serde_json::{Value, json};

#[tokio::test]
async fn r17_a_chunk_under_way_is_called_back_as_failed_and_deleted() {
    let fixture = Fixture::new().await;
    fixture.accept("t", &[lead(1), lead(2)]).await;
    assert_eq!(keys(&fixture, RecordKind::Outbox).len(), 1);
    // Its worker may be calling Marketo back, so the chunk is only taken from it.
    assert_eq!(forget_service(&fixture).await, json!({"deleted": 0, "complete": false}));
    assert_eq!(forget_service(&fixture).await, json!({"deleted": 0, "complete": false}));
    assert_eq!(fixture.marketo.log().count("POST", CALLBACKS), 0);
    fixture.memory.advance(CLAIM.max_duration);
    assert_eq!(forget_service(&fixture).await, json!({"deleted": 1, "complete": true}));
    for number in [1, 2] {
        let (activity, _) = fixture.outcome(number);
        assert_eq!((&activity["success"], &activity["errorCode"]), (&json!(false), &json!("SERVICE_NOT_FOUND")));
    }
    // Its worker goes on now.
    fixture.memory.run_background().await;
    fixture.tick().await;
    assert_eq!(fixture.add_calls().len(), 0);
    assert_eq!(fixture.marketo.log().count("POST", CALLBACKS), 1);
    for kind in [RecordKind::Outbox, RecordKind::ChunkSlot, RecordKind::Registration, RecordKind::Failure] {
        assert_eq!(keys(&fixture, kind), [] as [&str; 0], "{kind:?}");
    }
}

#[tokio::test]
async fn r17_a_chunk_whose_callback_fails_keeps_ids_only_and_is_deleted_at_the_third() {
    let fixture = Fixture::new().await;
    fixture.accept("t", &[lead(1)]).await;
    let refused = Effect::Status { status: 400, body: Value::Null, headers: Default::default() };
    fixture.marketo.faults().add(Fault::once("POST", CALLBACKS, refused).times(9));
    // The worker failed to call back before. Its failures do not count.
    let head = keys(&fixture, RecordKind::Outbox).remove(0);
    let key = format!("outbox:{head}");
    let mut head: Value = serde_json::from_slice(&fixture.memory.dump()[&key]).unwrap();
    head["callback_tries"] = json!(5);
    put(&fixture, &key, head).await;
    assert_eq!(forget_service(&fixture).await, json!({"deleted": 0, "complete": false}));
    for tries in 1..=3 {
        fixture.memory.advance(SignedDuration::from_mins(1));
        let deleted = u64::from(tries == 3);
        let report = forget_service(&fixture).await;
        assert_eq!(report, json!({"deleted": deleted, "complete": deleted == 1}));
        let dump = fixture.memory.dump();
        assert!(dump.values().all(|value| !String::from_utf8_lossy(value).contains(&email(1))));
        // Within the minute, nothing is tried again.
        fixture.memory.advance(CLAIM.max_duration);
        forget_service(&fixture).await;
        assert_eq!(fixture.marketo.log().count("POST", CALLBACKS), tries);
    }
    assert_eq!(keys(&fixture, RecordKind::Outbox), [] as [&str; 0]);
    fixture.memory.run_background().await;
    assert_eq!(fixture.add_calls().len(), 0);
}

#[tokio::test]
async fn r17_a_part_that_is_not_visible_is_waited_for() {
    let fixture = connected().await;
    let part = format!("outbox:{:032}:1", 1);
    let hidden = fixture.memory.dump().remove(&part).unwrap();
    fixture.memory.ports().key_value.delete(&part).await.unwrap();
    for _ in 0..2 {
        assert_eq!(forget(&fixture, 10).await["complete"], false);
        assert_eq!(keys(&fixture, RecordKind::Outbox).len(), 4);
        fixture.memory.advance(SignedDuration::from_mins(1));
    }
    fixture.memory.ports().key_value.set(&part, hidden).await.unwrap();
    assert_eq!(forget(&fixture, 10).await, json!({"deleted": 1, "complete": true}));
    assert_eq!(keys(&fixture, RecordKind::OutboxPart), [format!("{:032}:1", 2)]);
}

#[tokio::test]
async fn r17_a_part_that_never_shows_does_not_keep_the_chunk() {
    let fixture = connected().await;
    fixture.memory.ports().key_value.delete(&format!("outbox:{:032}:1", 1)).await.unwrap();
    assert_eq!(forget(&fixture, 10).await["complete"], false);
    fixture.memory.advance(SignedDuration::from_hours(24));
    assert_eq!(forget(&fixture, 10).await, json!({"deleted": 1, "complete": true}));
}
