//! The keys that seal the records of all components: they outlast a change of `token_key`, and a wrong one changes nothing.

use super::fixture::{Fixture, token_key};
use domain::time::SignedDuration;
use serde_json::Value;

/// Sets `token_key`, waits until every instance loads the keys again, and returns them.
async fn keys_with(fixture: &Fixture, token_keys: &str) -> Value {
    fixture.in_memory.set("token_key", token_keys);
    fixture.in_memory.advance(SignedDuration::from_mins(5));
    let response = fixture.internal("/internal/data-keys", "").await;
    assert_eq!(response.status, 200, "{response:?}");
    response.json()
}

#[tokio::test]
async fn the_keys_of_the_store_survive_a_change_of_the_token_key() {
    let (fixture, old, new) = (Fixture::new(), token_key(1), token_key(2));
    fixture.sign_in("Acme").await;
    fixture.tick().await;
    let first = keys_with(&fixture, &old).await;
    let both = keys_with(&fixture, &format!("{new},{old}")).await;
    fixture.tick().await;
    // An instance that still has the old list reads the record.
    assert_eq!(keys_with(&fixture, &old).await["addresses"], first["addresses"]);
    let last = keys_with(&fixture, &new).await;
    fixture.tick().await;
    for keys in [&both, &last] {
        assert_eq!(keys["addresses"], first["addresses"]);
        assert_eq!(keys["records"].as_array().unwrap().len(), 2);
        assert_eq!(keys["records"][1], first["records"][0], "the old key opens, the new one seals");
    }
    assert_eq!(fixture.another_instance().services().await[0]["name"], "Acme");
    // The record is not readable with the old key any more.
    fixture.in_memory.set("token_key", &old);
    assert_eq!(fixture.another_instance().internal("/internal/data-keys", "").await.status, 500);
}

#[tokio::test]
async fn a_token_key_can_be_changed_before_the_first_tick() {
    let (fixture, old, new) = (Fixture::new(), token_key(1), token_key(2));
    fixture.sign_in("Acme").await;
    let first = keys_with(&fixture, &old).await;
    keys_with(&fixture, &format!("{new},{old}")).await;
    let last = keys_with(&fixture, &new).await;
    assert_eq!(last["addresses"], first["addresses"]);
    assert_eq!(fixture.another_instance().services().await[0]["name"], "Acme");
}

#[tokio::test]
async fn with_another_token_key_nothing_is_read_and_nothing_is_written() {
    let fixture = Fixture::new();
    fixture.sign_in("Acme").await;
    fixture.tick().await;
    fixture.in_memory.set("token_key", &token_key(3));
    let before = fixture.in_memory.sealed_dump();
    let other = fixture.another_instance();
    for path in ["/oauth/services", "/oauth/sign-in?service=Other"] {
        assert_eq!(other.admin("GET", path, "").await.problem(), (500, "INTERNAL".to_owned()), "{path}");
    }
    assert_eq!(other.internal("/internal/data-keys", "").await.problem(), (500, "INTERNAL".to_owned()));
    assert!(other.tick().await["failed"].as_u64() >= Some(1));
    assert_eq!(fixture.in_memory.sealed_dump(), before);
    fixture.in_memory.set("token_key", &token_key(1));
    assert_eq!(fixture.another_instance().services().await[0]["name"], "Acme");
}

#[tokio::test]
async fn the_store_shows_no_address_and_no_key() {
    let fixture = Fixture::new();
    fixture.sign_in("Acme").await;
    fixture.tick().await;
    let keys = keys_with(&fixture, &token_key(1)).await;
    let secrets = ["alice@example.com", keys["addresses"].as_str().unwrap(), keys["records"][0].as_str().unwrap()];
    for (key, value) in fixture.in_memory.sealed_dump() {
        let text = String::from_utf8_lossy(&value).into_owned();
        assert!(secrets.iter().all(|secret| !text.contains(secret)), "{key}");
    }
    let opened =
        String::from_utf8_lossy(&fixture.in_memory.dump().into_values().collect::<Vec<_>>().concat()).into_owned();
    assert!(opened.contains("alice@example.com"), "the search finds what is there");
}
