//! No request and no minute's tick lists the keys of the store.

use super::fixture::{Fixture, PROGRAM, email, lead, lead_id};
use super::peers::{CALLBACKS, REGISTRANTS};
use domain::records::{ConnectedPrograms, ProgramsKey};
use domain::time::SignedDuration;
use fakes::support::{Effect, Fault};
use serde_json::{Value, json};

/// Returns a fixture whose program is in the index, and whose store panics when its keys are listed. The maintenance ran.
async fn without_listings() -> Fixture {
    let fixture = Fixture::new().await;
    let programs =
        ConnectedPrograms { ids: vec![PROGRAM.into()], webinars: vec![9001.into()], ..ConnectedPrograms::default() };
    fixture.memory.ports().store().put(&ProgramsKey {}, &programs).await.unwrap();
    fixture.tick().await;
    fixture.memory.forbid_listings();
    fixture.set_members(1..=6, "Registered");
    fixture
}

#[tokio::test]
async fn no_request_and_no_tick_lists_keys() {
    let fixture = without_listings().await;
    let webhook = |number: u64| {
        json!({
            "program_id": PROGRAM, "lead_id": lead_id(number), "email": email(number), "first_name": "F",
            "last_name": "L", "status": "Registered",
        })
    };
    fixture.submit("a", &[lead(1), lead(2)]).await;
    fixture.zoom.faults().add(Fault::always("POST", REGISTRANTS, Effect::status(500)));
    fixture.send("POST", "/registration/webhook", &webhook(3)).await;
    fixture.zoom.faults().clear();
    fixture.marketo.faults().add(Fault::always("POST", CALLBACKS, Effect::status(403)));
    fixture.submit("b", &[lead(4)]).await;
    fixture.accept("c", &[lead(5)]).await;
    fixture.deliver_events().await;
    // Lead 6 is registered by its status alone (R23).
    for _ in 0..20 {
        fixture.memory.advance(SignedDuration::from_mins(2));
        fixture.tick().await;
        fixture.memory.run_background().await;
    }
    fixture.accept("d", &[lead(6)]).await;
    for path in ["/registration/failures", "/registration/programs/1001", "/registration/health"] {
        assert_eq!(fixture.send("GET", path, &Value::Null).await.0, 200, "{path}");
    }
    for (path, body) in [
        ("/registration/trace", json!({"program_id": PROGRAM, "email": email(1)})),
        ("/registration/failures/retry", json!({"program_id": PROGRAM})),
        ("/registration/programs/1001/reconcile", json!({})),
    ] {
        assert_eq!(fixture.send("POST", path, &body).await.0, 200, "{path}");
    }
    let counts = fixture.send("GET", "/registration/programs/1001", &Value::Null).await.1;
    assert_eq!((&counts["registered"], &counts["waiting"]), (&json!(6), &json!(1)), "{counts}");
}

#[tokio::test]
async fn a_chunk_that_was_given_up_keeps_ids_and_problem_only_and_can_be_dismissed() {
    let fixture = without_listings().await;
    fixture.marketo.faults().add(Fault::always("POST", CALLBACKS, Effect::status(403)));
    let with_notes = |id| {
        let mut lead = lead(id);
        for note in 0..10 {
            lead["objectContext"][format!("note{note}")] = json!("x".repeat(4_000));
        }
        lead
    };
    fixture.submit("t", &[with_notes(1), with_notes(2), with_notes(3)]).await;
    let chunks = || fixture.memory.dump().into_iter().filter(|(key, _)| key.starts_with("outbox:")).collect::<Vec<_>>();
    assert!(chunks().len() > 1, "it has parts");
    for _ in 0..10 {
        fixture.memory.advance(SignedDuration::from_mins(2));
        fixture.tick().await;
    }
    let [(_, head)] = &chunks()[..] else { panic!("only the head is left") };
    let head = String::from_utf8(head.clone()).unwrap();
    assert!(head.contains(&lead_id(3).to_string()) && head.contains("MARKETO_UNAVAILABLE"), "{head}");
    for personal in ["xxx", "lead1", "F1", "callback/"] {
        assert!(!head.contains(personal), "{personal}");
    }
    let (_, listed) = fixture.send("GET", "/registration/failures", &Value::Null).await;
    let chunk = &listed["failures"][0];
    assert_eq!((&chunk["code"], &chunk["lead_id"]), (&json!("MARKETO_UNAVAILABLE"), &Value::Null));
    let request = json!({"chunk_id": chunk["chunk_id"]});
    assert_eq!(fixture.send("POST", "/registration/failures/dismiss", &request).await.0, 200);
    assert_eq!(fixture.send("POST", "/registration/failures/dismiss", &request).await.0, 404);
    assert_eq!(fixture.send("POST", "/registration/failures/dismiss", &json!({"chunk_id": "x"})).await.0, 400);
    assert_eq!(fixture.send("GET", "/registration/failures", &Value::Null).await.1["failures"], json!([]));
    let left: Vec<_> = fixture.memory.dump().into_keys().collect();
    assert!(!left.iter().any(|key| key.starts_with("outbox:") || key.starts_with("given-up")), "{left:?}");
}

#[tokio::test]
async fn the_maintenance_drops_index_entries_and_counts_of_what_is_gone() {
    let fixture = Fixture::new().await;
    fixture.index(&[PROGRAM]).await;
    let store = fixture.memory.ports().key_value;
    let entries = json!({"v": 1, "entries": [[PROGRAM.to_string(), "7", null]]});
    store.set("failure-index:7", entries.to_string().into_bytes()).await.unwrap();
    let counts = json!({"v": 1, "registered": 1, "pending": 0, "cancelled": 0});
    store.set("registration-counts:77:1002", counts.to_string().into_bytes()).await.unwrap();
    let failed = async || fixture.send("GET", "/registration/programs/1001", &Value::Null).await.1["failed"].clone();
    assert_eq!(failed().await, json!(1));
    fixture.tick().await;
    assert_eq!(failed().await, json!(0));
    assert!(!fixture.memory.dump().contains_key("registration-counts:77:1002"));
}
