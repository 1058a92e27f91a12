use super::world::World;
use domain::ServiceId;
use domain::time::SignedDuration;
use serde_json::{Value, json};

/// Zoom's event for an account, as of now.
fn removed(world: &World, account: &str) -> Value {
    let now = world.memory.ports().clock.now();
    json!({
        "event": "app_deauthorized",
        "event_ts": now.as_millisecond(),
        "payload": {
            "account_id": account, "user_id": "u_1", "client_id": "client", "signature": "x",
            "deauthorization_time": now.to_string(),
        },
    })
}

async fn put(world: &World, key: &str, value: Value) {
    world.memory.ports().key_value.set(key, value.to_string().into_bytes()).await.unwrap();
}

/// A program of a service, connected to a webinar, with all that belongs to it.
async fn connect(world: &World, service: &ServiceId, program: u64, webinar: u64) {
    let now = world.memory.ports().clock.now();
    let connection = json!({
        "v": 1, "program": program, "program_name": "P", "service": service, "account_id": "acc_1",
        "snapshot": {
            "id": webinar, "topic": "T", "description": "", "start_time": now, "duration": 60, "timezone": "UTC",
            "host_email": null, "registration": "automatic", "join_url": null,
        },
        "channel": {"name": "Webinar", "statuses": []},
        "connected_at": now, "refreshed_at": now, "problem": null,
    });
    put(world, &format!("program:{program}"), connection).await;
    register(world, program, webinar).await;
    put(world, &format!("attendance:{program}"), json!({})).await;
    put(world, &format!("attendance:{program}:report:0:0:0"), json!({})).await;
    put(world, &format!("failure:{program}:7"), json!({})).await;
    put(world, &format!("asked:{program}"), json!({})).await;
    put(world, &format!("ended:{webinar}"), json!({})).await;
}

async fn register(world: &World, program: u64, webinar: u64) {
    let entry = json!({
        "v": 1, "program": program, "lead": 7, "at": world.memory.ports().clock.now(),
        "outcome": {"pending": {"registrant": "r"}}, "adds": {"day": 20_759, "count": 1},
    });
    put(world, &format!("registration:{webinar}:{:064}", program), entry).await;
}

async fn chunk(world: &World, id: u8, program: Option<u64>, choices: &[&[&str]]) {
    let now = world.memory.ports().clock.now();
    let leads = |choices: &[&str]| -> Vec<Value> {
        choices.iter().map(|choice| json!({"id": 7, "fields": [], "choice": choice, "status": null})).collect()
    };
    let key = format!("outbox:{id:032}");
    let head = json!({
        "v": 1, "accepted_at": now, "claimed_until": now, "runs": 0,
        "callback": {"url": "https://x", "token": "t", "api_key": "k", "munchkin_id": "m"},
        "program": program, "leads": leads(choices[0]), "more_parts": choices.len() - 1,
    });
    put(world, &key, head).await;
    for (part, choices) in choices.iter().enumerate().skip(1) {
        put(world, &format!("{key}:{part}"), json!({"v": 1, "leads": leads(choices)})).await;
    }
}

/// Keys of a kind.
fn keys(world: &World, kind: &str) -> Vec<String> {
    world.keys().into_iter().filter_map(|key| key.strip_prefix(kind).map(str::to_owned)).collect()
}

