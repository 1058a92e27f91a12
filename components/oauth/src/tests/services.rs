use super::world::World;
use domain::records::hex_digest;
use domain::time::SignedDuration;
use serde_json::json;

#[tokio::test]
async fn r1_another_name_supersedes() {
    let world = World::new();
    let first = world.sign_in("First").await;
    let second = world.sign_in("Second").await;
    assert_ne!(first, second);
    let superseded = world.service(&first).await;
    assert_eq!(
        (&superseded["state"], &superseded["problem"]["code"]),
        (&json!("superseded"), &json!("SERVICE_SUPERSEDED"))
    );
    assert_eq!(world.service(&second).await["state"], "active");
    assert_eq!(world.token(&first).await.problem(), (409, "SERVICE_SUPERSEDED".into()));
    assert!(!world.keys().contains(&format!("token:{first}")));
    world.access_token(&second).await;
    assert!(world.zoom.lock().revoked.is_empty(), "revoking would take the new grant back too");
}

#[tokio::test]
async fn r1_the_same_name_renews() {
    let world = World::new();
    let first = world.sign_in("Acme").await;
    let created_at = world.service(&first).await["created_at"].clone();
    let before = world.access_token(&first).await;
    world.admin("PUT", &format!("/oauth/services/{first}/users"), r#"{"users":["bob@example.com"]}"#).await;
    world.memory.advance(domain::time::SignedDuration::from_hours(1));
    assert_eq!(world.sign_in("Acme").await, first);
    assert_eq!(world.services().await.len(), 1);
    let service = world.service(&first).await;
    assert_eq!(service["created_at"], created_at);
    assert_eq!(service["users"], json!(["bob@example.com"]));
    assert_ne!(world.access_token(&first).await, before);
}

#[tokio::test]
async fn r1_a_superseded_service_can_be_made_live_again() {
    let world = World::new();
    let first = world.sign_in("First").await;
    let second = world.sign_in("Second").await;
    assert_eq!(world.sign_in("First").await, first);
    assert_eq!(world.service(&second).await["state"], "superseded");
    world.access_token(&first).await;
}

#[tokio::test]
async fn r1_holds_even_if_the_sign_in_was_cut_off_before_the_earlier_service_was_marked() {
    let world = World::new();
    let first = world.sign_in("First").await;
    let key = format!("service:{first}");
    let unmarked = world.memory.dump()[&key].clone();
    world.sign_in("Second").await;
    world.memory.ports().key_value.set(&key, unmarked).await.unwrap();
    assert_eq!(world.service(&first).await["state"], "superseded");
    assert_eq!(world.token(&first).await.problem(), (409, "SERVICE_SUPERSEDED".into()));
}

#[tokio::test]
async fn accounts_do_not_touch_each_other() {
    let world = World::new();
    let first = world.sign_in("Acme").await;
    world.zoom.lock().id = "acc_2".into();
    let second = world.sign_in("Acme").await;
    assert_ne!(first, second);
    assert_eq!(world.service(&first).await["state"], "active");
    assert_eq!(world.service(&second).await["account_id"], "acc_2");
}

#[tokio::test]
async fn the_list_is_for_the_admin() {
    let world = World::new();
    assert_eq!(world.services().await.len(), 0);
    let answer = world.send("GET", "/oauth/services", &[], "").await;
    assert_eq!(answer.problem(), (401, "UNAUTHENTICATED".into()));
}

#[tokio::test]
async fn r2_a_problem_of_the_service_is_shown_and_goes_again() {
    let world = World::new();
    let id = world.sign_in("Acme").await;
    let path = format!("/internal/problem/{id}");
    let lacking = json!({"problem": {"code": "SERVICE_LACKS_PERMISSION", "detail": "The role is gone."}});
    assert_eq!(world.internal(&path, &lacking.to_string()).await.status, 204);
    let service = world.service(&id).await;
    assert_eq!(service["state"], "active");
    assert_eq!(service["problem"], lacking["problem"]);
    // Nothing is dropped: tokens are still handed out, so that work goes on when the role is given back.
    world.access_token(&id).await;
    assert_eq!(world.internal(&path, r#"{"problem":null}"#).await.status, 204);
    assert_eq!(world.service(&id).await["problem"], json!(null));
}

#[tokio::test]
async fn r2_a_role_that_is_given_back_ends_the_problem_by_the_next_tick() {
    let world = World::new();
    let id = world.sign_in("Acme").await;
    let path = format!("/oauth/services/{id}/users");
    world.zoom.lock().lacks_role = true;
    let answer = world.admin("PUT", &path, r#"{"users":["bob@example.com"]}"#).await;
    assert_eq!(answer.problem(), (409, "SERVICE_LACKS_PERMISSION".into()));
    for _ in 0..2 {
        let service = world.service(&id).await;
        assert_eq!(service["state"], "active");
        assert!(service["problem"]["detail"].as_str().unwrap().contains("role"), "{service}");
        world.tick().await;
    }
    world.zoom.lock().lacks_role = false;
    world.tick().await;
    assert_eq!(world.service(&id).await["problem"], json!(null));
}

#[tokio::test]
async fn r2_a_missing_scope_is_not_disproved_by_reading_but_by_a_renewal() {
    let world = World::new();
    let id = world.sign_in("Acme").await;
    let lacking = json!({"problem": {"code": "SERVICE_LACKS_PERMISSION", "detail": "The scope a:b is missing."}});
    world.internal(&format!("/internal/problem/{id}"), &lacking.to_string()).await;
    world.tick().await;
    assert_eq!(world.service(&id).await["problem"], lacking["problem"]);
    world.memory.advance(SignedDuration::from_mins(5));
    world.tick().await;
    assert_eq!(world.service(&id).await["problem"], json!(null));
    assert_eq!(world.zoom.lock().renewals, 1);
}

#[tokio::test]
async fn r2_a_late_report_about_an_earlier_token_does_not_undo_a_sign_in() {
    let world = World::new();
    let id = world.sign_in("Acme").await;
    let report = |token: &str| {
        let problem = json!({"code": "SERVICE_NEEDS_SIGN_IN", "detail": "Sign in."});
        json!({"problem": problem, "token": hex_digest(token.as_bytes())}).to_string()
    };
    let path = format!("/internal/problem/{id}");
    let earlier = world.access_token(&id).await;
    world.sign_in("Acme").await;
    assert_eq!(world.internal(&path, &report(&earlier)).await.status, 204);
    assert_eq!(world.service(&id).await["state"], "active");
    let present = world.access_token(&id).await;
    assert_eq!(world.internal(&path, &report(&present)).await.status, 204);
    assert_eq!(world.service(&id).await["state"], "needs-sign-in");
}

#[tokio::test]
async fn a_refused_sign_in_is_repaired_by_signing_in_only() {
    let world = World::new();
    let id = world.sign_in("Acme").await;
    let path = format!("/internal/problem/{id}");
    let refused = json!({"problem": {"code": "SERVICE_NEEDS_SIGN_IN", "detail": "Sign in."}}).to_string();
    assert_eq!(world.internal(&path, &refused).await.status, 204);
    assert_eq!(world.internal(&path, r#"{"problem":null}"#).await.status, 204);
    assert_eq!(world.service(&id).await["state"], "needs-sign-in");
    assert_eq!(world.token(&id).await.problem(), (409, "SERVICE_NEEDS_SIGN_IN".into()));
    assert_eq!(world.sign_in("Acme").await, id);
    assert_eq!(world.service(&id).await["problem"], json!(null));
    world.access_token(&id).await;
}

#[tokio::test]
async fn ids_that_we_cannot_have_made_name_no_service() {
    let world = World::new();
    world.sign_in("Acme").await;
    for id in ["nosuch", "..", "%2e%2e", "a%2fb", "%ff", "A", "a:b", "%00"] {
        for path in [format!("/internal/token/{id}"), format!("/internal/problem/{id}")] {
            let answer = world.internal(&path, r#"{"problem":null}"#).await;
            assert_eq!(answer.problem(), (404, "SERVICE_NOT_FOUND".into()), "{path}");
        }
        let answer = world.admin("DELETE", &format!("/oauth/services/{id}"), "").await;
        assert_eq!(answer.problem(), (404, "SERVICE_NOT_FOUND".into()), "{id}");
    }
}

#[tokio::test]
async fn no_path_under_oauth_leads_inside() {
    let world = World::new();
    let id = world.sign_in("Acme").await;
    for path in [
        format!("/oauth/../internal/token/{id}"),
        format!("/oauth/%2e%2e/internal/token/{id}"),
        format!("/oauth//internal/token/{id}"),
        format!("//internal/token/{id}"),
        format!("/internal/token/{id}/"),
    ] {
        let answer = world.internal(&path, "{}").await;
        assert_eq!(answer.problem(), (404, "NOT_FOUND".into()), "{path}");
    }
}
