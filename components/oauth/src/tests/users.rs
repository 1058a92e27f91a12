use super::fixture::{ADMIN, Fixture};
use domain::ServiceId;
use fakes::zoom::NewUser;
use serde_json::{Value, json};

async fn put(fixture: &Fixture, id: &ServiceId, body: &Value) -> super::fixture::TestResponse {
    fixture.admin("PUT", &format!("/oauth/services/{id}/users"), &body.to_string()).await
}

#[tokio::test]
async fn r3_normalizes_users_and_looks_each_up_once() {
    let fixture = Fixture::new();
    let id = fixture.sign_in("Acme").await;
    let given = json!({"users": [" Bob@Example.com ", "carol@example.com", "BOB@example.com"]});
    let response = put(&fixture, &id, &given).await;
    assert_eq!(response.status, 200, "{response:?}");
    assert_eq!(response.json()["users"], json!(["bob@example.com", "carol@example.com"]));
    assert_eq!(fixture.service(&id).await["users"], json!(["bob@example.com", "carol@example.com"]));
    assert_eq!(fixture.user_lookups().len(), 2);

    assert_eq!(put(&fixture, &id, &json!({"users": []})).await.status, 200);
    assert_eq!(fixture.service(&id).await["users"], json!([]));
}

#[tokio::test]
async fn r3_enables_at_most_twenty_users() {
    let fixture = Fixture::new();
    let id = fixture.sign_in("Acme").await;
    let mut users: Vec<String> = (0..20).map(|n| format!("user{n}@example.com")).collect();
    for user in &users {
        fixture.zoom.add_user(NewUser::named(user)).unwrap();
    }
    // A duplicate counts once.
    users.push("USER0@example.com".into());
    assert_eq!(put(&fixture, &id, &json!({"users": users})).await.status, 200);
    users.push("user20@example.com".into());
    fixture.zoom.log().clear();
    assert_eq!(put(&fixture, &id, &json!({"users": users})).await.problem(), (422, "TOO_MANY_USERS".into()));
    assert!(fixture.user_lookups().is_empty());
    assert_eq!(fixture.service(&id).await["users"].as_array().unwrap().len(), 20);
}

#[tokio::test]
async fn r3_names_a_user_of_another_account_and_changes_nothing() {
    let fixture = Fixture::new();
    let id = fixture.sign_in("Acme").await;
    put(&fixture, &id, &json!({"users": ["bob@example.com"]})).await;
    let response = put(&fixture, &id, &json!({"users": ["carol@example.com", "Mallory@evil.test"]})).await;
    assert_eq!(response.problem(), (422, "USER_NOT_FOUND".into()));
    assert!(response.json()["detail"].as_str().unwrap().starts_with("mallory@evil.test: "), "{response:?}");
    assert_eq!(fixture.service(&id).await["users"], json!(["bob@example.com"]));

    let response = put(&fixture, &id, &json!({"users": ["bob@example.com", "no address"]})).await;
    assert_eq!(response.problem(), (422, "USER_NOT_FOUND".into()));
    assert!(response.json()["detail"].as_str().unwrap().starts_with("Entry 2 is not an e-mail address."));
}

#[tokio::test]
async fn rejects_invalid_requests() {
    let fixture = Fixture::new();
    let id = fixture.sign_in("Acme").await;
    for body in [json!({}), json!({"users": "bob@example.com"}), json!({"users": [1]}), json!([])] {
        assert_eq!(put(&fixture, &id, &body).await.problem(), (400, "INVALID_REQUEST".into()), "{body}");
    }
    let nowhere = ServiceId::parse("nowhere").unwrap();
    assert_eq!(put(&fixture, &nowhere, &json!({"users": []})).await.problem(), (404, "SERVICE_NOT_FOUND".into()));
    let path = format!("/oauth/services/{id}/users");
    let response = fixture.send("PUT", &path, &[], r#"{"users":[]}"#).await;
    assert_eq!(response.problem(), (401, "UNAUTHENTICATED".into()));
    let response = fixture.send("POST", &path, &[("authorization", ADMIN)], r#"{"users":[]}"#).await;
    assert_eq!(response.status, 405);
}

#[tokio::test]
async fn accepts_a_console_session_from_the_same_origin_only() {
    let fixture = Fixture::new();
    let id = fixture.sign_in("Acme").await;
    let path = format!("/oauth/services/{id}/users");
    let cookie = fixture.in_memory.sign_in("admin-key-of-the-tests").await;
    let cookie = cookie.split(';').next().unwrap();
    for (origin, status) in [("https://app.test", 200), ("https://evil.test", 403), ("null", 403)] {
        let response = fixture.send("PUT", &path, &[("cookie", cookie), ("origin", origin)], r#"{"users":[]}"#).await;
        assert_eq!(response.status, status, "{origin}");
    }
    assert_eq!(fixture.send("GET", "/oauth/services", &[("cookie", cookie)], "").await.status, 200);
}

#[tokio::test]
async fn enabling_users_changes_nothing_while_zoom_is_down() {
    let fixture = Fixture::new();
    let id = fixture.sign_in("Acme").await;
    put(&fixture, &id, &json!({"users": ["bob@example.com"]})).await;
    fixture.take_zoom_down();
    let response = put(&fixture, &id, &json!({"users": ["carol@example.com"]})).await;
    assert_eq!(response.problem(), (503, "ZOOM_UNAVAILABLE".into()));
    let service = fixture.service(&id).await;
    assert_eq!((&service["users"], &service["state"]), (&json!(["bob@example.com"]), &json!("active")));
}

#[tokio::test]
async fn r2_a_service_whose_token_zoom_rejects_after_a_renewal_is_not_used() {
    let fixture = Fixture::new();
    let id = fixture.sign_in("Acme").await;
    fixture.reject_access_tokens();
    let response = put(&fixture, &id, &json!({"users": ["bob@example.com"]})).await;
    assert_eq!(response.problem(), (409, "SERVICE_NEEDS_SIGN_IN".into()));
    assert_eq!(fixture.renewals(), 1);
    let service = fixture.service(&id).await;
    assert_eq!(
        (&service["state"], &service["problem"]["code"]),
        (&json!("active"), &json!("SERVICE_NEEDS_SIGN_IN")),
        "Zoom may accept it again in a while"
    );
    assert_eq!(fixture.token(&id).await.problem(), (409, "SERVICE_NEEDS_SIGN_IN".into()));
    assert_eq!(fixture.renewals(), 1);
}
