use super::fixture::Fixture;
use domain::digest::sha256_hex;
use domain::time::SignedDuration;
use serde_json::json;

#[tokio::test]
async fn r1_another_name_supersedes_the_service() {
    let fixture = Fixture::new();
    let first = fixture.sign_in("First").await;
    let second = fixture.sign_in("Second").await;
    assert_ne!(first, second);
    let superseded = fixture.service(&first).await;
    assert_eq!(
        (&superseded["state"], &superseded["problem"]["code"]),
        (&json!("superseded"), &json!("SERVICE_SUPERSEDED"))
    );
    assert_eq!(fixture.service(&second).await["state"], "active");
    assert_eq!(fixture.token(&first).await.problem(), (409, "SERVICE_SUPERSEDED".into()));
    assert!(!fixture.keys().contains(&format!("token:{first}")));
    fixture.access_token(&second).await;
    assert!(fixture.revoked().is_empty(), "revoking would revoke the new grant too");
}

#[tokio::test]
async fn r1_the_same_name_renews_the_service() {
    let fixture = Fixture::new();
    let first = fixture.sign_in("Acme").await;
    let created_at = fixture.service(&first).await["created_at"].clone();
    let before = fixture.access_token(&first).await;
    fixture.admin("PUT", &format!("/oauth/services/{first}/users"), r#"{"users":["bob@example.com"]}"#).await;
    fixture.in_memory.advance(domain::time::SignedDuration::from_hours(1));
    assert_eq!(fixture.sign_in("Acme").await, first);
    assert_eq!(fixture.services().await.len(), 1);
    let service = fixture.service(&first).await;
    assert_eq!(service["created_at"], created_at);
    assert_eq!(service["users"], json!(["bob@example.com"]));
    assert_ne!(fixture.access_token(&first).await, before);
}

#[tokio::test]
async fn r1_a_sign_in_makes_a_superseded_service_live_again() {
    let fixture = Fixture::new();
    let first = fixture.sign_in("First").await;
    let second = fixture.sign_in("Second").await;
    assert_eq!(fixture.sign_in("First").await, first);
    assert_eq!(fixture.service(&second).await["state"], "superseded");
    fixture.access_token(&first).await;
}

#[tokio::test]
async fn r1_an_interrupted_sign_in_supersedes_the_earlier_service() {
    let fixture = Fixture::new();
    let first = fixture.sign_in("First").await;
    let key = format!("service:{first}");
    let unmarked = fixture.in_memory.dump()[&key].clone();
    fixture.sign_in("Second").await;
    fixture.in_memory.ports().key_value.set(&key, unmarked).await.unwrap();
    assert_eq!(fixture.service(&first).await["state"], "superseded");
    assert_eq!(fixture.token(&first).await.problem(), (409, "SERVICE_SUPERSEDED".into()));
}

#[tokio::test]
async fn services_of_different_accounts_are_independent() {
    let fixture = Fixture::new();
    let first = fixture.sign_in("Acme").await;
    fixture.switch_account("acc_2");
    let second = fixture.sign_in("Acme").await;
    assert_ne!(first, second);
    assert_eq!(fixture.service(&first).await["state"], "active");
    assert_eq!(fixture.service(&second).await["account_id"], "acc_2");
}

#[tokio::test]
async fn listing_services_requires_an_admin() {
    let fixture = Fixture::new();
    assert_eq!(fixture.services().await.len(), 0);
    let response = fixture.send("GET", "/oauth/services", &[], "").await;
    assert_eq!(response.problem(), (401, "UNAUTHENTICATED".into()));
}

#[tokio::test]
async fn r2_a_service_problem_is_shown_until_it_is_solved() {
    let fixture = Fixture::new();
    let id = fixture.sign_in("Acme").await;
    let path = format!("/internal/problem/{id}");
    let lacking = json!({"problem": {"code": "SERVICE_LACKS_PERMISSION", "detail": "The role is gone."}});
    assert_eq!(fixture.internal(&path, &lacking.to_string()).await.status, 204);
    let service = fixture.service(&id).await;
    assert_eq!(service["state"], "active");
    assert_eq!(service["problem"], lacking["problem"]);
    // Tokens are still issued, so that work continues when the role is restored.
    fixture.access_token(&id).await;
    assert_eq!(fixture.internal(&path, r#"{"problem":null}"#).await.status, 204);
    assert_eq!(fixture.service(&id).await["problem"], json!(null));
}

#[tokio::test]
async fn r2_the_tick_clears_the_problem_when_the_role_is_back() {
    let fixture = Fixture::new();
    let id = fixture.sign_in("Acme").await;
    let path = format!("/oauth/services/{id}/users");
    fixture.set_admin_role(false);
    let response = fixture.admin("PUT", &path, r#"{"users":["bob@example.com"]}"#).await;
    assert_eq!(response.problem(), (409, "SERVICE_LACKS_PERMISSION".into()));
    for _ in 0..2 {
        let service = fixture.service(&id).await;
        assert_eq!(service["state"], "active");
        assert!(service["problem"]["detail"].as_str().unwrap().contains("role"), "{service}");
        fixture.tick().await;
    }
    fixture.set_admin_role(true);
    fixture.tick().await;
    assert_eq!(fixture.service(&id).await["problem"], json!(null));
}

#[tokio::test]
async fn r2_only_a_renewal_clears_the_problem_of_a_missing_scope() {
    let fixture = Fixture::new();
    let id = fixture.sign_in("Acme").await;
    let lacking = json!({"problem": {"code": "SERVICE_LACKS_PERMISSION", "detail": "The scope a:b is missing."}});
    fixture.internal(&format!("/internal/problem/{id}"), &lacking.to_string()).await;
    fixture.tick().await;
    assert_eq!(fixture.service(&id).await["problem"], lacking["problem"]);
    fixture.in_memory.advance(SignedDuration::from_mins(5));
    fixture.tick().await;
    assert_eq!(fixture.service(&id).await["problem"], json!(null));
    assert_eq!(fixture.renewals(), 1);
}

#[tokio::test]
async fn r2_ignores_a_report_about_an_earlier_token() {
    let fixture = Fixture::new();
    let id = fixture.sign_in("Acme").await;
    let report = |token: &str| {
        let problem = json!({"code": "SERVICE_NEEDS_SIGN_IN", "detail": "Sign in."});
        json!({"problem": problem, "token": sha256_hex(token.as_bytes())}).to_string()
    };
    let path = format!("/internal/problem/{id}");
    let earlier = fixture.access_token(&id).await;
    fixture.sign_in("Acme").await;
    assert_eq!(fixture.internal(&path, &report(&earlier)).await.status, 204);
    assert_eq!(fixture.service(&id).await["problem"], json!(null));
    let current = fixture.access_token(&id).await;
    assert_eq!(fixture.internal(&path, &report(&current)).await.status, 204);
    assert_eq!(fixture.service(&id).await["problem"]["code"], "SERVICE_NEEDS_SIGN_IN");
}

#[tokio::test]
async fn no_component_but_a_sign_in_repairs_a_rejected_service_at_once() {
    let fixture = Fixture::new();
    let id = fixture.sign_in("Acme").await;
    let path = format!("/internal/problem/{id}");
    let rejection = json!({"problem": {"code": "SERVICE_NEEDS_SIGN_IN", "detail": "Sign in."}}).to_string();
    assert_eq!(fixture.internal(&path, &rejection).await.status, 204);
    assert_eq!(fixture.internal(&path, r#"{"problem":null}"#).await.status, 204);
    assert_eq!(fixture.service(&id).await["problem"]["code"], "SERVICE_NEEDS_SIGN_IN");
    assert_eq!(fixture.token(&id).await.problem(), (409, "SERVICE_NEEDS_SIGN_IN".into()));
    assert_eq!(fixture.sign_in("Acme").await, id);
    assert_eq!(fixture.service(&id).await["problem"], json!(null));
    fixture.access_token(&id).await;
}

#[tokio::test]
async fn an_invalid_service_id_is_not_found() {
    let fixture = Fixture::new();
    fixture.sign_in("Acme").await;
    for id in ["nosuch", "..", "%2e%2e", "a%2fb", "%ff", "A", "a:b", "%00"] {
        for path in [format!("/internal/token/{id}"), format!("/internal/problem/{id}")] {
            let response = fixture.internal(&path, r#"{"problem":null}"#).await;
            assert_eq!(response.problem(), (404, "SERVICE_NOT_FOUND".into()), "{path}");
        }
        let response = fixture.admin("DELETE", &format!("/oauth/services/{id}"), "").await;
        assert_eq!(response.problem(), (404, "SERVICE_NOT_FOUND".into()), "{id}");
    }
}

#[tokio::test]
async fn no_public_path_reaches_the_internal_api() {
    let fixture = Fixture::new();
    let id = fixture.sign_in("Acme").await;
    for path in [
        format!("/oauth/../internal/token/{id}"),
        format!("/oauth/%2e%2e/internal/token/{id}"),
        format!("/oauth//internal/token/{id}"),
        format!("//internal/token/{id}"),
        format!("/internal/token/{id}/"),
    ] {
        let response = fixture.internal(&path, "{}").await;
        assert_eq!(response.problem(), (404, "NOT_FOUND".into()), "{path}");
    }
}
