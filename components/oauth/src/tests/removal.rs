use super::fixture::Fixture;
use domain::time::SignedDuration;
use fakes::zoom::ACCOUNT;
use serde_json::json;

#[tokio::test]
async fn deleting_a_service_revokes_its_grant_and_leaves_nothing() {
    let fixture = Fixture::new();
    let id = fixture.sign_in("Acme").await;
    let token = fixture.access_token(&id).await;
    let path = format!("/oauth/services/{id}");
    assert_eq!(fixture.send("DELETE", &path, &[], "").await.problem(), (401, "UNAUTHENTICATED".into()));
    assert_eq!(fixture.admin("DELETE", &path, "").await.status, 204);
    assert_eq!(fixture.revoked(), [token]);
    assert_eq!(fixture.keys(), ["services"]);
    assert!(fixture.services().await.is_empty());
    assert_eq!(fixture.admin("DELETE", &path, "").await.problem(), (404, "SERVICE_NOT_FOUND".into()));
    assert_eq!(fixture.token(&id).await.problem(), (404, "SERVICE_NOT_FOUND".into()));
    assert_ne!(fixture.sign_in("Acme").await, id);
}

#[tokio::test]
async fn deleting_renews_an_expired_token_to_revoke_it() {
    let fixture = Fixture::new();
    let id = fixture.sign_in("Acme").await;
    fixture.in_memory.advance(SignedDuration::from_hours(3));
    assert_eq!(fixture.admin("DELETE", &format!("/oauth/services/{id}"), "").await.status, 204);
    assert_eq!(fixture.renewals(), 1);
    assert_eq!(fixture.revoked().len(), 1);
    assert_eq!(fixture.keys(), ["services"]);
}

#[tokio::test]
async fn deleting_succeeds_if_zoom_no_longer_knows_the_grant() {
    let fixture = Fixture::new();
    let id = fixture.sign_in("Acme").await;
    fixture.zoom.revoke_authorizations(ACCOUNT);
    fixture.in_memory.advance(SignedDuration::from_hours(3));
    assert_eq!(fixture.admin("DELETE", &format!("/oauth/services/{id}"), "").await.status, 204);
    assert_eq!(fixture.keys(), ["services"]);
}

#[tokio::test]
async fn the_tick_completes_a_deletion_when_zoom_is_up_again() {
    let fixture = Fixture::new();
    let id = fixture.sign_in("Acme").await;
    fixture.take_zoom_down();
    let path = format!("/oauth/services/{id}");
    assert_eq!(fixture.admin("DELETE", &path, "").await.status, 202);
    assert_eq!(fixture.token(&id).await.problem(), (409, "SERVICE_NEEDS_SIGN_IN".into()));
    let service = fixture.service(&id).await;
    assert_eq!(
        (&service["problem"]["detail"], &service["admin_email"]),
        (&json!("This service is being deleted."), &json!(""))
    );
    assert_eq!(fixture.tick().await["removed"], 0);
    fixture.restore_zoom();
    assert_eq!(fixture.tick().await["removed"], 1);
    assert_eq!(fixture.revoked().len(), 1);
    assert_eq!(fixture.keys(), ["last:oauth-sweep", "services"]);
}

#[tokio::test]
async fn gives_up_revoking_after_a_day() {
    let fixture = Fixture::new();
    let id = fixture.sign_in("Acme").await;
    fixture.take_zoom_down();
    fixture.admin("DELETE", &format!("/oauth/services/{id}"), "").await;
    fixture.in_memory.advance(SignedDuration::from_hours(24));
    assert_eq!(fixture.tick().await["removed"], 1);
    assert_eq!(fixture.keys(), ["last:oauth-sweep", "services"]);
}

#[tokio::test]
async fn deleting_a_superseded_service_does_not_affect_the_live_one() {
    let fixture = Fixture::new();
    let first = fixture.sign_in("First").await;
    let second = fixture.sign_in("Second").await;
    assert_eq!(fixture.admin("DELETE", &format!("/oauth/services/{first}"), "").await.status, 204);
    assert!(fixture.revoked().is_empty());
    fixture.access_token(&second).await;
    assert_eq!(fixture.services().await.len(), 1);
}

#[tokio::test]
async fn a_sign_in_during_a_deletion_makes_a_new_service() {
    let fixture = Fixture::new();
    let id = fixture.sign_in("Acme").await;
    fixture.take_zoom_down();
    assert_eq!(fixture.admin("DELETE", &format!("/oauth/services/{id}"), "").await.status, 202);
    fixture.restore_zoom();
    let new = fixture.sign_in("Acme").await;
    assert_ne!(new, id);
    fixture.tick().await;
    assert_eq!(fixture.services().await.len(), 1);
    assert_eq!(fixture.service(&new).await["state"], "active");
}
