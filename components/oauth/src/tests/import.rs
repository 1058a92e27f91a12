//! `POST /internal/import-services`: services of a backup, which has no tokens.

use super::fixture::Fixture;
use serde_json::{Value, json};

async fn import(fixture: &Fixture, services: &[Value]) -> Value {
    let response = fixture.internal("/internal/import-services", &json!({"services": services}).to_string()).await;
    assert_eq!(response.status, 200, "{response:?}");
    response.json()
}

/// Returns the records of the services as a backup has them.
fn records(fixture: &Fixture) -> Vec<Value> {
    let stored = fixture.in_memory.dump();
    let services = stored.iter().filter(|(key, _)| key.starts_with("service:"));
    services.map(|(_, value)| serde_json::from_slice(value).unwrap()).collect()
}

#[tokio::test]
async fn a_restored_service_keeps_its_id_and_users_once_its_admin_signed_in() {
    let fixture = Fixture::new();
    let id = fixture.sign_in("Acme").await;
    fixture.admin("PUT", &format!("/oauth/services/{id}/users"), r#"{"users":["bob@example.com"]}"#).await;
    let backup = records(&fixture);

    let empty = Fixture::new();
    assert_eq!(import(&empty, &backup).await, json!({"imported": 1, "kept": 0, "unreadable": 0, "ended": 0}));
    let service = empty.service(&id).await;
    assert_eq!((&service["state"], &service["users"]), (&json!("needs-sign-in"), &json!(["bob@example.com"])));
    assert_eq!(empty.token(&id).await.problem(), (409, "SERVICE_NEEDS_SIGN_IN".to_owned()));
    // A second import and a tick change nothing.
    assert_eq!(import(&empty, &backup).await, json!({"imported": 0, "kept": 1, "unreadable": 0, "ended": 0}));
    empty.tick().await;
    assert_eq!(empty.sign_in("Acme").await, id);
    assert_eq!(empty.service(&id).await["users"], json!(["bob@example.com"]));
    empty.access_token(&id).await;
}

#[tokio::test]
async fn a_service_of_an_account_that_signed_in_since_is_superseded() {
    let fixture = Fixture::new();
    let old = fixture.sign_in("Old").await;
    let backup = records(&fixture);
    let empty = Fixture::new();
    // Another id than that of the old service.
    empty.in_memory.ports().random.u32();
    let new = empty.sign_in("New").await;
    import(&empty, &backup).await;
    assert_eq!(empty.service(&old).await["state"], "superseded");
    assert_eq!(empty.service(&new).await["state"], "active");
    empty.access_token(&new).await;
}

#[tokio::test]
async fn what_cannot_be_read_is_counted_and_stops_nothing() {
    let fixture = Fixture::new();
    fixture.sign_in("Acme").await;
    let mut backup = vec![json!({"v": 99}), json!(null), json!({"v": 1, "id": "x"})];
    backup.extend(records(&fixture));
    let empty = Fixture::new();
    assert_eq!(import(&empty, &backup).await, json!({"imported": 1, "kept": 0, "unreadable": 3, "ended": 0}));
}
