//! `GET /catalog/webinars` and `POST /internal/webinar/{id}`.

use super::world::{World, problem};
use domain::records::ServiceState;
use serde_json::{Value, json};

const LIST: &str = "/catalog/webinars?service=s1";

fn ids(body: &Value) -> Vec<&str> {
    body["webinars"].as_array().unwrap().iter().map(|webinar| webinar["id"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn r3_upcoming_webinars_of_the_admin_and_enabled_users_by_start_each_once() {
    let world = World::new().await;
    for (id, changes) in [
        (1, json!({"start_time": "2026-11-20T10:00:00Z", "settings": {"approval_type": 1}})),
        (2, json!({"start_time": "2026-11-10T10:00:00Z", "host_email": "bob@x.test", "settings": {}})),
        (3, json!({"host_email": "eve@x.test"})),
        (4, json!({"type": 6, "start_time": null})),
        (5, json!({"type": 9, "host_email": "bob@x.test"})),
        (8, json!({"type": 9, "host_email": "eve@x.test"})),
        // Over since a minute, and under way until in a minute: it is 09:00.
        (6, json!({"start_time": "2026-11-02T07:59:00Z"})),
        (7, json!({"start_time": "2026-11-02T08:01:00Z"})),
    ] {
        world.zoom().put(id, changes);
    }
    // Bob enabled twice, and the admin among the users: still each webinar once.
    world
        .change_service("s1", |service| service.users.extend([service.admin_email.clone(), service.users[0].clone()]))
        .await;
    let (status, body) = world.get(LIST).await;
    assert_eq!((status, ids(&body)), (200, vec!["7", "2", "1"]));
    assert_eq!(body["problems"], json!([]));
    // Recurring ones of theirs are told apart, with the reason; of other people's webinars nothing is told.
    let left_out = body["left_out"].as_array().unwrap();
    assert_eq!(left_out.iter().map(|webinar| &webinar["id"]).collect::<Vec<_>>(), ["4", "5"]);
    let detail = domain::Code::WebinarRecurring.sentence();
    assert_eq!(
        left_out[1],
        json!({"id": "5", "topic": "Webinar 5", "host_email": "bob@x.test", "code": "WEBINAR_RECURRING", "detail": detail})
    );
    assert_eq!(
        body["webinars"][2],
        json!({
            "id": "1", "topic": "Webinar 1", "description": "About it.", "start_time": "2026-11-20T10:00:00Z",
            "duration": 60, "end_time": "2026-11-20T11:00:00Z", "timezone": "America/New_York",
            "host_email": "ada@x.test", "registration": "manual",
        })
    );
    let modes: Vec<_> = body["webinars"].as_array().unwrap().iter().map(|webinar| &webinar["registration"]).collect();
    assert_eq!(modes, ["automatic", "none", "manual"]);
    assert_eq!(body["webinars"][1]["host_email"], "bob@x.test");
}

#[tokio::test]
async fn all_pages_are_read_and_a_long_list_costs_its_list_calls_alone() {
    let world = World::new().await;
    for id in 1..=650 {
        world.zoom().put(id, json!({}));
    }
    let (_, body) = world.get(LIST).await;
    assert_eq!(ids(&body).len(), 650);
    assert_eq!(world.calls(), (4, 0, 1));
    // How people register is not told where it is not known.
    assert!(body["webinars"][0].get("registration").is_none());
}

#[tokio::test]
async fn twenty_one_full_lists_cost_twenty_one_calls_in_two_calls_time() {
    let world = World::new().await;
    let users: Vec<_> = (1..=20).map(|user| format!("user{user}@x.test")).collect();
    let users: Vec<_> = users.iter().map(String::as_str).collect();
    world.add_service("s2", "ada@x.test", &users).await;
    for id in 0..6_300 {
        let host = users.get(id / 300).copied().unwrap_or("ada@x.test");
        world.zoom().put(id as u64, json!({"host_email": host}));
    }
    let (status, body) = world.get("/catalog/webinars?service=s2").await;
    assert_eq!((status, ids(&body).len()), (200, 6_300));
    // The admin's first, then all others at once.
    assert_eq!(world.zoom().most_lists_at_once, 20);
    assert_eq!(world.calls(), (21, 0, 1));
}

#[tokio::test]
async fn a_page_token_that_zoom_ignores_does_not_loop() {
    let world = World::new().await;
    world.zoom().ignores_page_token = true;
    for id in 1..=301 {
        world.zoom().put(id, json!({}));
    }
    let (status, body) = world.get(LIST).await;
    assert_eq!((status, ids(&body).len()), (200, 300));
}

#[tokio::test]
async fn details_are_kept_for_half_a_minute() {
    let world = World::new().await;
    world.zoom().put(1, json!({}));
    for (seconds, details) in [(0, 1), (29, 1), (1, 2)] {
        world.memory.advance(domain::time::SignedDuration::from_secs(seconds));
        world.get(LIST).await;
        assert_eq!(world.zoom().details, details);
    }
}

#[tokio::test]
async fn a_user_that_fails_does_not_hide_the_others() {
    let world = World::new().await;
    world.zoom().put(1, json!({}));
    for (refusal, code) in [
        ((404, json!({"code": 1001, "message": "User does not exist: bob@x.test."})), "USER_NOT_FOUND"),
        ((400, json!({"code": 200, "message": "Webinar plan is missing."})), "SERVICE_LACKS_PERMISSION"),
    ] {
        world.zoom().refused.insert("bob@x.test".into(), refusal);
        let (status, body) = world.get(LIST).await;
        assert_eq!((status, ids(&body)), (200, vec!["1"]));
        assert_eq!((&body["problems"][0]["user"], &body["problems"][0]["code"]), (&json!("bob@x.test"), &json!(code)));
        assert!(body["problems"][0]["detail"].is_string());
    }
}

#[tokio::test]
async fn what_ails_the_whole_service_or_zoom_is_the_answer() {
    let world = World::new().await;
    world.zoom().put(1, json!({}));
    for (status, body, expected) in [
        (
            400,
            json!({"code": 4711, "message": "Invalid access token, does not contain scopes."}),
            (409, "SERVICE_LACKS_PERMISSION"),
        ),
        (401, json!({"code": 124, "message": "Invalid access token."}), (409, "SERVICE_NEEDS_SIGN_IN")),
        (429, json!({"code": 429, "message": "You have reached the maximum daily rate limit."}), (429, "RATE_LIMITED")),
        (503, json!({}), (503, "ZOOM_UNAVAILABLE")),
    ] {
        world.zoom().down = Some((status, body));
        assert_eq!(problem(&world.get(LIST).await), expected);
    }
}

#[tokio::test]
async fn r1_services_that_cannot_be_used_say_why() {
    let world = World::new().await;
    for (state, expected) in [
        (ServiceState::Superseded, (409, "SERVICE_SUPERSEDED")),
        (ServiceState::NeedsSignIn, (409, "SERVICE_NEEDS_SIGN_IN")),
        (ServiceState::Deauthorized, (409, "SERVICE_NEEDS_SIGN_IN")),
    ] {
        world.change_service("s1", |service| service.state = state).await;
        assert_eq!(problem(&world.get(LIST).await), expected);
    }
    for unknown in ["s9", "../x", "", "S1"] {
        let answer = world.get(&format!("/catalog/webinars?service={unknown}")).await;
        assert_eq!(problem(&answer), (404, "SERVICE_NOT_FOUND"), "{unknown}");
    }
    assert_eq!(problem(&world.get("/catalog/webinars").await), (400, "INVALID_REQUEST"));
    assert_eq!(world.zoom().lists, 0);
}

#[tokio::test]
async fn only_the_admin_comes_in() {
    let world = World::new().await;
    for (method, path) in [
        ("GET", LIST),
        ("GET", "/catalog/programs"),
        ("GET", "/catalog/programs/1001"),
        ("GET", "/catalog/programs/1001/tokens"),
        ("PUT", "/catalog/programs/1001"),
        ("DELETE", "/catalog/programs/1001"),
        ("POST", "/catalog/programs/1001/refresh"),
    ] {
        let answer = world.call(method, path, ("authorization", "Bearer wrong"), json!({})).await;
        assert_eq!(problem(&answer), (401, "UNAUTHENTICATED"), "{method} {path}");
    }
}

#[tokio::test]
async fn a_webinar_is_found_with_the_service_that_offers_it() {
    let world = World::new().await;
    world.zoom().put(1, json!({"host_email": "cyd@y.test"}));
    world.zoom().put(2, json!({"host_email": "eve@x.test"}));
    world.zoom().put(3, json!({"type": 9}));
    world.add_service("s2", "cyd@y.test", &[]).await;
    let (status, body) = world.internal("/internal/webinar/1", json!({})).await;
    assert_eq!((status, &body["service"], &body["snapshot"]["registration"]), (200, &json!("s2"), &json!("automatic")));
    for (id, expected) in [
        ("2", (422, "HOST_NOT_ENABLED")),
        ("3", (422, "WEBINAR_RECURRING")),
        ("4", (404, "WEBINAR_NOT_FOUND")),
        ("x", (404, "WEBINAR_NOT_FOUND")),
    ] {
        let answer = world.internal(&format!("/internal/webinar/{id}"), json!({})).await;
        assert_eq!(problem(&answer), expected, "{id}");
    }
    // The service that may have it cannot be asked: that is not "not found".
    world.change_service("s2", |service| service.state = ServiceState::NeedsSignIn).await;
    assert_eq!(problem(&world.internal("/internal/webinar/4", json!({})).await), (409, "SERVICE_NEEDS_SIGN_IN"));
    world.zoom().down = Some((500, json!({})));
    assert_eq!(problem(&world.internal("/internal/webinar/4", json!({})).await), (503, "ZOOM_UNAVAILABLE"));
}
