//! What is forgotten, and what is not.

use super::world::{PROGRAM, World};
use domain::records::ProgramKey;

async fn ended() -> World {
    let world = World::new().await;
    world.marketo().member("r1", "Registered", "r1");
    world.zoom().crowd(&["r1", "r2"], &["r1"]);
    world.held();
    world.sync().await;
    // As if a worker had been killed while it put its sheets away.
    put(&world, &format!("attendance:{PROGRAM}:registrants:0:0:0")).await;
    world
}

async fn put(world: &World, key: &str) {
    world.ports().key_value.set(key, b"{}".to_vec()).await.unwrap();
}

fn keys(world: &World) -> Vec<String> {
    world.memory.dump().into_keys().filter_map(|key| key.strip_prefix("attendance:").map(str::to_owned)).collect()
}

#[tokio::test]
async fn sheets_with_people_on_them_do_not_outlast_the_work() {
    let world = ended().await;
    world.tick().await;
    assert_eq!(keys(&world), ["1001", "1001:stays:0:0:0", "1001:work"]);
    // For a month, for people who ask.
    world.pass(31 * 24 * 60);
    world.tick().await;
    assert_eq!(keys(&world), ["1001"]);
}

#[tokio::test]
async fn what_a_program_left_goes_when_it_is_disconnected_and_not_when_it_cannot_be_read() {
    let world = ended().await;
    put(&world, "attendance:1002").await;
    put(&world, "attendance:1002:report:0:0:0").await;
    let connection = ProgramKey { id: PROGRAM.into() }.to_string();
    world.ports().key_value.set(&connection, b"not a record".to_vec()).await.unwrap();
    world.tick().await;
    assert!(keys(&world).iter().all(|key| key.starts_with("1001")), "{:?}", keys(&world));
    assert!(keys(&world).contains(&"1001".to_owned()));
}

#[tokio::test]
async fn it_is_swept_once_an_hour_and_not_while_somebody_is_at_work() {
    let world = ended().await;
    world.somebody_works(10).await;
    world.tick().await;
    assert_eq!(keys(&world).len(), 4);
    world.pass(1);
    world.tick().await;
    assert_eq!(keys(&world).len(), 3);
    put(&world, "attendance:1002").await;
    world.pass(58);
    world.tick().await;
    assert_eq!(keys(&world).len(), 4);
    world.pass(3);
    world.tick().await;
    assert_eq!(keys(&world).len(), 3);
}
