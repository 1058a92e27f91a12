//! The token key is changed: the first of several seals, all of them open.

use super::{assert_active, assert_needs_sign_in, assert_zoom_can_be_read, granted};
use crate::harness::{App, Scene};
use fakes::marketo::world::WEBINAR_PROGRAM;
use fakes::stage::TOKEN_KEY as OLD;

/// 32 bytes in base64, as the old one is.
const NEW: &str = "YW5vdGhlciB0b2tlbiBrZXkgb2YgMzIgYnl0ZXMhISE=";

/// One that never sealed anything.
const STRANGE: &str = "c3RyYW5nZSB0b2tlbiBrZXksIGFsc28gMzIgYnl0ZXM=";

/// Starts the host again with other token keys.
async fn restart_with(scene: &mut Scene, keys: &str) {
    scene.app.kill().await;
    scene.app.set_variable("token_key", keys);
    scene.app.run().await;
}

/// The id of the key that sealed the service's tokens.
fn key_id(scene: &Scene) -> String {
    let stored = scene.app.stored();
    let record: serde_json::Value = serde_json::from_slice(&stored[&format!("token:{}", scene.service)]).unwrap();
    record["sealed"].as_str().unwrap().split_once('.').unwrap().0.to_owned()
}

#[tokio::test]
async fn the_token_key_is_changed_without_a_sign_in() {
    let mut scene = Scene::set(App::start().await).await;
    let zoom = scene.app.stage.zoom.clone();
    let old = key_id(&scene);

    // The old key still opens. Nothing is sealed anew until there is something new to seal.
    restart_with(&mut scene, &format!("{NEW},{OLD}")).await;
    assert_zoom_can_be_read(&scene).await;
    assert_eq!((granted(&zoom), key_id(&scene)), (0, old.clone()));

    // A renewal seals with the first, and the old key can go.
    zoom.expire_access_tokens();
    assert_zoom_can_be_read(&scene).await;
    assert_eq!(granted(&zoom), 1);
    assert_ne!(key_id(&scene), old);
    restart_with(&mut scene, NEW).await;
    assert_zoom_can_be_read(&scene).await;
    assert_eq!(granted(&zoom), 1);

    // With neither, the service cannot be used, and says why.
    restart_with(&mut scene, STRANGE).await;
    let said = assert_needs_sign_in(&scene.admin, WEBINAR_PROGRAM, &scene.service).await;
    assert!(said.contains("token key"), "{said}");

    // It was a slip: the right key brings it back, without a sign-in.
    restart_with(&mut scene, NEW).await;
    assert_zoom_can_be_read(&scene).await;
    assert_eq!(granted(&zoom), 1);
    assert_active(&scene.admin, &scene.service).await;
    scene.app.assert_no_trap();
    scene.app.assert_nothing_personal();
}
