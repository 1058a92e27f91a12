//! Snapshots of the bodies of the public API. A difference is a change of the contract (docs/API.md); after a wanted one
//! `INSTA_UPDATE=always cargo test -p oauth api_bodies` writes them.

use super::fixture::{Fixture, TestResponse};
use domain::time::SignedDuration;
use fakes::zoom::ACCOUNT;
use insta::assert_json_snapshot;
use serde_json::{Value, json};

/// Returns the status with the body, which must be JSON.
fn shown(response: &TestResponse) -> Value {
    json!({"status": response.status, "body": response.json()})
}

#[tokio::test]
async fn the_list_of_services_matches_its_snapshot() {
    let fixture = Fixture::new();
    fixture.sign_in("Superseded").await;
    fixture.in_memory.advance(SignedDuration::from_mins(1));
    let active = fixture.sign_in("Active").await;
    let users = r#"{"users":["bob@example.com","carol@example.com"]}"#;
    fixture.admin("PUT", &format!("/oauth/services/{active}/users"), users).await;
    for (account, name) in [("acc_2", "Without a role"), ("acc_3", "Needs a sign-in"), ("acc_4", "Removed")] {
        fixture.switch_account(account);
        let id = fixture.sign_in(name).await;
        let code = match account {
            "acc_2" => "SERVICE_LACKS_PERMISSION",
            "acc_3" => "SERVICE_NEEDS_SIGN_IN",
            _ => {
                fixture.deauthorize(account).await;
                continue;
            }
        };
        let problem = json!({"problem": {"code": code, "detail": "Why, and what to do."}}).to_string();
        assert_eq!(fixture.internal(&format!("/internal/problem/{id}"), &problem).await.status, 204);
    }
    assert_json_snapshot!("services", shown(&fixture.admin("GET", "/oauth/services", "").await));
}

#[tokio::test]
async fn enabled_users_match_their_snapshot() {
    let fixture = Fixture::new();
    let id = fixture.sign_in("Acme").await;
    let users = r#"{"users":["Bob@example.com","carol@example.com"]}"#;
    let response = fixture.admin("PUT", &format!("/oauth/services/{id}/users"), users).await;
    assert_json_snapshot!("enabled_users", shown(&response));
}

#[tokio::test]
async fn problems_match_their_snapshot() {
    let fixture = Fixture::new();
    let id = fixture.sign_in("Acme").await;
    let users = format!("/oauth/services/{id}/users");
    let put = async |body: Value| shown(&fixture.admin("PUT", &users, &body.to_string()).await);
    let bob = json!({"users": ["bob@example.com"]});
    let many: Vec<_> = (0..21).map(|n| format!("user{n}@example.com")).collect();
    let mut problems = serde_json::Map::new();
    let mut add = |request: &str, problem: Value| assert!(problems.insert(request.to_owned(), problem).is_none());
    add("list without a key", shown(&fixture.send("GET", "/oauth/services", &[], "").await));
    add("unknown path", shown(&fixture.admin("GET", "/oauth/nothing", "").await));
    add("sign-in without a name", shown(&fixture.admin("GET", "/oauth/sign-in", "").await));
    add("delete an unknown service", shown(&fixture.admin("DELETE", "/oauth/services/nosuch", "").await));
    add("users of a wrong type", put(json!({"users": "bob@example.com"})).await);
    add("user of another account", put(json!({"users": ["mallory@evil.test"]})).await);
    add("user without an address", put(json!({"users": ["no address"]})).await);
    add("21 users", put(json!({"users": many})).await);
    fixture.set_admin_role(false);
    add("admin without the role", put(bob.clone()).await);
    fixture.set_admin_role(true);
    fixture.take_zoom_down();
    add("Zoom is down", put(bob.clone()).await);
    fixture.restore_zoom();
    fixture.zoom.revoke_authorizations(ACCOUNT);
    add("revoked grant", put(bob.clone()).await);
    fixture.sign_in("Other").await;
    add("superseded service", put(bob).await);
    assert_json_snapshot!("problems", problems);
}
