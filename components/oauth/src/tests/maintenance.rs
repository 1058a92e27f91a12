//! The hourly maintenance, and that nothing else lists the keys of the store.

use super::fixture::{Fixture, state_of};
use domain::records::{Services, ServicesKey, StoreKey, TokenKey};
use domain::time::SignedDuration;
use serde_json::Value;

/// Ticks after an hour.
async fn maintain(fixture: &Fixture) {
    fixture.in_memory.advance(SignedDuration::from_hours(1));
    fixture.tick().await;
}

async fn put(fixture: &Fixture, key: &str, value: &str) {
    fixture.in_memory.ports().key_value.set(key, value.as_bytes().to_vec()).await.unwrap();
}

#[tokio::test]
async fn no_request_and_no_tick_lists_the_store_but_one_an_hour() {
    let fixture = Fixture::new();
    let id = fixture.sign_in("Acme").await;
    // Not at a full hour.
    fixture.in_memory.advance(SignedDuration::from_mins(7));
    fixture.tick().await;
    assert_eq!(fixture.in_memory.listings(), 1);
    for _ in 0..59 {
        fixture.in_memory.advance(SignedDuration::from_mins(1));
        fixture.tick().await;
    }
    assert_eq!(fixture.admin("GET", "/oauth/services", "").await.status, 200);
    let users = fixture.admin("PUT", &format!("/oauth/services/{id}/users"), r#"{"users":["bob@example.com"]}"#).await;
    assert_eq!(users.status, 200);
    assert_eq!(fixture.internal(&format!("/internal/token/{id}"), "{}").await.status, 200);
    assert_eq!(fixture.internal(&format!("/internal/problem/{id}"), r#"{"problem":null}"#).await.status, 204);
    assert_eq!(fixture.sign_in("Acme").await, id);
    assert_eq!(fixture.admin("DELETE", &format!("/oauth/services/{id}"), "").await.status, 204);
    assert_eq!(fixture.in_memory.listings(), 1);
    fixture.in_memory.advance(SignedDuration::from_mins(1));
    fixture.tick().await;
    assert_eq!(fixture.in_memory.listings(), 2);
}

#[tokio::test]
async fn expired_sign_ins_are_swept_at_any_minute() {
    let fixture = Fixture::new();
    fixture.begin_sign_in("Acme").await;
    fixture.in_memory.advance(SignedDuration::from_mins(37));
    let (location, _) = fixture.begin_sign_in("Acme").await;
    put(&fixture, &format!("signin:{}", "A".repeat(43)), "{}").await;
    fixture.tick().await;
    let left: Vec<_> = fixture.keys().into_iter().filter(|key| key.starts_with("signin:")).collect();
    // One that cannot be read does not stop the sweep.
    let mut expected = [format!("signin:{}", "A".repeat(43)), format!("signin:{}", state_of(&location))];
    expected.sort();
    assert_eq!(left, expected);
}

#[tokio::test]
async fn what_is_left_of_services_that_are_gone_is_deleted_and_nothing_else() {
    let fixture = Fixture::new();
    let id = fixture.sign_in("Acme").await;
    let kept = fixture.keys();
    put(&fixture, "token:gone", r#"{"v":1,"sealed":"k.AAAA"}"#).await;
    put(&fixture, "account:gone", r#"{"v":1,"service":"gone"}"#).await;
    put(&fixture, "removal:gone", r#"{"v":1,"since":"2026-11-02T09:00:00Z","why":"deleted"}"#).await;
    put(&fixture, "renewing:gone", r#"{"v":1,"by":1,"until":"2026-11-02T09:00:14Z"}"#).await;
    put(&fixture, "token:unclaimed", r#"{"v":1,"sealed":"k.AAAA"}"#).await;
    let all = fixture.keys().len();
    maintain(&fixture).await;
    // They may be those of a sign-in that is under way: its service is written last.
    assert_eq!(fixture.keys().len(), all + 1, "and the record of the sweep");
    maintain(&fixture).await;
    let left = fixture.keys();
    assert!(kept.iter().all(|key| left.contains(key)), "{left:?}");
    let others: Vec<_> = left.iter().filter(|key| !kept.contains(key)).collect();
    // The unclaimed grant cannot be decrypted.
    assert_eq!(others, ["last:oauth-sweep"]);
    assert!(left.contains(&TokenKey { id: id.as_str().into() }.to_string()) && TokenKey::PREFIX == "token:");
}

#[tokio::test]
async fn a_service_that_the_index_lacks_is_added_and_one_that_is_gone_leaves_it() {
    let fixture = Fixture::new();
    let id = fixture.sign_in("Acme").await;
    let ports = fixture.in_memory.ports();
    let lost = Services { ids: vec!["gone".into()], ..Services::default() };
    ports.store().put(&ServicesKey {}, &lost).await.unwrap();
    maintain(&fixture).await;
    let ids = async || ports.store().get(&ServicesKey {}).await.unwrap().unwrap().ids;
    assert_eq!(ids().await, ["gone".into(), id.as_str().into()]);
    maintain(&fixture).await;
    assert_eq!(ids().await, [id.as_str().into()]);
}

#[tokio::test]
async fn an_unreadable_service_does_not_hide_the_others() {
    let fixture = Fixture::new();
    let id = fixture.sign_in("Acme").await;
    let ports = fixture.in_memory.ports();
    let services = Services { ids: vec!["odd".into(), id.as_str().into()], ..Services::default() };
    ports.store().put(&ServicesKey {}, &services).await.unwrap();
    put(&fixture, "service:odd", "{}").await;
    let listed = fixture.admin("GET", "/oauth/services", "").await;
    assert_eq!(listed.json()["services"].as_array().map(Vec::len), Some(1), "{listed:?}");
    let counts: Value = fixture.tick().await;
    assert_eq!(counts["failed"], 1);
    // A sign-in looks at all services.
    assert_eq!(fixture.sign_in("Acme").await, id);
}

#[tokio::test]
async fn a_listing_that_lacks_services_deletes_nothing_of_them() {
    let fixture = Fixture::new();
    let id = fixture.sign_in("Acme").await;
    let kept = fixture.keys();
    fixture.in_memory.truncate_listings("service:");
    for _ in 0..3 {
        maintain(&fixture).await;
    }
    let left = fixture.in_memory.dump();
    assert!(kept.iter().all(|key| left.contains_key(key)), "{:?}", left.keys());
    assert_eq!(fixture.token(&id).await.status, 200);
}
