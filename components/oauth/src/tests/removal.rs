use super::world::World;
use domain::time::SignedDuration;
use serde_json::json;

#[tokio::test]
async fn deleting_revokes_and_leaves_nothing() {
    let world = World::new();
    let id = world.sign_in("Acme").await;
    let token = world.access_token(&id).await;
    let path = format!("/oauth/services/{id}");
    assert_eq!(world.send("DELETE", &path, &[], "").await.problem(), (401, "UNAUTHENTICATED".into()));
    assert_eq!(world.admin("DELETE", &path, "").await.status, 204);
    assert_eq!(world.zoom.lock().revoked, [token]);
    assert_eq!(world.keys(), ["services"]);
    assert!(world.services().await.is_empty());
    assert_eq!(world.admin("DELETE", &path, "").await.problem(), (404, "SERVICE_NOT_FOUND".into()));
    assert_eq!(world.token(&id).await.problem(), (404, "SERVICE_NOT_FOUND".into()));
    assert_ne!(world.sign_in("Acme").await, id);
}

#[tokio::test]
async fn a_lapsed_token_is_renewed_to_be_revoked() {
    let world = World::new();
    let id = world.sign_in("Acme").await;
    world.memory.advance(SignedDuration::from_hours(3));
    assert_eq!(world.admin("DELETE", &format!("/oauth/services/{id}"), "").await.status, 204);
    assert_eq!(world.zoom.lock().renewals, 1);
    assert_eq!(world.zoom.lock().revoked.len(), 1);
    assert_eq!(world.keys(), ["services"]);
}

#[tokio::test]
async fn a_grant_that_zoom_does_not_know_any_more_is_no_obstacle() {
    let world = World::new();
    let id = world.sign_in("Acme").await;
    world.zoom.forget_grants();
    world.memory.advance(SignedDuration::from_hours(3));
    assert_eq!(world.admin("DELETE", &format!("/oauth/services/{id}"), "").await.status, 204);
    assert_eq!(world.keys(), ["services"]);
}

#[tokio::test]
async fn while_zoom_is_down_a_deleted_service_is_useless_and_the_tick_finishes() {
    let world = World::new();
    let id = world.sign_in("Acme").await;
    world.zoom.lock().is_down = true;
    let path = format!("/oauth/services/{id}");
    assert_eq!(world.admin("DELETE", &path, "").await.status, 202);
    assert_eq!(world.token(&id).await.problem(), (409, "SERVICE_NEEDS_SIGN_IN".into()));
    let service = world.service(&id).await;
    assert_eq!(
        (&service["problem"]["detail"], &service["admin_email"]),
        (&json!("This service is being deleted."), &json!(""))
    );
    assert_eq!(world.tick().await["removed"], 0);
    world.zoom.lock().is_down = false;
    assert_eq!(world.tick().await["removed"], 1);
    assert_eq!(world.zoom.lock().revoked.len(), 1);
    assert_eq!(world.keys(), ["services"]);
}

#[tokio::test]
async fn revoking_is_given_up_after_a_day() {
    let world = World::new();
    let id = world.sign_in("Acme").await;
    world.zoom.lock().is_down = true;
    world.admin("DELETE", &format!("/oauth/services/{id}"), "").await;
    world.memory.advance(SignedDuration::from_hours(24));
    assert_eq!(world.tick().await["removed"], 1);
    assert_eq!(world.keys(), ["services"]);
}

#[tokio::test]
async fn deleting_a_superseded_service_leaves_the_live_one_alone() {
    let world = World::new();
    let first = world.sign_in("First").await;
    let second = world.sign_in("Second").await;
    assert_eq!(world.admin("DELETE", &format!("/oauth/services/{first}"), "").await.status, 204);
    assert!(world.zoom.lock().revoked.is_empty());
    world.access_token(&second).await;
    assert_eq!(world.services().await.len(), 1);
}

#[tokio::test]
async fn signing_in_while_the_deletion_is_under_way_makes_a_new_service() {
    let world = World::new();
    let id = world.sign_in("Acme").await;
    world.zoom.lock().is_down = true;
    assert_eq!(world.admin("DELETE", &format!("/oauth/services/{id}"), "").await.status, 202);
    world.zoom.lock().is_down = false;
    let new = world.sign_in("Acme").await;
    assert_ne!(new, id);
    world.tick().await;
    assert_eq!(world.services().await.len(), 1);
    assert_eq!(world.service(&new).await["state"], "active");
}
