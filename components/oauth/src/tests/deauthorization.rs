use super::fixture::Fixture;
use domain::ServiceId;
use domain::time::SignedDuration;
use serde_json::{Value, json};

/// Returns Zoom's event for an account, with the current time.
fn deauthorized(fixture: &Fixture, account: &str) -> Value {
    let now = fixture.in_memory.ports().clock.now();
    json!({
        "event": "app_deauthorized",
        "event_ts": now.as_millisecond(),
        "payload": {
            "account_id": account, "user_id": "u_1", "client_id": fakes::zoom::CLIENT_ID, "signature": "x",
            "deauthorization_time": now.to_string(),
        },
    })
}

async fn put(fixture: &Fixture, key: &str, value: Value) {
    fixture.in_memory.ports().key_value.set(key, value.to_string().into_bytes()).await.unwrap();
}

/// Connects a program to a webinar through a service, with all the records that belong to it.
async fn connect(fixture: &Fixture, service: &ServiceId, program: u64, webinar: u64) {
    let now = fixture.in_memory.ports().clock.now();
    let connection = json!({
        "v": 1, "program": program, "program_name": "P", "service": service, "account_id": "acc_1",
        "snapshot": {
            "id": webinar, "topic": "T", "description": "", "start_time": now, "duration": 60, "timezone": "UTC",
            "host_email": null, "registration": "automatic", "join_url": null,
        },
        "channel": {"name": "Webinar", "statuses": []},
        "connected_at": now, "refreshed_at": now, "problem": null,
    });
    put(fixture, &format!("program:{program}"), connection).await;
    register(fixture, program, webinar).await;
    put(fixture, &format!("attendance:{program}"), json!({})).await;
    put(fixture, &format!("attendance:{program}:report:0:0:0"), json!({})).await;
    put(fixture, &format!("failure:{program}:7"), json!({})).await;
    put(fixture, &format!("sync-requested:{program}"), json!({})).await;
    put(fixture, &format!("ended:{webinar}"), json!({})).await;
}

async fn register(fixture: &Fixture, program: u64, webinar: u64) {
    let entry = json!({
        "v": 1, "program": program, "lead": 7, "at": fixture.in_memory.ports().clock.now(),
        "outcome": {"pending": {"registrant": "r"}}, "adds": {"day": 20_759, "count": 1},
    });
    put(fixture, &format!("registration:{webinar}:{:064}", program), entry).await;
}

async fn chunk(fixture: &Fixture, id: u8, program: Option<u64>, choices: &[&[&str]]) {
    let now = fixture.in_memory.ports().clock.now();
    let leads = |choices: &[&str]| -> Vec<Value> {
        choices.iter().map(|choice| json!({"id": 7, "fields": [], "choice": choice, "status": null})).collect()
    };
    let key = format!("outbox:{id:032}");
    let head = json!({
        "v": 1, "accepted_at": now, "claimed_until": now, "runs": 0,
        "callback": {"url": "https://x", "token": "t", "api_key": "k", "munchkin_id": "m"},
        "program": program, "leads": leads(choices[0]), "more_parts": choices.len() - 1,
    });
    put(fixture, &key, head).await;
    for (part, choices) in choices.iter().enumerate().skip(1) {
        put(fixture, &format!("{key}:{part}"), json!({"v": 1, "leads": leads(choices)})).await;
    }
}

/// Returns the keys of a kind, without their prefix.
fn keys(fixture: &Fixture, kind: &str) -> Vec<String> {
    fixture.keys().into_iter().filter_map(|key| key.strip_prefix(kind).map(str::to_owned)).collect()
}

