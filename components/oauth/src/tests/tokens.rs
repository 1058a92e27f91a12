use super::world::{World, token_key};
use async_trait::async_trait;
use domain::records::hex_digest;
use domain::time::SignedDuration;
use platform::Ports;
use platform::ports::{KeyValue, StoreError};
use serde_json::json;
use std::sync::Arc;

const HOUR: SignedDuration = SignedDuration::from_hours(1);
const DAY: SignedDuration = SignedDuration::from_hours(24);

#[tokio::test]
async fn a_token_is_renewed_ahead_of_its_end_and_not_before() {
    let world = World::new();
    let id = world.sign_in("Acme").await;
    let answer = world.token(&id).await.json();
    assert_eq!(answer["api_base"], "http://zoom.test");
    let first = world.access_token(&id).await;
    world.memory.advance(SignedDuration::from_mins(57));
    assert_eq!(world.access_token(&id).await, first);
    assert_eq!(world.zoom.lock().renewals, 0);
    world.memory.advance(SignedDuration::from_mins(2));
    let second = world.access_token(&id).await;
    assert_ne!(second, first);
    assert_eq!(world.access_token(&id).await, second);
    assert_eq!(world.zoom.lock().renewals, 1);
}

#[tokio::test]
async fn a_token_that_zoom_refused_is_renewed_at_once() {
    let world = World::new();
    let id = world.sign_in("Acme").await;
    let first = world.access_token(&id).await;
    let refused = json!({"refused": hex_digest(first.as_bytes())}).to_string();
    let path = format!("/internal/token/{id}");
    let second = world.internal(&path, &refused).await.json()["access_token"].clone();
    assert_ne!(second, first.as_str());
    // Who asks late, with the same refused token, gets the new one and causes no renewal.
    assert_eq!(world.internal(&path, &refused).await.json()["access_token"], second);
    assert_eq!(world.zoom.lock().renewals, 1);
}

#[tokio::test]
async fn many_who_ask_at_once_cause_one_renewal() {
    let world = World::new();
    let id = world.sign_in("Acme").await;
    world.memory.advance(HOUR);
    let answers = futures::future::join_all((0..16).map(|_| world.access_token(&id))).await;
    assert_eq!(world.zoom.lock().renewals, 1);
    assert!(answers.iter().all(|token| *token == answers[0]));
}

#[tokio::test]
async fn instances_take_turns_so_that_one_of_them_renews() {
    let world = World::new();
    let id = world.sign_in("Acme").await;
    let instances: Vec<_> = (0..5).map(|_| world.another_instance()).collect();
    world.memory.advance(HOUR);
    let tokens = futures::future::join_all(instances.iter().map(|instance| instance.access_token(&id))).await;
    assert!(tokens.iter().all(|token| *token == tokens[0]));
    assert_eq!(world.zoom.lock().renewals, 1);
    assert!(!world.keys().contains(&format!("renewing:{id}")));
}

#[tokio::test]
async fn the_turn_of_an_instance_that_was_killed_passes() {
    let world = World::new();
    let id = world.sign_in("Acme").await;
    world.memory.advance(HOUR);
    let now = world.memory.ports().clock.now();
    let lease = json!({"v": 1, "by": "killed", "until": now + SignedDuration::from_secs(5)}).to_string();
    world.memory.ports().key_value.set(&format!("renewing:{id}"), lease.into_bytes()).await.unwrap();
    world.access_token(&id).await;
    assert!(world.memory.ports().clock.now() >= now + SignedDuration::from_secs(5));
    assert_eq!(world.zoom.lock().renewals, 1);
}

#[tokio::test]
async fn a_refusal_is_not_believed_while_another_instance_may_be_writing_what_it_got() {
    let world = World::new();
    let id = world.sign_in("Acme").await;
    let key = format!("token:{id}");
    let stale = world.memory.dump()[&key].clone();
    world.memory.advance(HOUR);
    world.sign_in("Acme").await;
    let fresh = world.memory.dump()[&key].clone();
    let ports = world.memory.ports();
    ports.key_value.set(&key, stale).await.unwrap();
    world.zoom.forget_grants();
    let late_write = async {
        ports.clock.sleep(SignedDuration::from_secs(1)).await;
        ports.key_value.set(&key, fresh).await.unwrap();
    };
    let (answer, ()) = futures::future::join(world.token(&id), late_write).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    assert_eq!(world.zoom.lock().renewals, 1);
    assert_eq!(world.service(&id).await["state"], "active");
}

