use super::fixture::{Fixture, token_key};
use crate::zoom_oauth::scopes::REQUIRED_SCOPES;
use domain::digest::sha256_hex;
use domain::time::SignedDuration;
use fakes::support::{Effect, Fault};
use fakes::zoom::{ACCOUNT, ADMIN, CLIENT_SECRET, DisabledBy, REPORT_SCOPES, SCOPES};
use serde_json::json;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

const HOUR: SignedDuration = SignedDuration::from_hours(1);
const DAY: SignedDuration = SignedDuration::from_hours(24);

#[tokio::test]
async fn renews_a_token_two_minutes_before_it_expires() {
    let fixture = Fixture::new();
    let id = fixture.sign_in("Acme").await;
    let response = fixture.token(&id).await.json();
    assert_eq!(response["api_base"], "http://zoom.test");
    let first = fixture.access_token(&id).await;
    fixture.in_memory.advance(SignedDuration::from_mins(57));
    assert_eq!(fixture.access_token(&id).await, first);
    assert_eq!(fixture.renewals(), 0);
    fixture.in_memory.advance(SignedDuration::from_mins(2));
    let second = fixture.access_token(&id).await;
    assert_ne!(second, first);
    assert_eq!(fixture.access_token(&id).await, second);
    assert_eq!(fixture.renewals(), 1);
}

#[tokio::test]
async fn renews_a_token_that_zoom_rejected() {
    let fixture = Fixture::new();
    let id = fixture.sign_in("Acme").await;
    let first = fixture.access_token(&id).await;
    let request = json!({"refused": sha256_hex(first.as_bytes())}).to_string();
    let path = format!("/internal/token/{id}");
    let second = fixture.internal(&path, &request).await.json()["access_token"].clone();
    assert_ne!(second, first.as_str());
    // A late request with the same rejected token gets the new one and causes no renewal.
    assert_eq!(fixture.internal(&path, &request).await.json()["access_token"], second);
    assert_eq!(fixture.renewals(), 1);
}

#[tokio::test]
async fn concurrent_requests_cause_one_renewal() {
    let fixture = Fixture::new();
    let id = fixture.sign_in("Acme").await;
    fixture.in_memory.advance(HOUR);
    let responses = futures::future::join_all((0..16).map(|_| fixture.access_token(&id))).await;
    assert_eq!(fixture.renewals(), 1);
    assert!(responses.iter().all(|token| *token == responses[0]));
}

#[tokio::test]
async fn concurrent_instances_cause_one_renewal() {
    let fixture = Fixture::new();
    let id = fixture.sign_in("Acme").await;
    let instances: Vec<_> = (0..5).map(|_| fixture.another_instance()).collect();
    fixture.in_memory.advance(HOUR);
    let tokens = futures::future::join_all(instances.iter().map(|instance| instance.access_token(&id))).await;
    assert!(tokens.iter().all(|token| *token == tokens[0]));
    assert_eq!(fixture.renewals(), 1);
    assert!(!fixture.keys().contains(&format!("renewing:{id}")));
}

#[tokio::test]
async fn the_lease_of_a_killed_instance_lapses() {
    let fixture = Fixture::new();
    let id = fixture.sign_in("Acme").await;
    fixture.in_memory.advance(HOUR);
    let now = fixture.in_memory.ports().clock.now();
    let lease = json!({"v": 1, "by": 7, "until": now + SignedDuration::from_secs(5)}).to_string();
    fixture.in_memory.ports().key_value.set(&format!("renewing:{id}"), lease.into_bytes()).await.unwrap();
    fixture.access_token(&id).await;
    assert!(fixture.in_memory.ports().clock.now() >= now + SignedDuration::from_secs(5));
    assert_eq!(fixture.renewals(), 1);
}