#[tokio::test]
async fn r17_removing_the_app_deletes_all_data_of_the_account() {
    let fixture = Fixture::new();
    let superseded = fixture.sign_in("First").await;
    let live = fixture.sign_in("Second").await;
    fixture.switch_account("acc_2");
    let other = fixture.sign_in("Other").await;
    connect(&fixture, &superseded, 1, 101).await;
    connect(&fixture, &live, 2, 102).await;
    connect(&fixture, &other, 3, 103).await;
    // Program 2 was connected to another webinar before, and registered a person in the webinar of program 3.
    register(&fixture, 2, 100).await;
    register(&fixture, 2, 103).await;
    chunk(&fixture, 1, Some(1), &[&["program"], &["program", "102"]]).await;
    chunk(&fixture, 2, Some(1), &[&["program"], &["103"]]).await;
    chunk(&fixture, 3, Some(3), &[&["program"]]).await;
    chunk(&fixture, 4, None, &[&["program"]]).await;

    assert_eq!(fixture.deauthorize("acc_1").await, Some(204));
    // The service is unusable before the sweep.
    assert_eq!(fixture.token(&live).await.problem(), (409, "SERVICE_NEEDS_SIGN_IN".into()));
    assert_eq!(keys(&fixture, "token:"), [other.to_string()]);
    fixture.in_memory.run_background().await;

    assert_eq!(keys(&fixture, "program:"), ["3"]);
    assert_eq!(keys(&fixture, "attendance:"), ["3", "3:report:0:0:0"]);
    assert_eq!(keys(&fixture, "failure:"), ["3:7"]);
    assert_eq!(
        (keys(&fixture, "sync-requested:"), keys(&fixture, "ended:")),
        (vec!["3".to_owned()], vec!["103".to_owned()])
    );
    assert_eq!(keys(&fixture, "registration:"), [format!("103:{:064}", 2), format!("103:{:064}", 3)]);
    let [second, third, fourth] = [2, 3, 4].map(|id| format!("{id:032}"));
    assert_eq!(keys(&fixture, "outbox:"), [second.clone(), format!("{second}:1"), third, fourth]);
    assert_eq!(keys(&fixture, "account:"), ["acc_2"]);
    assert!(keys(&fixture, "removal:").is_empty());
    for id in [&superseded, &live] {
        let service = fixture.service(id).await;
        assert_eq!((&service["state"], &service["admin_email"]), (&json!("deauthorized"), &json!("")));
        let record = String::from_utf8(fixture.in_memory.dump()[&format!("service:{id}")].clone()).unwrap();
        assert!(!record.contains("example.com"), "{record}");
    }
    assert_eq!(fixture.service(&other).await["state"], "active");
    fixture.access_token(&other).await;
}

#[tokio::test]
async fn r17_deletes_the_data_of_a_service_that_was_deleted_here_before() {
    for signs_in_again in [false, true] {
        let fixture = Fixture::new();
        let deleted = fixture.sign_in("Acme").await;
        connect(&fixture, &deleted, 1, 101).await;
        connect(&fixture, &ServiceId::parse("gone").unwrap(), 2, 102).await;
        let mut of_other_account: Value = serde_json::from_slice(&fixture.in_memory.dump()["program:2"]).unwrap();
        of_other_account["account_id"] = json!("acc_2");
        put(&fixture, "program:2", of_other_account).await;
        assert_eq!(fixture.admin("DELETE", &format!("/oauth/services/{deleted}"), "").await.status, 204);
        assert_eq!(keys(&fixture, "program:").len(), 2);
        if signs_in_again {
            fixture.sign_in("Again").await;
        }
        assert_eq!(fixture.deauthorize("acc_1").await, Some(204));
        fixture.in_memory.run_background().await;
        assert_eq!(keys(&fixture, "program:"), ["2"]);
        assert_eq!(keys(&fixture, "registration:"), [format!("102:{:064}", 2)]);
        assert_eq!(keys(&fixture, "attendance:"), ["2", "2:report:0:0:0"]);
    }
}

#[tokio::test]
async fn r17_the_tick_completes_an_interrupted_deauthorization() {
    let fixture = Fixture::new();
    let id = fixture.sign_in("Acme").await;
    connect(&fixture, &id, 1, 101).await;
    fixture.deauthorize("acc_1").await;
    fixture.in_memory.kill_background();
    assert_eq!(keys(&fixture, "program:"), ["1"]);
    assert_eq!(fixture.tick().await, json!({"renewed": 0, "removed": 1, "failed": 0}));
    for kind in ["program:", "registration:", "attendance:", "removal:"] {
        assert!(keys(&fixture, kind).is_empty(), "{kind}");
    }
    assert_eq!(fixture.tick().await["removed"], 0);
}

#[tokio::test]
async fn r17_an_unreadable_record_does_not_stop_the_sweep() {
    let fixture = Fixture::new();
    let id = fixture.sign_in("Acme").await;
    connect(&fixture, &id, 1, 101).await;
    put(&fixture, "program:9", json!({"odd": true})).await;
    put(&fixture, "outbox:odd", json!([])).await;
    fixture.deauthorize("acc_1").await;
    fixture.in_memory.run_background().await;
    assert_eq!(keys(&fixture, "program:"), ["9"]);
}