#[tokio::test]
async fn r17_removing_the_app_deletes_everything_of_the_account() {
    let world = World::new();
    let superseded = world.sign_in("First").await;
    let live = world.sign_in("Second").await;
    world.zoom.lock().id = "acc_2".into();
    let other = world.sign_in("Other").await;
    connect(&world, &superseded, 1, 101).await;
    connect(&world, &live, 2, 102).await;
    connect(&world, &other, 3, 103).await;
    // Program 2 was connected to another webinar before; program 3's webinar has one who came through program 2.
    register(&world, 2, 100).await;
    register(&world, 2, 103).await;
    chunk(&world, 1, Some(1), &[&["program"], &["program", "102"]]).await;
    chunk(&world, 2, Some(1), &[&["program"], &["103"]]).await;
    chunk(&world, 3, Some(3), &[&["program"]]).await;
    chunk(&world, 4, None, &[&["program"]]).await;

    assert_eq!(world.event(&removed(&world, "acc_1")).await.status, 204);
    // At once, nothing can be done with it any more.
    assert_eq!(world.token(&live).await.problem(), (409, "SERVICE_NEEDS_SIGN_IN".into()));
    assert_eq!(keys(&world, "token:"), [other.to_string()]);
    world.memory.run_background().await;

    assert_eq!(keys(&world, "program:"), ["3"]);
    assert_eq!(keys(&world, "attendance:"), ["3", "3:report:0:0:0"]);
    assert_eq!(keys(&world, "failure:"), ["3:7"]);
    assert_eq!((keys(&world, "asked:"), keys(&world, "ended:")), (vec!["3".to_owned()], vec!["103".to_owned()]));
    assert_eq!(keys(&world, "registration:"), [format!("103:{:064}", 2), format!("103:{:064}", 3)]);
    let [second, third, fourth] = [2, 3, 4].map(|id| format!("{id:032}"));
    assert_eq!(keys(&world, "outbox:"), [second.clone(), format!("{second}:1"), third, fourth]);
    assert_eq!(keys(&world, "account:"), ["acc_2"]);
    assert!(keys(&world, "removal:").is_empty());
    for id in [&superseded, &live] {
        let service = world.service(id).await;
        assert_eq!((&service["state"], &service["admin_email"]), (&json!("deauthorized"), &json!("")));
        let record = String::from_utf8(world.memory.dump()[&format!("service:{id}")].clone()).unwrap();
        assert!(!record.contains("example.com"), "{record}");
    }
    assert_eq!(world.service(&other).await["state"], "active");
    world.access_token(&other).await;
}

#[tokio::test]
async fn r17_what_a_service_left_that_was_deleted_here_before_goes_too() {
    for signs_in_again in [false, true] {
        let world = World::new();
        let deleted = world.sign_in("Acme").await;
        connect(&world, &deleted, 1, 101).await;
        connect(&world, &ServiceId::parse("gone").unwrap(), 2, 102).await;
        let mut foreign: Value = serde_json::from_slice(&world.memory.dump()["program:2"]).unwrap();
        foreign["account_id"] = json!("acc_2");
        put(&world, "program:2", foreign).await;
        assert_eq!(world.admin("DELETE", &format!("/oauth/services/{deleted}"), "").await.status, 204);
        assert_eq!(keys(&world, "program:").len(), 2);
        if signs_in_again {
            world.sign_in("Again").await;
        }
        assert_eq!(world.event(&removed(&world, "acc_1")).await.status, 204);
        world.memory.run_background().await;
        assert_eq!(keys(&world, "program:"), ["2"]);
        assert_eq!(keys(&world, "registration:"), [format!("102:{:064}", 2)]);
        assert_eq!(keys(&world, "attendance:"), ["2", "2:report:0:0:0"]);
    }
}

#[tokio::test]
async fn r17_the_tick_finishes_what_was_cut_off() {
    let world = World::new();
    let id = world.sign_in("Acme").await;
    connect(&world, &id, 1, 101).await;
    world.event(&removed(&world, "acc_1")).await;
    world.memory.kill_background();
    assert_eq!(keys(&world, "program:"), ["1"]);
    assert_eq!(world.tick().await, json!({"renewed": 0, "removed": 1, "failed": 0}));
    for kind in ["program:", "registration:", "attendance:", "removal:"] {
        assert!(keys(&world, kind).is_empty(), "{kind}");
    }
    assert_eq!(world.tick().await["removed"], 0);
}

#[tokio::test]
async fn r17_a_record_that_cannot_be_read_does_not_keep_the_others() {
    let world = World::new();
    let id = world.sign_in("Acme").await;
    connect(&world, &id, 1, 101).await;
    put(&world, "program:9", json!({"odd": true})).await;
    put(&world, "outbox:odd", json!([])).await;
    world.event(&removed(&world, "acc_1")).await;
    world.memory.run_background().await;
    assert_eq!(keys(&world, "program:"), ["9"]);
}