#[tokio::test]
async fn a_renewal_that_succeeds_disproves_a_refusal_that_another_instance_believed() {
    let world = World::new();
    let id = world.sign_in("Acme").await;
    world.memory.advance(HOUR);
    let (other, path) = (world.another_instance(), format!("/internal/problem/{id}"));
    let refused = json!({"problem": {"code": "SERVICE_NEEDS_SIGN_IN", "detail": "Refused."}}).to_string();
    world.zoom.lock().during_renewal = Some(Box::pin(async move {
        assert_eq!(other.internal(&path, &refused).await.status, 204);
        assert_eq!(other.services().await[0]["state"], "needs-sign-in");
    }));
    world.access_token(&id).await;
    let service = world.service(&id).await;
    assert_eq!((&service["state"], &service["problem"]), (&json!("active"), &json!(null)));
}

#[tokio::test]
async fn r2_a_refused_renewal_needs_a_sign_in() {
    let world = World::new();
    let id = world.sign_in("Acme").await;
    world.zoom.forget_grants();
    world.memory.advance(HOUR);
    for _ in 0..2 {
        assert_eq!(world.token(&id).await.problem(), (409, "SERVICE_NEEDS_SIGN_IN".into()));
    }
    assert_eq!(world.zoom.lock().renewals, 1);
    let service = world.service(&id).await;
    assert_eq!(
        (&service["state"], &service["problem"]["code"]),
        (&json!("needs-sign-in"), &json!("SERVICE_NEEDS_SIGN_IN"))
    );
    assert_eq!(world.sign_in("Acme").await, id);
    world.access_token(&id).await;
}

#[tokio::test]
async fn while_zoom_is_down_the_token_serves_to_its_end() {
    let world = World::new();
    let id = world.sign_in("Acme").await;
    let first = world.access_token(&id).await;
    world.zoom.lock().is_down = true;
    world.memory.advance(SignedDuration::from_mins(57));
    assert_eq!(world.access_token(&id).await, first);
    world.memory.advance(SignedDuration::from_mins(3));
    assert_eq!(world.token(&id).await.problem(), (503, "ZOOM_UNAVAILABLE".into()));
    assert_eq!(world.service(&id).await["state"], "active");
    world.zoom.lock().is_down = false;
    world.access_token(&id).await;
}

#[tokio::test]
async fn a_renewal_whose_answer_was_lost_is_tried_once_more_before_the_service_needs_a_sign_in() {
    let world = World::new();
    let id = world.sign_in("Acme").await;
    world.memory.advance(HOUR);
    world.zoom.lock().loses_renewal = true;
    assert_eq!(world.token(&id).await.problem(), (503, "ZOOM_UNAVAILABLE".into()));
    assert_eq!(world.service(&id).await["state"], "active");
    assert_eq!(world.token(&id).await.problem(), (409, "SERVICE_NEEDS_SIGN_IN".into()));
    assert_eq!(world.service(&id).await["state"], "needs-sign-in");
}

#[tokio::test]
async fn r2_zoom_refusing_the_app_is_a_problem_that_goes_by_itself() {
    let world = World::new();
    let id = world.sign_in("Acme").await;
    for (reason, says) in [
        ("Invalid client_id or client_secret", "zoom_client_secret"),
        ("The app has been disabled. (4,717)", "disabled in Zoom"),
        ("Disabled by the account's admin. (4,738)", "disabled in Zoom"),
    ] {
        world.memory.advance(HOUR);
        world.zoom.lock().refuses_app = Some(reason);
        assert_eq!(world.token(&id).await.problem(), (409, "SERVICE_LACKS_PERMISSION".into()));
        let service = world.service(&id).await;
        assert_eq!(
            (&service["state"], &service["problem"]["code"]),
            (&json!("active"), &json!("SERVICE_LACKS_PERMISSION"))
        );
        assert!(service["problem"]["detail"].as_str().unwrap().contains(says), "{service}");
        world.tick().await;
        assert_ne!(world.service(&id).await["problem"], json!(null));
        world.zoom.lock().refuses_app = None;
        world.tick().await;
        assert_eq!(world.service(&id).await["problem"], json!(null), "{reason}");
        world.access_token(&id).await;
    }
}

#[tokio::test]
async fn ten_thousand_requests_cost_at_most_one_renewal_an_hour() {
    let world = World::new();
    let id = world.sign_in("Acme").await;
    const HOURS: usize = 24;
    let between = SignedDuration::from_millis((HOURS * 3_600_000 / 10_000) as i64);
    for _ in 0..10_000 {
        world.access_token(&id).await;
        world.memory.advance(between);
    }
    let renewals = world.zoom.lock().renewals;
    assert!((HOURS - 1..=HOURS).contains(&renewals), "{renewals} renewals in {HOURS} hours");
}

/// A store that does not take tokens.
struct FullStore(Arc<dyn KeyValue>);

#[async_trait]
impl KeyValue for FullStore {
    async fn get(&self, key: &str) -> Result<Option<Vec<u8>>, StoreError> {
        self.0.get(key).await
    }

    async fn set(&self, key: &str, value: Vec<u8>) -> Result<(), StoreError> {
        if key.starts_with("token:") { Err(StoreError("full".into())) } else { self.0.set(key, value).await }
    }