#[tokio::test]
async fn r17_a_repeated_event_changes_nothing() {
    let fixture = Fixture::new();
    let id = fixture.sign_in("Acme").await;
    fixture.deauthorize("acc_1").await;
    fixture.in_memory.run_background().await;
    let before = fixture.in_memory.dump();
    assert_eq!(fixture.zoom.resend(0).await.unwrap().status, Some(204));
    fixture.in_memory.run_background().await;
    assert_eq!(fixture.in_memory.dump(), before);

    // The admin installs the app again. The repeated event of before does not undo that.
    fixture.in_memory.advance(SignedDuration::from_mins(1));
    assert_eq!(fixture.sign_in("Acme").await, id);
    assert_eq!(fixture.zoom.resend(0).await.unwrap().status, Some(204));
    assert_eq!(fixture.service(&id).await["state"], "active");
    fixture.access_token(&id).await;
    // A later removal ends the service.
    fixture.in_memory.advance(SignedDuration::from_mins(1));
    fixture.deauthorize("acc_1").await;
    assert_eq!(fixture.service(&id).await["state"], "deauthorized");
}

#[tokio::test]
async fn r17_an_admin_can_delete_a_deauthorized_service() {
    let fixture = Fixture::new();
    let id = fixture.sign_in("Acme").await;
    connect(&fixture, &id, 1, 101).await;
    fixture.deauthorize("acc_1").await;
    fixture.in_memory.kill_background();
    assert_eq!(fixture.admin("DELETE", &format!("/oauth/services/{id}"), "").await.status, 204);
    assert_eq!(fixture.keys(), ["services"]);
}

#[tokio::test]
async fn an_event_of_an_unknown_account_changes_nothing() {
    let fixture = Fixture::new();
    fixture.sign_in("Acme").await;
    let before = fixture.in_memory.dump();
    assert_eq!(fixture.send_event(&deauthorized(&fixture, "acc_9")).await.status, 204);
    assert_eq!(
        fixture.send_event(&json!({"event": "webinar.started", "payload": {"account_id": "acc_1"}})).await.status,
        204
    );
    assert_eq!(fixture.in_memory.dump(), before);
}

#[tokio::test]
async fn answers_the_url_validation_of_zoom() {
    let fixture = Fixture::new();
    let response =
        fixture.send_event(&json!({"event": "endpoint.url_validation", "payload": {"plainToken": "abc"}})).await;
    // HMAC-SHA256 of "abc" with the secret token of the app.
    let expected = platform::auth::verify::zoom_validation(&fixture.in_memory.ports(), "abc").await.unwrap();
    assert_eq!(response.json(), json!({"plainToken": "abc", "encryptedToken": expected}));
    assert_eq!(expected.len(), 64);
    fixture.zoom.validate_endpoint("https://app.test/oauth/zoom-events").await.unwrap();
}

#[tokio::test]
async fn rejects_an_event_without_a_valid_signature() {
    let fixture = Fixture::new();
    let id = fixture.sign_in("Acme").await;
    let event = deauthorized(&fixture, "acc_1").to_string();
    let now = fixture.in_memory.ports().clock.now().as_second().to_string();
    for headers in [
        vec![],
        vec![("x-zm-request-timestamp", now.as_str())],
        vec![("x-zm-request-timestamp", now.as_str()), ("x-zm-signature", "v0=00")],
        vec![("authorization", "Bearer admin-key")],
    ] {
        let response = fixture.send("POST", "/oauth/zoom-events", &headers, &event).await;
        assert_eq!(response.problem(), (401, "UNAUTHENTICATED".into()), "{headers:?}");
    }
    assert_eq!(fixture.service(&id).await["state"], "active");
}

#[tokio::test]
async fn rejects_a_malformed_event() {
    let fixture = Fixture::new();
    for body in [
        json!([]),
        json!({"event": 1}),
        json!({"event": "app_deauthorized"}),
        json!({"event": "app_deauthorized", "payload": {"account_id": {}}}),
        json!({"event": "endpoint.url_validation", "payload": {}}),
    ] {
        assert_eq!(fixture.send_event(&body).await.problem(), (400, "INVALID_REQUEST".into()), "{body}");
    }
}
