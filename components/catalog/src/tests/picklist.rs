//! `POST /flow-step/getPicklist`.

use super::world::{World, problem};
use domain::records::ServiceState;
use serde_json::{Value, json};

const PATH: &str = "/flow-step/getPicklist";

async fn ask(world: &World, body: Value) -> (u16, Value) {
    world.call("POST", PATH, ("x-api-key", "marketo"), body).await
}

async fn values(world: &World) -> Vec<String> {
    let (status, body) = ask(world, json!({"name": "webinar", "type": "flow"})).await;
    assert_eq!(status, 200);
    let choices = body["choices"].as_array().unwrap();
    choices.iter().map(|choice| choice["submittedValue"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn the_programs_own_webinar_comes_first_then_the_upcoming_ones_of_all_active_services() {
    let world = World::new().await;
    world.add_service("s2", "cyd@y.test", &[]).await;
    world.add_service("s3", "old@z.test", &[]).await;
    world.change_service("s3", |service| service.state = ServiceState::Superseded).await;
    for (id, changes) in [
        (1, json!({"start_time": "2026-11-20T10:00:00Z"})),
        (2, json!({"start_time": "2026-11-19T18:45:00Z", "host_email": "cyd@y.test", "timezone": "Asia/Kolkata"})),
        (3, json!({"host_email": "old@z.test"})),
        (4, json!({"type": 9})),
        (5, json!({"start_time": "2026-10-01T10:00:00Z"})),
    ] {
        world.zoom().put(id, changes);
    }
    let (status, body) = ask(&world, json!({"name": "webinar", "type": "flow", "fieldMappingContext": {}})).await;
    assert_eq!(status, 200);
    assert_eq!(
        body,
        json!({"choices": [
            {"displayValue": {"en_US": "The program's connected webinar"}, "submittedValue": "program"},
            {"displayValue": {"en_US": "2026-11-20 00:15 Asia/Kolkata: Webinar 2"}, "submittedValue": "2"},
            {"displayValue": {"en_US": "2026-11-20 05:00 America/New_York: Webinar 1"}, "submittedValue": "1"},
        ]})
    );
}

#[tokio::test]
async fn choices_stay_in_memory_for_half_a_minute() {
    let world = World::new().await;
    world.zoom().put(1, json!({}));
    for (seconds, lists) in [(0, 2), (29, 2), (1, 4)] {
        world.memory.advance(domain::time::SignedDuration::from_secs(seconds));
        assert_eq!(values(&world).await, ["program", "1"]);
        assert_eq!(world.zoom().lists, lists);
    }
}

#[tokio::test]
async fn marketo_gets_at_most_1000_choices() {
    let world = World::new().await;
    for id in 1..=1_200 {
        world.zoom().put(id, json!({}));
    }
    assert_eq!(values(&world).await.len(), 1_000);
}

#[tokio::test]
async fn other_names_and_other_callers_are_refused() {
    let world = World::new().await;
    assert_eq!(problem(&ask(&world, json!({"name": "program", "type": "flow"})).await), (400, "INVALID_REQUEST"));
    assert_eq!(problem(&ask(&world, json!({"type": "flow"})).await), (400, "INVALID_REQUEST"));
    let body = json!({"name": "webinar"});
    for header in [("x-api-key", "wrong"), ("authorization", "Bearer admin")] {
        let answer = world.call("POST", PATH, header, body.clone()).await;
        assert_eq!(problem(&answer), (401, "UNAUTHENTICATED"));
    }
}

#[tokio::test]
async fn without_services_there_is_the_programs_own_webinar_alone() {
    let world = World::new().await;
    world.change_service("s1", |service| service.state = ServiceState::NeedsSignIn).await;
    assert_eq!(values(&world).await, ["program"]);
}

#[tokio::test]
async fn when_zoom_is_silent_marketo_keeps_the_choices_that_it_has() {
    let world = World::new().await;
    world.zoom().down = Some((500, json!({})));
    assert_eq!(problem(&ask(&world, json!({"name": "webinar"})).await), (503, "ZOOM_UNAVAILABLE"));
}
