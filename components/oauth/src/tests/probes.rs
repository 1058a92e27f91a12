//! Services that Zoom rejects heal by themselves.

use super::fixture::Fixture;
use domain::ServiceId;
use domain::time::SignedDuration;
use fakes::support::{Effect, Fault};
use fakes::zoom::ACCOUNT;
use serde_json::{Value, json};

/// Ticks once a minute.
async fn tick_for(fixture: &Fixture, minutes: usize) {
    for _ in 0..minutes {
        fixture.in_memory.advance(SignedDuration::from_mins(1));
        fixture.tick().await;
    }
}

async fn state(fixture: &Fixture, id: &ServiceId) -> (Value, Value) {
    let service = fixture.service(id).await;
    (service["state"].clone(), service["problem"]["code"].clone())
}

/// Returns an application whose calls Zoom's gateway rejects, as another component reports.
async fn rejected() -> (Fixture, ServiceId) {
    let fixture = Fixture::new();
    let id = fixture.sign_in("Acme").await;
    fixture.reject_access_tokens();
    let problem = json!({"problem": {"code": "SERVICE_NEEDS_SIGN_IN", "detail": "Rejected."}}).to_string();
    assert_eq!(fixture.internal(&format!("/internal/problem/{id}"), &problem).await.status, 204);
    (fixture, id)
}

#[tokio::test]
async fn r2_a_service_that_the_gateway_rejected_for_a_while_is_used_again_within_five_minutes() {
    let (fixture, id) = rejected().await;
    tick_for(&fixture, 40).await;
    assert_eq!(state(&fixture, &id).await, (json!("active"), json!("SERVICE_NEEDS_SIGN_IN")));
    assert_eq!(fixture.token(&id).await.problem(), (409, "SERVICE_NEEDS_SIGN_IN".into()));
    assert_eq!(fixture.renewals(), 0, "the token is good");
    assert_eq!(fixture.zoom.log().count("GET", "/v2/users/me") - 1, 8, "beside the one of the sign-in");

    fixture.restore_zoom();
    tick_for(&fixture, 5).await;
    assert_eq!(state(&fixture, &id).await, (json!("active"), json!(null)));
    fixture.access_token(&id).await;
}

#[tokio::test]
async fn r2_a_service_that_is_rejected_for_an_hour_needs_a_sign_in_and_heals_all_the_same() {
    let (fixture, id) = rejected().await;
    tick_for(&fixture, 59).await;
    assert_eq!(state(&fixture, &id).await.0, "active");
    tick_for(&fixture, 6).await;
    assert_eq!(state(&fixture, &id).await.0, "needs-sign-in");
    tick_for(&fixture, 180).await;
    assert_eq!(state(&fixture, &id).await.0, "needs-sign-in");

    fixture.restore_zoom();
    tick_for(&fixture, 60).await;
    assert_eq!(state(&fixture, &id).await, (json!("active"), json!(null)));
    fixture.access_token(&id).await;
}

#[tokio::test]
async fn r2_a_service_whose_grant_was_refused_by_mistake_heals_and_one_whose_grant_is_revoked_does_not() {
    for is_revoked in [false, true] {
        let fixture = Fixture::new();
        let id = fixture.sign_in("Acme").await;
        let body = json!({"reason": "Invalid Token!", "error": "invalid_grant"});
        let effect = Effect::Status { status: 400, body, headers: Default::default() };
        if is_revoked {
            fixture.zoom.revoke_authorizations(ACCOUNT);
        } else {
            fixture.zoom.faults().add(Fault::always("POST", "/oauth/token", effect));
        }
        fixture.in_memory.advance(SignedDuration::from_hours(1));
        assert_eq!(fixture.token(&id).await.problem(), (409, "SERVICE_NEEDS_SIGN_IN".into()));
        assert_eq!(state(&fixture, &id).await.0, "needs-sign-in");
        let refused = fixture.renewals();
        tick_for(&fixture, 20).await;
        assert_eq!(fixture.renewals() - refused, 4);

        fixture.restore_zoom();
        tick_for(&fixture, 5).await;
        let expected = if is_revoked { "needs-sign-in" } else { "active" };
        assert_eq!(state(&fixture, &id).await.0, expected);
    }
}

#[tokio::test]
async fn r2_a_probe_that_zoom_does_not_answer_says_nothing() {
    let (fixture, id) = rejected().await;
    fixture.restore_zoom();
    fixture.take_zoom_down();
    tick_for(&fixture, 90).await;
    assert_eq!(state(&fixture, &id).await, (json!("active"), json!("SERVICE_NEEDS_SIGN_IN")));
    fixture.restore_zoom();
    tick_for(&fixture, 1).await;
    assert_eq!(state(&fixture, &id).await, (json!("active"), json!(null)));
}

#[tokio::test]
async fn r17_a_rejected_call_does_not_confirm_a_reported_removal() {
    let (fixture, id) = rejected().await;
    // Zoom reports another user than the admin, whose removal does not end the account's installation.
    let event = json!({"event": "app_deauthorized", "payload": {
        "account_id": ACCOUNT, "user_id": "somebody", "client_id": "", "signature": "", "deauthorization_time": "",
    }});
    assert_eq!(fixture.send_event(&event).await.status, 204);
    tick_for(&fixture, 2).await;
    assert_ne!(state(&fixture, &id).await.0, "deauthorized");
    fixture.restore_zoom();
    tick_for(&fixture, 6).await;
    assert_eq!(state(&fixture, &id).await, (json!("active"), json!(null)));
}