#[tokio::test]
async fn waits_for_the_tokens_of_another_instance_before_trusting_a_rejection() {
    let fixture = Fixture::new();
    let id = fixture.sign_in("Acme").await;
    let key = format!("token:{id}");
    let stale = fixture.in_memory.dump()[&key].clone();
    fixture.in_memory.advance(HOUR);
    fixture.sign_in("Acme").await;
    let fresh = fixture.in_memory.dump()[&key].clone();
    let ports = fixture.in_memory.ports();
    ports.key_value.set(&key, stale).await.unwrap();
    fixture.zoom.revoke_authorizations(ACCOUNT);
    let late_write = async {
        ports.clock.sleep(SignedDuration::from_secs(1)).await;
        ports.key_value.set(&key, fresh).await.unwrap();
    };
    let (response, ()) = futures::future::join(fixture.token(&id), late_write).await;
    assert_eq!(response.status, 200, "{response:?}");
    assert_eq!(fixture.renewals(), 1);
    assert_eq!(fixture.service(&id).await["state"], "active");
}

#[tokio::test]
async fn a_successful_renewal_overrules_a_rejection_that_another_instance_recorded() {
    let fixture = Fixture::new();
    let id = fixture.sign_in("Acme").await;
    fixture.in_memory.advance(HOUR);
    let (other, path) = (fixture.another_instance(), format!("/internal/problem/{id}"));
    let rejection = json!({"problem": {"code": "SERVICE_NEEDS_SIGN_IN", "detail": "Rejected."}}).to_string();
    let is_recorded = Arc::new(AtomicBool::new(false));
    let recorded = is_recorded.clone();
    fixture.zoom.interruptions().during_next("POST", "/oauth/token", async move {
        assert_eq!(other.internal(&path, &rejection).await.status, 204);
        assert_eq!(other.services().await[0]["problem"]["code"], "SERVICE_NEEDS_SIGN_IN");
        recorded.store(true, Ordering::SeqCst);
    });
    fixture.access_token(&id).await;
    assert!(is_recorded.load(Ordering::SeqCst));
    let service = fixture.service(&id).await;
    assert_eq!((&service["state"], &service["problem"]), (&json!("active"), &json!(null)));
}

#[tokio::test]
async fn r2_a_rejected_renewal_requires_a_sign_in() {
    let fixture = Fixture::new();
    let id = fixture.sign_in("Acme").await;
    fixture.zoom.revoke_authorizations(ACCOUNT);
    fixture.in_memory.advance(HOUR);
    for _ in 0..2 {
        assert_eq!(fixture.token(&id).await.problem(), (409, "SERVICE_NEEDS_SIGN_IN".into()));
    }
    assert_eq!(fixture.renewals(), 1);
    let service = fixture.service(&id).await;
    assert_eq!(
        (&service["state"], &service["problem"]["code"]),
        (&json!("needs-sign-in"), &json!("SERVICE_NEEDS_SIGN_IN"))
    );
    assert_eq!(fixture.sign_in("Acme").await, id);
    fixture.access_token(&id).await;
}

#[tokio::test]
async fn a_token_is_used_until_it_expires_while_zoom_is_down() {
    let fixture = Fixture::new();
    let id = fixture.sign_in("Acme").await;
    let first = fixture.access_token(&id).await;
    fixture.take_zoom_down();
    fixture.in_memory.advance(SignedDuration::from_mins(57));
    assert_eq!(fixture.access_token(&id).await, first);
    fixture.in_memory.advance(SignedDuration::from_mins(3));
    assert_eq!(fixture.token(&id).await.problem(), (503, "ZOOM_UNAVAILABLE".into()));
    assert_eq!(fixture.service(&id).await["state"], "active");
    fixture.restore_zoom();
    fixture.access_token(&id).await;
}

#[tokio::test]
async fn retries_a_renewal_with_a_lost_response_before_requiring_a_sign_in() {
    let fixture = Fixture::new();
    let id = fixture.sign_in("Acme").await;
    fixture.in_memory.advance(HOUR);
    fixture.zoom.faults().add(Fault::once("POST", "/oauth/token", Effect::ErrorAfter { error_after: 502 }));
    assert_eq!(fixture.token(&id).await.problem(), (503, "ZOOM_UNAVAILABLE".into()));
    assert_eq!(fixture.service(&id).await["state"], "active");
    assert_eq!(fixture.token(&id).await.problem(), (409, "SERVICE_NEEDS_SIGN_IN".into()));
    assert_eq!(fixture.service(&id).await["state"], "needs-sign-in");
}

