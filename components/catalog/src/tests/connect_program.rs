//! `GET`, `PUT` and `DELETE` of `/catalog/programs/{program_id}`.

use super::env::{PROGRAM, TestEnv, at, problem};
use domain::records::ServiceState;
use fakes::marketo::subscription::MyTokenType;
use serde_json::{Value, json};

#[tokio::test]
async fn r4_connecting_stores_webinar_and_channel_and_writes_my_tokens() {
    let env = TestEnv::new().await;
    env.add_webinar(9, |_| {});
    let (status, body) = env.connect(9).await;
    assert_eq!(status, 200);
    let now = env.now();
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
                {"name": "Not in Program", "step": 0}, {"name": "Invited", "step": 10},
                {"name": "Registered", "step": 20}, {"name": "No Show", "step": 30}, {"name": "Attended", "step": 40},
            ]},
            "missing_statuses": [
                "Registration Error", "Pending Approval", "Wait Listed", "Rejected", "Attended On-demand"
            ],
            "statuses": {
                "registered": "Registered", "pending": null, "cancelled": null, "denied": null, "registration_error": null,
                "attended": "Attended", "no_show": "No Show", "attended_on_demand": null,
            },
            "chosen_statuses": [], "status_warnings": [],
            "connected_at": now, "refreshed_at": now, "moved_from": [], "no_show_after_minutes": 30,
            "automatic": true, "copy_zoom_registrations": false, "live": false, "problem": null,
        })
    );
    assert_eq!(env.get(PROGRAM).await, (200, body.clone()));
    assert_eq!(env.get("/catalog/programs").await, (200, json!({"programs": [body]})));
    for (name, value) in [
        ("Webinar Topic", "Webinar 9"),
        ("Webinar Start Date", "Thursday, November 12, 2026"),
        ("Webinar Start Time", "10:00 AM"),
        ("Webinar End Time", "11:00 AM"),
        ("Webinar Time Zone", "America/New_York (UTC-05:00)"),
        ("Webinar ID", "9"),
    ] {
        assert_eq!(env.token(name), value);
    }
    assert_eq!(env.written().len(), 9);
    // The API shows the My Tokens that are in Marketo.
    let (status, shown) = env.get("/catalog/programs/1001/tokens").await;
    assert_eq!((status, &shown["due"]), (200, &json!(false)));
    let shown = shown["tokens"].as_array().unwrap();
    assert_eq!(shown.len(), 9);
    for token in shown {
        assert_eq!(token["value"], env.token(token["name"].as_str().unwrap()));
    }
    assert_eq!(problem(&env.get("/catalog/programs/7/tokens").await), (404, "PROGRAM_NOT_CONNECTED"));
}

#[tokio::test]
async fn a_failed_connect_has_its_code_and_changes_nothing() {
    let env = TestEnv::new().await;
    env.add_webinar(1, |_| {});
    env.add_webinar(2, |webinar| webinar.host = "eve@x.test".into());
    env.add_webinar(3, |webinar| webinar.kind = 9);
    env.add_webinar(4, |webinar| webinar.start_time = Some(at("2026-11-02T07:59:00Z")));
    env.connect(1).await;
    let before = env.memory.dump();
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
        let answer = env.admin("PUT", &format!("/catalog/programs/{program}"), choice.clone()).await;
        assert_eq!(problem(&answer), expected, "{program} {choice}");
    }
    env.change_service("s1", |service| service.state = ServiceState::NeedsSignIn).await;
    assert_eq!(problem(&env.connect(1).await), (409, "SERVICE_NEEDS_SIGN_IN"));
    env.change_service("s1", |service| service.state = ServiceState::Active).await;
    env.fail_zoom(500, json!({}));
    assert_eq!(problem(&env.connect(1).await), (503, "ZOOM_UNAVAILABLE"));
    env.restore_zoom();
    for (code, expected) in [("603", (502, "MARKETO_ACCESS_DENIED")), ("607", (503, "MARKETO_QUOTA"))] {
        env.fail_marketo(code);
        assert_eq!(problem(&env.connect(1).await), expected);
    }
    assert_eq!(env.memory.dump(), before);
}

#[tokio::test]
async fn r5_a_webinar_without_registration_connects_and_shows_the_shared_link() {
    let env = TestEnv::new().await;
    env.add_webinar(9, |webinar| webinar.approval_type = 2);
    let (status, body) = env.connect(9).await;
    assert_eq!((status, &body["webinar"]["registration"]), (200, &json!("none")));
    assert_eq!(body["webinar"]["join_url"], "http://zoom.test/j/9");
    assert_eq!(env.token("Webinar Join Link"), "http://zoom.test/j/9");
}