    async fn delete(&self, key: &str) -> Result<(), StoreError> {
        self.0.delete(key).await
    }

    async fn keys(&self, prefix: &str) -> Result<Vec<String>, StoreError> {
        self.0.keys(prefix).await
    }
}

#[tokio::test]
async fn no_token_is_handed_out_before_its_grant_is_written() {
    let world = World::new();
    let id = world.sign_in("Acme").await;
    world.memory.advance(HOUR);
    let ports = world.memory.ports();
    let full = world.over(Ports { key_value: Arc::new(FullStore(ports.key_value.clone())), ..ports });
    assert_eq!(full.token(&id).await.problem(), (500, "INTERNAL".into()));
    assert_eq!(world.zoom.lock().renewals, 1);
}

#[tokio::test]
async fn r2_a_grant_that_lost_a_scope_is_looked_at_again_until_it_is_whole() {
    let world = World::new();
    let id = world.sign_in("Acme").await;
    let lost = world.zoom.lock().scopes.pop().unwrap();
    world.memory.advance(HOUR);
    let answer = world.token(&id).await;
    assert_eq!(answer.problem(), (409, "SERVICE_LACKS_PERMISSION".into()));
    assert!(answer.json()["detail"].as_str().unwrap().contains(&lost));
    let service = world.service(&id).await;
    assert_eq!(
        (&service["state"], &service["problem"]["code"]),
        (&json!("active"), &json!("SERVICE_LACKS_PERMISSION"))
    );

    world.zoom.lock().scopes.push(lost);
    assert_eq!(world.token(&id).await.status, 409);
    assert_eq!(world.zoom.lock().renewals, 1);
    world.memory.advance(SignedDuration::from_mins(5));
    world.access_token(&id).await;
    assert_eq!(world.service(&id).await["problem"], json!(null));
}

#[tokio::test]
async fn the_region_of_the_account_is_followed_and_other_places_are_not() {
    let world = World::new();
    world.zoom.lock().api_url = Some("http://evil.test".into());
    let id = world.sign_in("Acme").await;
    assert_eq!(world.token(&id).await.json()["api_base"], "http://zoom.test");
    world.zoom.lock().api_url = Some("https://api-eu.zoom.us".into());
    world.memory.advance(HOUR);
    assert_eq!(world.token(&id).await.json()["api_base"], "https://api-eu.zoom.us");
    assert_eq!(world.token(&id).await.json()["api_base"], "https://api-eu.zoom.us");
}

#[tokio::test]
async fn the_tick_keeps_an_idle_grant_alive() {
    let world = World::new();
    let id = world.sign_in("Acme").await;
    for _ in 0..120 {
        world.memory.advance(DAY);
        world.tick().await;
    }
    assert_eq!(world.zoom.lock().renewals, 120 / 7);
    world.access_token(&id).await;
}

#[tokio::test]
async fn the_tick_goes_on_when_one_service_fails() {
    let world = World::new();
    let broken = world.sign_in("Acme").await;
    world.zoom.lock().id = "acc_2".into();
    world.sign_in("Acme").await;
    world.memory.ports().key_value.set(&format!("service:{broken}"), b"{".to_vec()).await.unwrap();
    world.memory.advance(SignedDuration::from_hours(8 * 24));
    assert_eq!(world.tick().await, json!({"renewed": 1, "removed": 0, "failed": 1}));
}

#[tokio::test]
async fn the_token_key_can_be_changed() {
    let world = World::new();
    let id = world.sign_in("Acme").await;
    let (old, new) = (token_key(1), token_key(2));
    world.memory.set("token_key", &format!("{new}, {old}"));
    world.access_token(&id).await;
    world.memory.set("token_key", &new);
    let answer = world.token(&id).await;
    assert_eq!(answer.problem(), (409, "SERVICE_NEEDS_SIGN_IN".into()));
    assert!(answer.json()["detail"].as_str().unwrap().contains("token key"));
    // It was a slip: with the key back, all is well, and the next renewal seals with the new one.
    world.memory.set("token_key", &format!("{new},{old}"));
    world.memory.advance(HOUR);
    world.access_token(&id).await;
    world.memory.set("token_key", &new);
    world.access_token(&id).await;
}

#[tokio::test]
async fn bad_requests_are_refused() {
    let world = World::new();
    let id = world.sign_in("Acme").await;
    for body in ["", "{", r#"{"refused":1}"#] {
        let answer = world.internal(&format!("/internal/token/{id}"), body).await;
        assert_eq!(answer.problem(), (400, "INVALID_REQUEST".into()), "{body}");
    }
    for body in ["", r#"{"problem":{"code":"NO_SUCH_CODE","detail":""}}"#] {
        let answer = world.internal(&format!("/internal/problem/{id}"), body).await;
        assert_eq!(answer.problem(), (400, "INVALID_REQUEST".into()), "{body}");
    }
}
