//! Rotation of the token key: the first of several keys encrypts, and all of them decrypt. The keys of the store outlast it.

use super::support::{assert_active, assert_zoom_is_readable, granted_renewals};
use crate::harness::{App, Fixture};
use fakes::env::TOKEN_KEY as OLD_KEY;
use fakes::marketo::subscription::WEBINAR_PROGRAM;

/// Another key of 32 bytes in base64.
const NEW_KEY: &str = "YW5vdGhlciB0b2tlbiBrZXkgb2YgMzIgYnl0ZXMhISE=";

/// A key that never encrypted anything.
const UNKNOWN_KEY: &str = "c3RyYW5nZSB0b2tlbiBrZXksIGFsc28gMzIgYnl0ZXM=";

/// Restarts the host with other token keys.
async fn restart_with(fixture: &mut Fixture, keys: &str) {
    fixture.app.kill().await;
    fixture.app.set_variable("token_key", keys);
    fixture.app.run().await;
}

/// Returns the id of the key that encrypted the service's tokens.
fn key_id(fixture: &Fixture) -> String {
    let stored = fixture.app.stored();
    let record: serde_json::Value = serde_json::from_slice(&stored[&format!("token:{}", fixture.service)]).unwrap();
    record["sealed"].as_str().unwrap().split_once('.').unwrap().0.to_owned()
}

#[tokio::test]
async fn token_key_rotates_without_a_sign_in() {
    let mut fixture = Fixture::new(App::start().await).await;
    let zoom = fixture.app.env.zoom.clone();
    let old = key_id(&fixture);

    // The old key still decrypts.
    restart_with(&mut fixture, &format!("{NEW_KEY},{OLD_KEY}")).await;
    assert_zoom_is_readable(&fixture).await;
    assert_eq!((granted_renewals(&zoom), key_id(&fixture)), (0, old.clone()));

    // The tick encrypts with the first key, without a renewal, and the old key can be removed.
    fixture.admin.tick().await.unwrap().ok().unwrap();
    assert_eq!(granted_renewals(&zoom), 0);
    assert_ne!(key_id(&fixture), old);
    restart_with(&mut fixture, NEW_KEY).await;
    zoom.expire_access_tokens();
    assert_zoom_is_readable(&fixture).await;
    assert_eq!(granted_renewals(&zoom), 1);

    // Without either key nothing is read, so that no one is registered twice, and the log says why.
    restart_with(&mut fixture, UNKNOWN_KEY).await;
    for path in ["/oauth/services".to_owned(), format!("/catalog/programs/{WEBINAR_PROGRAM}")] {
        let page = fixture.admin.get(&path).await.unwrap();
        assert_eq!((page.status, page.code()), (500, "INTERNAL"), "{path}");
    }
    let is_explained = |log: &String| log.contains("token_key does not decrypt the keys of the store");
    assert!(fixture.app.logs().values().any(is_explained), "{:?}", fixture.app.logs());

    // The right key restores the service without a sign-in.
    restart_with(&mut fixture, NEW_KEY).await;
    assert_zoom_is_readable(&fixture).await;
    assert_eq!(granted_renewals(&zoom), 1);
    assert_active(&fixture.admin, &fixture.service).await;
    fixture.app.assert_no_trap();
    fixture.app.assert_logs_are_clean();
}