#[tokio::test]
async fn r17_an_event_that_comes_again_does_nothing() {
    let world = World::new();
    let id = world.sign_in("Acme").await;
    let event = removed(&world, "acc_1");
    world.event(&event).await;
    world.memory.run_background().await;
    let before = world.memory.dump();
    assert_eq!(world.event(&event).await.status, 204);
    world.memory.run_background().await;
    assert_eq!(world.memory.dump(), before);

    // The admin installs the app again; what Zoom repeats of before does not undo it.
    world.memory.advance(SignedDuration::from_mins(1));
    assert_eq!(world.sign_in("Acme").await, id);
    assert_eq!(world.event(&event).await.status, 204);
    assert_eq!(world.service(&id).await["state"], "active");
    world.access_token(&id).await;
    // A removal after that does.
    world.memory.advance(SignedDuration::from_mins(1));
    world.event(&removed(&world, "acc_1")).await;
    assert_eq!(world.service(&id).await["state"], "deauthorized");
}

#[tokio::test]
async fn r17_a_service_that_was_removed_in_zoom_can_be_deleted_here() {
    let world = World::new();
    let id = world.sign_in("Acme").await;
    connect(&world, &id, 1, 101).await;
    world.event(&removed(&world, "acc_1")).await;
    world.memory.kill_background();
    assert_eq!(world.admin("DELETE", &format!("/oauth/services/{id}"), "").await.status, 204);
    assert_eq!(world.keys(), ["services"]);
}

#[tokio::test]
async fn an_event_of_an_account_that_is_not_here_changes_nothing() {
    let world = World::new();
    world.sign_in("Acme").await;
    let before = world.memory.dump();
    assert_eq!(world.event(&removed(&world, "acc_9")).await.status, 204);
    assert_eq!(world.event(&json!({"event": "webinar.started", "payload": {"account_id": "acc_1"}})).await.status, 204);
    assert_eq!(world.memory.dump(), before);
}

#[tokio::test]
async fn zoom_can_validate_the_address() {
    let world = World::new();
    let answer = world.event(&json!({"event": "endpoint.url_validation", "payload": {"plainToken": "abc"}})).await;
    // HMAC-SHA256 of "abc" with the key "webhook-secret".
    let expected = platform::door::zoom_validation(&world.memory.ports(), "abc").await.unwrap();
    assert_eq!(answer.json(), json!({"plainToken": "abc", "encryptedToken": expected}));
    assert_eq!(expected.len(), 64);
}

#[tokio::test]
async fn events_without_zooms_signature_are_refused() {
    let world = World::new();
    let id = world.sign_in("Acme").await;
    let event = removed(&world, "acc_1").to_string();
    let now = world.memory.ports().clock.now().as_second().to_string();
    for headers in [
        vec![],
        vec![("x-zm-request-timestamp", now.as_str())],
        vec![("x-zm-request-timestamp", now.as_str()), ("x-zm-signature", "v0=00")],
        vec![("authorization", "Bearer admin-key")],
    ] {
        let answer = world.send("POST", "/oauth/zoom-events", &headers, &event).await;
        assert_eq!(answer.problem(), (401, "UNAUTHENTICATED".into()), "{headers:?}");
    }
    assert_eq!(world.service(&id).await["state"], "active");
}

#[tokio::test]
async fn signed_nonsense_is_refused() {
    let world = World::new();
    for body in [
        json!([]),
        json!({"event": 1}),
        json!({"event": "app_deauthorized"}),
        json!({"event": "app_deauthorized", "payload": {"account_id": {}}}),
        json!({"event": "endpoint.url_validation", "payload": {}}),
    ] {
        assert_eq!(world.event(&body).await.problem(), (400, "INVALID_REQUEST".into()), "{body}");
    }
}