#[tokio::test]
async fn reconnecting_returns_the_replaced_webinar() {
    let env = TestEnv::new().await;
    env.add_webinar(1, |_| {});
    env.add_webinar(2, |webinar| (webinar.host, webinar.topic) = ("bob@x.test".into(), "Other".into()));
    let (_, first) = env.connect(1).await;
    env.memory.advance(domain::time::SignedDuration::from_mins(1));
    let (status, same) = env.connect(1).await;
    assert_eq!((status, &same["connected_at"], same.get("replaced")), (200, &first["connected_at"], None));
    let (status, other) = env.connect(2).await;
    assert_eq!((status, &other["replaced"], &other["webinar"]["topic"]), (200, &json!("1"), &json!("Other")));
    assert_eq!(other["connected_at"], json!(env.now()));
    assert_eq!(env.get("/catalog/programs").await.1["programs"].as_array().map(Vec::len), Some(1));
    assert_eq!(env.token("Webinar Topic"), "Other");
}

#[tokio::test]
async fn r15_an_unconnected_program_is_not_found() {
    let env = TestEnv::new().await;
    assert_eq!(problem(&env.get(PROGRAM).await), (404, "PROGRAM_NOT_CONNECTED"));
    let refreshed = env.admin("POST", &format!("{PROGRAM}/refresh"), Value::Null).await;
    assert_eq!(problem(&refreshed), (404, "PROGRAM_NOT_CONNECTED"));
    assert_eq!(env.get("/catalog/programs").await, (200, json!({"programs": []})));
}

#[tokio::test]
async fn r15_a_disconnected_program_is_not_found() {
    let env = TestEnv::new().await;
    env.add_webinar(9, |_| {});
    env.connect(9).await;
    assert_eq!(env.admin("DELETE", PROGRAM, Value::Null).await, (204, Value::Null));
    for method in ["GET", "DELETE"] {
        let answer = env.admin(method, PROGRAM, Value::Null).await;
        assert_eq!(problem(&answer), (404, "PROGRAM_NOT_CONNECTED"), "{method}");
    }
    assert_eq!(env.get("/catalog/programs").await.1, json!({"programs": []}));
}

#[tokio::test]
async fn r4_a_refresh_writes_my_tokens_that_failed_before() {
    let env = TestEnv::new().await;
    env.add_webinar(9, |_| {});
    // The customer has a token of the same name and another type.
    env.set_token("Webinar ID", MyTokenType::Number, "5");
    let (status, body) = env.connect(9).await;
    assert_eq!((status, &body["problem"]["code"]), (200, &json!("INVALID_FIELD")));
    assert!(body["problem"]["detail"].as_str().unwrap().contains("Webinar ID"));
    assert_eq!((env.token("Webinar ID"), env.written().len()), ("5".to_owned(), 8));

    env.change_program(|program| drop(program.my_tokens.remove("Webinar ID")));
    let (status, body) = env.admin("POST", &format!("{PROGRAM}/refresh"), Value::Null).await;
    assert_eq!((status, &body["problem"]), (200, &Value::Null));
    assert_eq!((env.token("Webinar ID"), env.written().len()), ("9".to_owned(), 9));
}

#[tokio::test]
async fn r1_a_superseded_service_is_the_problem_of_its_programs_at_once() {
    let env = TestEnv::new().await;
    env.add_webinar(9, |_| {});
    env.connect(9).await;
    env.change_service("s1", |service| service.state = ServiceState::Superseded).await;
    assert_eq!(env.get(PROGRAM).await.1["problem"]["code"], "SERVICE_SUPERSEDED");
    let (status, body) = env.admin("POST", &format!("{PROGRAM}/refresh"), Value::Null).await;
    assert_eq!((status, &body["problem"]["code"]), (200, &json!("SERVICE_SUPERSEDED")));
    // After a sign-in under the old name the problem that the refresh recorded no longer shows.
    env.change_service("s1", |service| service.state = ServiceState::Active).await;
    assert_eq!(env.get(PROGRAM).await.1["problem"], Value::Null);
}

#[tokio::test]
async fn r3_a_host_no_longer_enabled_is_the_problem_of_programs_at_once() {
    let env = TestEnv::new().await;
    env.add_webinar(9, |webinar| webinar.host = "bob@x.test".into());
    assert_eq!(env.connect(9).await.0, 200);
    env.change_service("s1", |service| service.users.clear()).await;
    assert_eq!(env.get(PROGRAM).await.1["problem"]["code"], "HOST_NOT_ENABLED");
}

