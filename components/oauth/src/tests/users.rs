use super::world::{ADMIN, World};
use domain::ServiceId;
use platform::session;
use serde_json::{Value, json};

async fn put(world: &World, id: &ServiceId, body: &Value) -> super::world::Answer {
    world.admin("PUT", &format!("/oauth/services/{id}/users"), &body.to_string()).await
}

#[tokio::test]
async fn r3_users_are_normalised_and_looked_up_once_each() {
    let world = World::new();
    let id = world.sign_in("Acme").await;
    let given = json!({"users": [" Bob@Example.com ", "carol@example.com", "BOB@example.com"]});
    let answer = put(&world, &id, &given).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    assert_eq!(answer.json()["users"], json!(["bob@example.com", "carol@example.com"]));
    assert_eq!(world.service(&id).await["users"], json!(["bob@example.com", "carol@example.com"]));
    assert_eq!(world.zoom.lock().looked_up.len(), 2);

    assert_eq!(put(&world, &id, &json!({"users": []})).await.status, 200);
    assert_eq!(world.service(&id).await["users"], json!([]));
}

#[tokio::test]
async fn r3_at_most_twenty_users() {
    let world = World::new();
    let id = world.sign_in("Acme").await;
    let mut users: Vec<String> = (0..20).map(|n| format!("user{n}@example.com")).collect();
    world.zoom.lock().users.extend(users.clone());
    // One that is given twice counts once.
    users.push("USER0@example.com".into());
    assert_eq!(put(&world, &id, &json!({"users": users})).await.status, 200);
    users.push("user20@example.com".into());
    world.zoom.lock().looked_up.clear();
    assert_eq!(put(&world, &id, &json!({"users": users})).await.problem(), (422, "TOO_MANY_USERS".into()));
    assert!(world.zoom.lock().looked_up.is_empty());
    assert_eq!(world.service(&id).await["users"].as_array().unwrap().len(), 20);
}

#[tokio::test]
async fn r3_a_user_of_another_account_is_refused_by_name_and_nothing_changes() {
    let world = World::new();
    let id = world.sign_in("Acme").await;
    put(&world, &id, &json!({"users": ["bob@example.com"]})).await;
    let answer = put(&world, &id, &json!({"users": ["carol@example.com", "Mallory@evil.test"]})).await;
    assert_eq!(answer.problem(), (422, "USER_NOT_FOUND".into()));
    assert!(answer.json()["detail"].as_str().unwrap().starts_with("mallory@evil.test: "), "{answer:?}");
    assert_eq!(world.service(&id).await["users"], json!(["bob@example.com"]));

    let answer = put(&world, &id, &json!({"users": ["bob@example.com", "no address"]})).await;
    assert_eq!(answer.problem(), (422, "USER_NOT_FOUND".into()));
    assert!(answer.json()["detail"].as_str().unwrap().starts_with("Entry 2 is not an e-mail address."));
}

#[tokio::test]
async fn bad_requests_are_refused() {
    let world = World::new();
    let id = world.sign_in("Acme").await;
    for body in [json!({}), json!({"users": "bob@example.com"}), json!({"users": [1]}), json!([])] {
        assert_eq!(put(&world, &id, &body).await.problem(), (400, "INVALID_REQUEST".into()), "{body}");
    }
    let nowhere = ServiceId::parse("nowhere").unwrap();
    assert_eq!(put(&world, &nowhere, &json!({"users": []})).await.problem(), (404, "SERVICE_NOT_FOUND".into()));
    let path = format!("/oauth/services/{id}/users");
    let answer = world.send("PUT", &path, &[], r#"{"users":[]}"#).await;
    assert_eq!(answer.problem(), (401, "UNAUTHENTICATED".into()));
    let answer = world.send("POST", &path, &[("authorization", ADMIN)], r#"{"users":[]}"#).await;
    assert_eq!(answer.status, 405);
}

#[tokio::test]
async fn a_console_session_does_as_well_but_only_from_our_own_pages() {
    let world = World::new();
    let id = world.sign_in("Acme").await;
    let path = format!("/oauth/services/{id}/users");
    let cookie = session::cookie(&"admin-key".into(), world.memory.ports().clock.now(), true).unwrap();
    let cookie = cookie.split(';').next().unwrap();
    for (origin, status) in [("https://app.test", 200), ("https://evil.test", 403), ("null", 403)] {
        let answer = world.send("PUT", &path, &[("cookie", cookie), ("origin", origin)], r#"{"users":[]}"#).await;
        assert_eq!(answer.status, status, "{origin}");
    }
    assert_eq!(world.send("GET", "/oauth/services", &[("cookie", cookie)], "").await.status, 200);
}

#[tokio::test]
async fn zoom_being_down_changes_nothing() {
    let world = World::new();
    let id = world.sign_in("Acme").await;
    put(&world, &id, &json!({"users": ["bob@example.com"]})).await;
    world.zoom.lock().is_down = true;
    let answer = put(&world, &id, &json!({"users": ["carol@example.com"]})).await;
    assert_eq!(answer.problem(), (503, "ZOOM_UNAVAILABLE".into()));
    let service = world.service(&id).await;
    assert_eq!((&service["users"], &service["state"]), (&json!(["bob@example.com"]), &json!("active")));
}

#[tokio::test]
async fn r2_a_token_that_is_refused_even_after_a_renewal_needs_a_sign_in() {
    let world = World::new();
    let id = world.sign_in("Acme").await;
    world.zoom.lock().refuses_access = true;
    let answer = put(&world, &id, &json!({"users": ["bob@example.com"]})).await;
    assert_eq!(answer.problem(), (409, "SERVICE_NEEDS_SIGN_IN".into()));
    assert_eq!(world.zoom.lock().renewals, 1);
    assert_eq!(world.service(&id).await["state"], "needs-sign-in");
}
