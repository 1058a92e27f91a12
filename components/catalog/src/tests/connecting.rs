//! Connecting programs to webinars.

use super::world::{PROGRAM, World, problem};
use domain::records::ServiceState;
use serde_json::{Value, json};

#[tokio::test]
async fn r4_connecting_keeps_the_webinar_and_the_channel_and_shows_it_in_marketo() {
    let world = World::new().await;
    world.zoom().put(9, json!({}));
    let (status, body) = world.connect(9).await;
    assert_eq!(status, 200);
    let now = world.now();
    assert_eq!(
        body,
        json!({
            "program_id": "1001", "program_name": "Autumn", "service": "s1",
            "webinar": {
                "id": "9", "topic": "Webinar 9", "description": "About it.", "start_time": "2026-11-12T15:00:00Z",
                "duration": 60, "end_time": "2026-11-12T16:00:00Z", "timezone": "America/New_York",
                "host_email": "ada@x.test", "registration": "automatic",
            },
            "channel": {"name": "Webinar", "statuses": [
                {"name": "Invited", "step": 10}, {"name": "Registered", "step": 20}, {"name": "No Show", "step": 30},
                {"name": "Attended", "step": 40},
            ]},
            "missing_statuses": [
                "Registration Error", "Pending Approval", "Wait Listed", "Rejected", "Attended On-demand"
            ],
            "connected_at": now, "refreshed_at": now, "moved_from": [], "problem": null,
        })
    );
    assert_eq!(world.get(PROGRAM).await, (200, body.clone()));
    assert_eq!(world.get("/catalog/programs").await, (200, json!({"programs": [body]})));
    for (name, value) in [
        ("Webinar Topic", "Webinar 9"),
        ("Webinar Start Date", "Thursday, November 12, 2026"),
        ("Webinar Start Time", "10:00 AM"),
        ("Webinar End Time", "11:00 AM"),
        ("Webinar Time Zone", "America/New_York (UTC-05:00)"),
        ("Webinar ID", "9"),
    ] {
        assert_eq!(world.token(name), value);
    }
    assert_eq!(world.written().len(), 9);
    // The admin sees what is in Marketo.
    let (status, shown) = world.get("/catalog/programs/1001/tokens").await;
    assert_eq!((status, &shown["due"]), (200, &json!(false)));
    let shown = shown["tokens"].as_array().unwrap();
    assert_eq!(shown.len(), 9);
    for token in shown {
        assert_eq!(token["value"], world.token(token["name"].as_str().unwrap()));
    }
    assert_eq!(problem(&world.get("/catalog/programs/7/tokens").await), (404, "PROGRAM_NOT_CONNECTED"));
}

#[tokio::test]
async fn each_obstacle_has_its_code_and_changes_nothing() {
    let world = World::new().await;
    world.zoom().put(1, json!({}));
    world.zoom().put(2, json!({"host_email": "eve@x.test"}));
    world.zoom().put(3, json!({"type": 9}));
    world.zoom().put(4, json!({"start_time": "2026-11-02T07:59:00Z"}));
    world.connect(1).await;
    let before = world.memory.dump();
    for (program, choice, expected) in [
        ("1001", json!({"service": "s1", "webinar": 2}), (422, "HOST_NOT_ENABLED")),
        ("1001", json!({"service": "s1", "webinar": "3"}), (422, "WEBINAR_RECURRING")),
        ("1001", json!({"service": "s1", "webinar": "4"}), (409, "WEBINAR_OVER")),
        ("1001", json!({"service": "s1", "webinar": "5"}), (404, "WEBINAR_NOT_FOUND")),
        ("1001", json!({"service": "s9", "webinar": "1"}), (404, "SERVICE_NOT_FOUND")),
        ("1001", json!({"service": "a/b", "webinar": "1"}), (404, "SERVICE_NOT_FOUND")),
        // R6
        ("1002", json!({"service": "s1", "webinar": "1"}), (422, "PROGRAM_NOT_WEBINAR_CHANNEL")),
        ("1009", json!({"service": "s1", "webinar": "1"}), (404, "NOT_FOUND")),
        ("abc", json!({"service": "s1", "webinar": "1"}), (400, "INVALID_REQUEST")),
        ("1001", json!({"service": "s1", "webinar": "12a"}), (400, "INVALID_REQUEST")),
        ("1001", json!({"service": "s1"}), (400, "INVALID_REQUEST")),
    ] {
        let answer = world.admin("PUT", &format!("/catalog/programs/{program}"), choice.clone()).await;
        assert_eq!(problem(&answer), expected, "{program} {choice}");
    }
    world.change_service("s1", |service| service.state = ServiceState::NeedsSignIn).await;
    assert_eq!(problem(&world.connect(1).await), (409, "SERVICE_NEEDS_SIGN_IN"));
    world.change_service("s1", |service| service.state = ServiceState::Active).await;
    world.zoom().down = Some((500, json!({})));
    assert_eq!(problem(&world.connect(1).await), (503, "ZOOM_UNAVAILABLE"));
    world.zoom().down = None;
    for (code, expected) in [("603", (502, "MARKETO_ACCESS_DENIED")), ("607", (503, "MARKETO_QUOTA"))] {
        world.marketo().refuses = Some(code);
        assert_eq!(problem(&world.connect(1).await), expected);
    }
    assert_eq!(world.memory.dump(), before);
}