#[tokio::test]
async fn r2_the_problem_of_a_rejected_app_clears_when_zoom_accepts_the_app() {
    let fixture = Fixture::new();
    let id = fixture.sign_in("Acme").await;
    for (disabled_by, says) in [
        (None, "zoom_client_secret"),
        (Some(DisabledBy::Zoom), "disabled in Zoom"),
        (Some(DisabledBy::Admin), "disabled in Zoom"),
    ] {
        fixture.in_memory.advance(HOUR);
        fixture.zoom.disable_app(disabled_by);
        if disabled_by.is_none() {
            fixture.in_memory.set("zoom_client_secret", "wrong");
        }
        assert_eq!(fixture.token(&id).await.problem(), (409, "SERVICE_LACKS_PERMISSION".into()));
        let service = fixture.service(&id).await;
        assert_eq!(
            (&service["state"], &service["problem"]["code"]),
            (&json!("active"), &json!("SERVICE_LACKS_PERMISSION"))
        );
        assert!(service["problem"]["detail"].as_str().unwrap().contains(says), "{service}");
        fixture.tick().await;
        assert_ne!(fixture.service(&id).await["problem"], json!(null));
        fixture.zoom.disable_app(None);
        fixture.in_memory.set("zoom_client_secret", CLIENT_SECRET);
        fixture.tick().await;
        assert_eq!(fixture.service(&id).await["problem"], json!(null), "{disabled_by:?}");
        fixture.access_token(&id).await;
    }
}

#[tokio::test]
async fn ten_thousand_requests_cause_at_most_one_renewal_an_hour() {
    let fixture = Fixture::new();
    let id = fixture.sign_in("Acme").await;
    const HOURS: usize = 24;
    let between = SignedDuration::from_millis((HOURS * 3_600_000 / 10_000) as i64);
    for _ in 0..10_000 {
        fixture.access_token(&id).await;
        fixture.in_memory.advance(between);
    }
    let renewals = fixture.renewals();
    assert!((HOURS - 1..=HOURS).contains(&renewals), "{renewals} renewals in {HOURS} hours");
}

#[tokio::test]
async fn returns_no_token_before_its_grant_is_written() {
    let fixture = Fixture::new();
    let id = fixture.sign_in("Acme").await;
    fixture.in_memory.advance(HOUR);
    let full = fixture.with_full_store("token:");
    assert_eq!(full.token(&id).await.problem(), (500, "INTERNAL".into()));
    assert_eq!(fixture.renewals(), 1);
}

/// Returns the scopes of the app, and those without one of them.
fn scopes_without(lost: &str) -> (Vec<String>, Vec<String>) {
    let all: Vec<String> = SCOPES.iter().chain(&REPORT_SCOPES).map(ToString::to_string).collect();
    let left = all.iter().filter(|scope| *scope != lost).cloned().collect();
    (all, left)
}

#[tokio::test]
async fn r2_rechecks_a_grant_that_lost_a_scope_until_it_is_complete() {
    let fixture = Fixture::new();
    let id = fixture.sign_in("Acme").await;
    let lost = REQUIRED_SCOPES[0].name;
    let (all, left) = scopes_without(lost);
    fixture.zoom.change_scopes(ADMIN, &left).unwrap();
    fixture.in_memory.advance(HOUR);
    let response = fixture.token(&id).await;
    assert_eq!(response.problem(), (409, "SERVICE_LACKS_PERMISSION".into()));
    assert!(response.json()["detail"].as_str().unwrap().contains(lost));
    let service = fixture.service(&id).await;
    assert_eq!(
        (&service["state"], &service["problem"]["code"]),
        (&json!("active"), &json!("SERVICE_LACKS_PERMISSION"))
    );

    fixture.zoom.change_scopes(ADMIN, &all).unwrap();
    assert_eq!(fixture.token(&id).await.status, 409);
    assert_eq!(fixture.renewals(), 1);
    fixture.in_memory.advance(SignedDuration::from_mins(5));
    fixture.access_token(&id).await;
    assert_eq!(fixture.service(&id).await["problem"], json!(null));
}

