//! An extension that traps takes the process down. What a chunk's later runs do then, seen from the store; that the
//! process really dies is for the end-to-end tests.

use super::world::{World, email, lead};
use domain::LeadId;
use domain::records::{OutboxId, Questioned, QuestionedKey, VERSION};

/// The chunk's id and what is noted of whom the extension was asked about.
async fn note(world: &World, now: Option<u64>, died: &[u64]) {
    let id = world.memory.dump().into_keys().find_map(|key| OutboxId::from_key(&key)).unwrap();
    let died = died.iter().map(|&id| LeadId::from(id)).collect();
    let record = Questioned { v: VERSION, now: now.map(LeadId::from), died };
    world.memory.ports().store().put(&QuestionedKey { outbox: id }, &record).await.unwrap();
}

#[tokio::test]
async fn mapping_rejected_for_a_lead_on_which_the_process_died_twice_and_its_neighbours_are_registered() {
    let world = World::new().await;
    world.accept("t", &[lead(1), lead(2), lead(3)]).await;
    world.memory.kill_background();
    note(&world, Some(2), &[2]).await;
    assert_eq!(world.tick().await, 1);
    let (activity, _) = world.outcome(2);
    assert_eq!(
        (activity["errorCode"].as_str(), activity["registration"].as_str()),
        (Some("MAPPING_REJECTED"), Some("failed"))
    );
    assert!(activity["reason"].as_str().unwrap().contains("breaks down"), "{activity}");
    assert_eq!(world.adds(&email(2)), 0);
    for id in [1, 3] {
        assert_eq!(world.outcome(id).0["registration"], "registered", "lead {id}");
    }
    assert!(world.memory.dump().keys().all(|key| !key.starts_with("outbox:")), "nothing is left of the chunk");
}

#[tokio::test]
async fn one_death_may_be_chance() {
    let world = World::new().await;
    world.accept("t", &[lead(1), lead(2)]).await;
    world.memory.kill_background();
    note(&world, Some(2), &[1]).await;
    assert_eq!(world.tick().await, 1);
    for id in [1, 2] {
        assert_eq!(world.outcome(id).0["registration"], "registered", "lead {id}");
    }
}