#[tokio::test]
async fn r5_without_registration_connecting_works_and_offers_the_shared_link() {
    let world = World::new().await;
    world.zoom().put(9, json!({"settings": {"approval_type": 2}}));
    let (status, body) = world.connect(9).await;
    assert_eq!((status, &body["webinar"]["registration"]), (200, &json!("none")));
    assert_eq!(body["webinar"]["join_url"], "http://zoom.test/j/9");
    assert_eq!(world.token("Webinar Join Link"), "http://zoom.test/j/9");
}

#[tokio::test]
async fn reconnecting_says_which_webinar_it_leaves_behind() {
    let world = World::new().await;
    world.zoom().put(1, json!({}));
    world.zoom().put(2, json!({"host_email": "bob@x.test", "topic": "Other"}));
    let (_, first) = world.connect(1).await;
    world.memory.advance(domain::time::SignedDuration::from_mins(1));
    let (status, same) = world.connect(1).await;
    assert_eq!((status, &same["connected_at"], same.get("replaced")), (200, &first["connected_at"], None));
    let (status, other) = world.connect(2).await;
    assert_eq!((status, &other["replaced"], &other["webinar"]["topic"]), (200, &json!("1"), &json!("Other")));
    assert_eq!(other["connected_at"], json!(world.now()));
    assert_eq!(world.get("/catalog/programs").await.1["programs"].as_array().map(Vec::len), Some(1));
    assert_eq!(world.token("Webinar Topic"), "Other");
}

#[tokio::test]
async fn r15_a_program_that_is_not_connected_says_so() {
    let world = World::new().await;
    assert_eq!(problem(&world.get(PROGRAM).await), (404, "PROGRAM_NOT_CONNECTED"));
    let refreshed = world.admin("POST", &format!("{PROGRAM}/refresh"), Value::Null).await;
    assert_eq!(problem(&refreshed), (404, "PROGRAM_NOT_CONNECTED"));
    assert_eq!(world.get("/catalog/programs").await, (200, json!({"programs": []})));
}

#[tokio::test]
async fn r15_a_program_is_disconnected_once() {
    let world = World::new().await;
    world.zoom().put(9, json!({}));
    world.connect(9).await;
    assert_eq!(world.admin("DELETE", PROGRAM, Value::Null).await, (204, Value::Null));
    for method in ["GET", "DELETE"] {
        let answer = world.admin(method, PROGRAM, Value::Null).await;
        assert_eq!(problem(&answer), (404, "PROGRAM_NOT_CONNECTED"), "{method}");
    }
    assert_eq!(world.get("/catalog/programs").await.1, json!({"programs": []}));
}

#[tokio::test]
async fn r4_my_tokens_that_could_not_be_written_are_written_later() {
    let world = World::new().await;
    world.zoom().put(9, json!({}));
    // Somebody's token is in the way.
    world.marketo().tokens.insert("Webinar ID".into(), ("number".into(), "5".into()));
    let (status, body) = world.connect(9).await;
    assert_eq!((status, &body["problem"]["code"]), (200, &json!("INVALID_FIELD")));
    assert!(body["problem"]["detail"].as_str().unwrap().contains("Webinar ID"));
    assert_eq!((world.token("Webinar ID"), world.written().len()), ("5".to_owned(), 8));

    world.marketo().tokens.remove("Webinar ID");
    let (status, body) = world.admin("POST", &format!("{PROGRAM}/refresh"), Value::Null).await;
    assert_eq!((status, &body["problem"]), (200, &Value::Null));
    assert_eq!((world.token("Webinar ID"), world.written().len()), ("9".to_owned(), 9));
}

#[tokio::test]
async fn r1_a_superseded_service_shows_on_its_programs_at_once() {
    let world = World::new().await;
    world.zoom().put(9, json!({}));
    world.connect(9).await;
    world.change_service("s1", |service| service.state = ServiceState::Superseded).await;
    assert_eq!(world.get(PROGRAM).await.1["problem"]["code"], "SERVICE_SUPERSEDED");
    let (status, body) = world.admin("POST", &format!("{PROGRAM}/refresh"), Value::Null).await;
    assert_eq!((status, &body["problem"]["code"]), (200, &json!("SERVICE_SUPERSEDED")));
    // Signed in again under the old name: what the refresh wrote down is over.
    world.change_service("s1", |service| service.state = ServiceState::Active).await;
    assert_eq!(world.get(PROGRAM).await.1["problem"], Value::Null);
}

#[tokio::test]
async fn r3_a_host_who_is_no_longer_enabled_shows_on_programs_at_once() {
    let world = World::new().await;
    world.zoom().put(9, json!({"host_email": "bob@x.test"}));
    assert_eq!(world.connect(9).await.0, 200);
    world.change_service("s1", |service| service.users.clear()).await;
    assert_eq!(world.get(PROGRAM).await.1["problem"]["code"], "HOST_NOT_ENABLED");
}
