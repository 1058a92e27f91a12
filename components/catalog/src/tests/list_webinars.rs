//! `GET /catalog/webinars` and `POST /internal/webinar/{id}`.

use super::env::{TestEnv, at, problem};
use domain::records::ServiceState;
use fakes::zoom::UserChange;
use serde_json::{Value, json};

const LIST: &str = "/catalog/webinars?service=s1";

fn ids(body: &Value) -> Vec<&str> {
    body["webinars"].as_array().unwrap().iter().map(|webinar| webinar["id"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn r3_lists_upcoming_webinars_of_the_admin_and_enabled_users_once_by_start() {
    let env = TestEnv::new().await;
    env.add_webinar(1, |webinar| {
        (webinar.start_time, webinar.approval_type) = (Some(at("2026-11-20T10:00:00Z")), 1);
    });
    env.add_webinar(2, |webinar| {
        webinar.start_time = Some(at("2026-11-10T10:00:00Z"));
        (webinar.host, webinar.approval_type) = ("bob@x.test".into(), 2);
    });
    env.add_webinar(3, |webinar| webinar.host = "eve@x.test".into());
    env.add_webinar(4, |webinar| webinar.kind = 6);
    env.add_webinar(5, |webinar| (webinar.kind, webinar.host) = (9, "bob@x.test".into()));
    env.add_webinar(8, |webinar| (webinar.kind, webinar.host) = (9, "eve@x.test".into()));
    // At 09:00, the first ended a minute ago and the second ends in a minute.
    env.add_webinar(6, |webinar| webinar.start_time = Some(at("2026-11-02T07:59:00Z")));
    env.add_webinar(7, |webinar| webinar.start_time = Some(at("2026-11-02T08:01:00Z")));
    // Bob is enabled twice, and the admin is among the users.
    env.change_service("s1", |service| service.users.extend([service.admin_email.clone(), service.users[0].clone()]))
        .await;
    let (status, body) = env.get(LIST).await;
    assert_eq!((status, ids(&body)), (200, vec!["7", "2", "1"]));
    assert_eq!(body["problems"], json!([]));
    // Recurring webinars of the hosts are listed with the reason; other people's webinars are not.
    let left_out = body["left_out"].as_array().unwrap();
    assert_eq!(left_out.iter().map(|webinar| &webinar["id"]).collect::<Vec<_>>(), ["4", "5"]);
    let detail = domain::ErrorCode::WebinarRecurring.sentence();
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
async fn r3_peculiar_webinars_are_marked_and_those_of_zoom_events_are_not_offered() {
    let env = TestEnv::new().await;
    env.add_webinar(1, |webinar| (webinar.is_simulive, webinar.on_demand) = (true, true));
    env.add_webinar(2, |webinar| webinar.confirmation_email = true);
    env.add_webinar(3, |_| {});
    env.add_webinar(4, |webinar| webinar.is_events_webinar = true);
    let (_, body) = env.get(LIST).await;
    assert_eq!(ids(&body), ["1", "2", "3"]);
    let kinds = |place: usize| -> Vec<&str> {
        let notes = body["webinars"][place]["notes"].as_array().into_iter().flatten();
        notes.map(|note| note["kind"].as_str().unwrap()).collect()
    };
    assert_eq!((kinds(0), kinds(1), kinds(2)), (vec!["simulive", "on_demand"], vec!["zoom_confirmation"], vec![]));
    let left_out = &body["left_out"][0];
    assert_eq!((&left_out["id"], &left_out["code"]), (&json!("4"), &json!("INVALID_FIELD")));
    assert!(left_out["detail"].as_str().unwrap().contains("Zoom Events"));
    // The reason is given where the webinar is chosen by its id, too.
    let (status, refused) = env.connect(4).await;
    assert_eq!((status, &refused["detail"]), (422, &left_out["detail"]));
}

#[tokio::test]
async fn a_long_list_is_read_completely_without_detail_calls() {
    let env = TestEnv::new().await;
    for id in 1..=650 {
        env.add_webinar(id, |_| {});
    }
    let (_, body) = env.get(LIST).await;
    assert_eq!(ids(&body).len(), 650);
    assert_eq!(env.calls(), (4, 0, 1));
    // The mode of registration is unknown, so it is absent.
    assert!(body["webinars"][0].get("registration").is_none());
}

#[tokio::test]
async fn twenty_one_full_lists_take_21_calls_in_two_rounds() {
    let env = TestEnv::new().await;
    let users: Vec<_> = (1..=20).map(|user| format!("user{user}@x.test")).collect();
    let users: Vec<_> = users.iter().map(String::as_str).collect();
    env.add_service("s2", "ada@x.test", &users).await;
    for id in 0..6_300 {
        let host = users.get(id / 300).copied().unwrap_or("ada@x.test");
        env.add_webinar(id as u64, |webinar| webinar.host = host.to_owned());
    }
    let (status, body) = env.get("/catalog/webinars?service=s2").await;
    assert_eq!((status, ids(&body).len()), (200, 6_300));
    // The admin's list comes first, then all others at once.
    assert_eq!(env.max_concurrent_lists(), 20);
    assert_eq!(env.calls(), (21, 0, 1));
}

#[tokio::test]
async fn an_ignored_page_token_ends_the_listing() {
    let env = TestEnv::new().await;
    env.change_service("s1", |service| service.users.clear()).await;
    for id in 1..=301 {
        env.add_webinar(id, |_| {});
    }
    // Every page is the first one, which has a token for the next.
    let first = env.first_page("ada@x.test").await;
    assert_ne!(first["next_page_token"], "");
    env.fail_zoom(200, first);
    let (status, body) = env.get(LIST).await;
    assert_eq!((status, ids(&body).len()), (200, 300));
}

#[tokio::test]
async fn details_are_cached_for_30_seconds() {
    let env = TestEnv::new().await;
    env.add_webinar(1, |_| {});
    for (seconds, details) in [(0, 1), (29, 1), (1, 2)] {
        env.memory.advance(domain::time::SignedDuration::from_secs(seconds));
        env.get(LIST).await;
        assert_eq!(env.details(), details);
    }
}

#[tokio::test]
async fn a_failing_user_does_not_hide_the_others() {
    let env = TestEnv::new().await;
    env.add_webinar(1, |_| {});
    for code in ["HOST_LACKS_LICENCE", "USER_NOT_FOUND"] {
        if code == "USER_NOT_FOUND" {
            env.zoom.remove_user("bob@x.test").unwrap();
        } else {
            let unlicensed = UserChange { licensed: Some(false), ..UserChange::default() };
            env.zoom.change_user("bob@x.test", unlicensed).unwrap();
        }
        let (status, body) = env.get(LIST).await;
        assert_eq!((status, ids(&body)), (200, vec!["1"]));
        assert_eq!((&body["problems"][0]["user"], &body["problems"][0]["code"]), (&json!("bob@x.test"), &json!(code)));
        assert!(body["problems"][0]["detail"].is_string());
    }
}

#[tokio::test]
async fn an_error_of_the_whole_service_or_zoom_is_the_answer() {
    let env = TestEnv::new().await;
    env.add_webinar(1, |_| {});
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
        env.fail_zoom(status, body);
        assert_eq!(problem(&env.get(LIST).await), expected);
    }
}

#[tokio::test]
async fn r1_an_unusable_service_is_rejected_with_its_reason() {
    let env = TestEnv::new().await;
    for (state, expected) in [
        (ServiceState::Superseded, (409, "SERVICE_SUPERSEDED")),
        (ServiceState::NeedsSignIn, (409, "SERVICE_NEEDS_SIGN_IN")),
        (ServiceState::Deauthorized, (409, "SERVICE_NEEDS_SIGN_IN")),
    ] {
        env.change_service("s1", |service| service.state = state).await;
        assert_eq!(problem(&env.get(LIST).await), expected);
    }
    for unknown in ["s9", "../x", "", "S1"] {
        let answer = env.get(&format!("/catalog/webinars?service={unknown}")).await;
        assert_eq!(problem(&answer), (404, "SERVICE_NOT_FOUND"), "{unknown}");
    }
    assert_eq!(problem(&env.get("/catalog/webinars").await), (400, "INVALID_REQUEST"));
    assert_eq!(env.lists(), 0);
}

#[tokio::test]
async fn every_admin_route_requires_the_admin_key() {
    let env = TestEnv::new().await;
    for (method, path) in [
        ("GET", LIST),
        ("GET", "/catalog/programs"),
        ("GET", "/catalog/programs/1001"),
        ("GET", "/catalog/programs/1001/tokens"),
        ("PUT", "/catalog/programs/1001"),
        ("DELETE", "/catalog/programs/1001"),
        ("POST", "/catalog/programs/1001/refresh"),
    ] {
        let answer = env.call(method, path, ("authorization", "Bearer wrong"), json!({})).await;
        assert_eq!(problem(&answer), (401, "UNAUTHENTICATED"), "{method} {path}");
    }
}

#[tokio::test]
async fn the_internal_lookup_finds_the_service_that_offers_a_webinar() {
    let env = TestEnv::new().await;
    env.add_service("s2", "cyd@y.test", &[]).await;
    env.add_webinar(1, |webinar| webinar.host = "cyd@y.test".into());
    env.add_webinar(2, |webinar| webinar.host = "eve@x.test".into());
    env.add_webinar(3, |webinar| webinar.kind = 9);
    let (status, body) = env.internal("/internal/webinar/1", json!({})).await;
    assert_eq!((status, &body["service"], &body["snapshot"]["registration"]), (200, &json!("s2"), &json!("automatic")));
    for (id, expected) in [
        ("2", (422, "HOST_NOT_ENABLED")),
        ("3", (422, "WEBINAR_RECURRING")),
        ("4", (404, "WEBINAR_NOT_FOUND")),
        ("x", (404, "WEBINAR_NOT_FOUND")),
    ] {
        let answer = env.internal(&format!("/internal/webinar/{id}"), json!({})).await;
        assert_eq!(problem(&answer), expected, "{id}");
    }
    // A service that may have the webinar cannot be read, so the answer is not "not found".
    env.change_service("s2", |service| service.state = ServiceState::NeedsSignIn).await;
    assert_eq!(problem(&env.internal("/internal/webinar/4", json!({})).await), (409, "SERVICE_NEEDS_SIGN_IN"));
    env.fail_zoom(500, json!({}));
    assert_eq!(problem(&env.internal("/internal/webinar/4", json!({})).await), (503, "ZOOM_UNAVAILABLE"));
}