#[tokio::test]
async fn follows_the_api_base_of_the_account_only_to_trusted_places() {
    let fixture = Fixture::new();
    fixture.zoom.set_api_url("http://evil.test");
    let id = fixture.sign_in("Acme").await;
    assert_eq!(fixture.token(&id).await.json()["api_base"], "http://zoom.test");
    fixture.zoom.set_api_url("https://api-eu.zoom.us");
    fixture.in_memory.advance(HOUR);
    assert_eq!(fixture.token(&id).await.json()["api_base"], "https://api-eu.zoom.us");
    assert_eq!(fixture.token(&id).await.json()["api_base"], "https://api-eu.zoom.us");
}

#[tokio::test]
async fn the_tick_renews_an_unused_grant() {
    let fixture = Fixture::new();
    let id = fixture.sign_in("Acme").await;
    for _ in 0..120 {
        fixture.in_memory.advance(DAY);
        fixture.tick().await;
    }
    assert_eq!(fixture.renewals(), 120 / 7);
    fixture.access_token(&id).await;
}

#[tokio::test]
async fn the_tick_continues_when_one_service_fails() {
    let fixture = Fixture::new();
    let broken = fixture.sign_in("Acme").await;
    fixture.switch_account("acc_2");
    fixture.sign_in("Acme").await;
    fixture.in_memory.ports().key_value.set(&format!("service:{broken}"), b"{".to_vec()).await.unwrap();
    fixture.in_memory.advance(SignedDuration::from_hours(8 * 24));
    assert_eq!(fixture.tick().await, json!({"renewed": 1, "removed": 0, "failed": 1}));
}

#[tokio::test]
async fn decrypts_with_the_old_token_key_while_the_key_is_changed() {
    let fixture = Fixture::new();
    let id = fixture.sign_in("Acme").await;
    let (old, new) = (token_key(1), token_key(2));
    fixture.in_memory.set("token_key", &format!("{new}, {old}"));
    fixture.access_token(&id).await;
    fixture.in_memory.set("token_key", &new);
    let response = fixture.token(&id).await;
    assert_eq!(response.problem(), (409, "SERVICE_NEEDS_SIGN_IN".into()));
    assert!(response.json()["detail"].as_str().unwrap().contains("token key"));
    // With the old key set again, the tokens are readable, and the next renewal encrypts with the new key.
    fixture.in_memory.set("token_key", &format!("{new},{old}"));
    fixture.in_memory.advance(HOUR);
    fixture.access_token(&id).await;
    fixture.in_memory.set("token_key", &new);
    fixture.access_token(&id).await;
}

#[tokio::test]
async fn the_tick_encrypts_with_the_first_token_key_and_spends_no_renewal() {
    let fixture = Fixture::new();
    let id = fixture.sign_in("Acme").await;
    let (old, new) = (token_key(1), token_key(2));
    let stored = || fixture.in_memory.dump()[&format!("token:{id}")].clone();
    let before = stored();
    fixture.tick().await;
    assert_eq!(stored(), before, "nothing to do");
    fixture.in_memory.set("token_key", &format!("{new}, {old}"));
    let token = fixture.access_token(&id).await;
    assert_eq!(fixture.tick().await, json!({"renewed": 0, "removed": 0, "failed": 0}));
    assert_ne!(stored(), before);
    fixture.in_memory.set("token_key", &new);
    assert_eq!(fixture.access_token(&id).await, token);
    let again = stored();
    fixture.tick().await;
    assert_eq!(stored(), again, "once");
    assert!(!fixture.in_memory.dump().contains_key(&format!("renewing:{id}")));
}

#[tokio::test]
async fn rejects_invalid_requests() {
    let fixture = Fixture::new();
    let id = fixture.sign_in("Acme").await;
    for body in ["", "{", r#"{"refused":1}"#] {
        let response = fixture.internal(&format!("/internal/token/{id}"), body).await;
        assert_eq!(response.problem(), (400, "INVALID_REQUEST".into()), "{body}");
    }
    for body in ["", r#"{"problem":{"code":"NO_SUCH_CODE","detail":""}}"#] {
        let response = fixture.internal(&format!("/internal/problem/{id}"), body).await;
        assert_eq!(response.problem(), (400, "INVALID_REQUEST".into()), "{body}");
    }
}