#[tokio::test]
async fn member_fields_are_validated_and_kept() {
    let env = TestEnv::new().await;
    env.add_webinar(9, |_| {});
    let connect = async |fields: Value| {
        let body = json!({"service": "s1", "webinar": "9", "member_fields": fields});
        env.admin("PUT", PROGRAM, body).await
    };
    for name in ["zoomNothing", "leadId", "webinarUrl", ""] {
        let refused = connect(json!({"minutes": name})).await;
        assert_eq!(problem(&refused), (422, "INVALID_FIELD"), "{name}");
    }
    let fields = json!({"minutes": "zoomMinutes", "first_join": "zoomJoined"});
    assert_eq!(connect(fields.clone()).await.1["member_fields"], fields);
    // Connecting again without the field keeps them; an empty object removes them.
    assert_eq!(env.connect(9).await.1["member_fields"], fields);
    assert_eq!(connect(json!({})).await.1["member_fields"], Value::Null);
}

#[tokio::test]
async fn r23_r10_settings_that_are_on_or_off_stay() {
    for (setting, default) in [("automatic", true), ("copy_zoom_registrations", false), ("live", false)] {
        let env = TestEnv::new().await;
        env.add_webinar(9, |_| {});
        assert_eq!(env.connect(9).await.1[setting], default, "{setting}");
        let settings = format!("{PROGRAM}/settings");
        assert_eq!(env.admin("PUT", &settings, json!({setting: !default})).await.1[setting], !default, "{setting}");
        let refused = env.admin("PUT", &settings, json!({setting: 3})).await;
        assert_eq!(problem(&refused), (400, "INVALID_REQUEST"), "{setting}");
        assert_eq!(env.admin("PUT", &settings, json!({})).await.1[setting], !default, "{setting}");
        assert_eq!(env.admin("POST", &format!("{PROGRAM}/refresh"), json!({})).await.1[setting], !default, "{setting}");
        assert_eq!(env.connect(9).await.1[setting], !default, "{setting}");
    }
}

#[tokio::test]
async fn a_lead_partition_is_a_setting_that_stays() {
    let env = TestEnv::new().await;
    env.marketo.arrange(|subscription| subscription.leads.partitions.insert(2, "Europe".into()));
    env.add_webinar(9, |_| {});
    assert_eq!(env.connect(9).await.1["lead_partition"], Value::Null);
    let settings = format!("{PROGRAM}/settings");
    let set = async |partition: Value| env.admin("PUT", &settings, json!({"lead_partition": partition})).await;
    let refused = set(json!("Asia")).await;
    assert_eq!(problem(&refused), (400, "INVALID_REQUEST"));
    assert!(refused.1["detail"].as_str().unwrap().contains("Default, Europe"), "{}", refused.1);
    assert_eq!(set(json!(" europe ")).await.1["lead_partition"], "Europe");
    // What is left out stays, and so does the setting after a refresh and when the program is connected again.
    assert_eq!(env.admin("PUT", &settings, json!({})).await.1["lead_partition"], "Europe");
    assert_eq!(env.admin("POST", &format!("{PROGRAM}/refresh"), json!({})).await.1["lead_partition"], "Europe");
    assert_eq!(env.connect(9).await.1["lead_partition"], "Europe");
    for none in [json!(null), json!("")] {
        set(json!("Europe")).await;
        assert_eq!(set(none).await.1["lead_partition"], Value::Null);
    }
}

#[tokio::test]
async fn r19_the_delay_of_no_show_is_a_setting_that_stays() {
    let env = TestEnv::new().await;
    env.add_webinar(9, |_| {});
    assert_eq!(env.connect(9).await.1["no_show_after_minutes"], 30);
    let settings = format!("{PROGRAM}/settings");
    let changed = env.admin("PUT", &settings, json!({"no_show_after_minutes": 0})).await;
    assert_eq!((changed.0, &changed.1["no_show_after_minutes"]), (200, &json!(0)));
    for body in [json!({"no_show_after_minutes": 1441}), json!({"no_show_after_minutes": -1})] {
        assert_eq!(problem(&env.admin("PUT", &settings, body.clone()).await), (400, "INVALID_REQUEST"), "{body}");
    }
    // What is left out stays, and so does the setting after a refresh and when the program is connected again.
    assert_eq!(env.admin("PUT", &settings, json!({})).await.1["no_show_after_minutes"], 0);
    assert_eq!(env.admin("POST", &format!("{PROGRAM}/refresh"), json!({})).await.1["no_show_after_minutes"], 0);
    assert_eq!(env.connect(9).await.1["no_show_after_minutes"], 0);
}
