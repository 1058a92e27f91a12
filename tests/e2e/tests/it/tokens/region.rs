//! The account's API is where Zoom says, and that is remembered.
//!
//! A region is reached by https, so what stands for it here only sees that somebody wants to speak TLS. That is enough:
//! it is the call.

use super::read_from_zoom;
use crate::harness::{App, Manifest, Scene};
use fakes::marketo::world::WEBINAR_PROGRAM;
use std::time::Duration;
use tokio::io::AsyncReadExt;
use tokio::net::TcpListener;
use tokio::time::timeout;

/// The first byte of a TLS handshake.
const HANDSHAKE: u8 = 22;

/// A call that has not begun by then never will.
const LIMIT: Duration = Duration::from_secs(60);

/// Has the application call Zoom and waits for it to do so in the region.
async fn assert_calls(scene: &Scene, region: &TcpListener) {
    let called = async {
        let (mut stream, _) = region.accept().await.unwrap();
        stream.read_u8().await.unwrap()
    };
    tokio::select! {
        first = timeout(LIMIT, called) => assert_eq!(first.unwrap(), HANDSHAKE),
        answer = read_from_zoom(&scene.admin, WEBINAR_PROGRAM) => panic!("the region was not called: {answer:?}"),
    }
}

#[tokio::test]
async fn calls_go_to_the_region_that_zoom_names_and_still_do_after_a_restart() {
    let region = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("https://{}", region.local_addr().unwrap());
    let manifest = Manifest::with_region(&url);
    let app = App::start_manifest(manifest, fakes::zoom::Options::default(), fakes::marketo::Options::default()).await;
    let mut scene = Scene::set(app).await;
    let zoom = scene.app.stage.zoom.clone();
    super::assert_zoom_can_be_read(&scene).await;

    zoom.set_api_url(&url);
    zoom.expire_access_tokens();
    assert_calls(&scene, &region).await;
    scene.app.kill().await;
    let before = zoom.log().count("GET", "/v2/**");
    scene.app.run().await;
    assert_calls(&scene, &region).await;
    assert_eq!(zoom.log().count("GET", "/v2/**"), before, "the default place was called");
}
