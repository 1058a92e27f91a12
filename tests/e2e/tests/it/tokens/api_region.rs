//! The account's API URL is the one that Zoom returns, and the application stores it.
//!
//! A region is called over HTTPS, so the listener here only checks for the start of a TLS handshake. That proves the
//! call.

use super::support::{assert_zoom_is_readable, read_from_zoom};
use crate::harness::{App, Fixture, Manifest};
use fakes::marketo::subscription::WEBINAR_PROGRAM;
use std::time::Duration;
use tokio::io::AsyncReadExt;
use tokio::net::TcpListener;
use tokio::time::timeout;

/// The first byte of a TLS handshake.
const HANDSHAKE: u8 = 22;

/// How long to wait for the call.
const LIMIT: Duration = Duration::from_secs(60);

/// Makes the application call Zoom and waits for the call to reach the region.
async fn assert_calls(fixture: &Fixture, region: &TcpListener) {
    let called = async {
        let (mut stream, _) = region.accept().await.unwrap();
        stream.read_u8().await.unwrap()
    };
    tokio::select! {
        first = timeout(LIMIT, called) => assert_eq!(first.unwrap(), HANDSHAKE),
        answer = read_from_zoom(&fixture.admin, WEBINAR_PROGRAM) => panic!("the region was not called: {answer:?}"),
    }
}

#[tokio::test]
async fn calls_use_the_api_url_that_zoom_returns_and_keep_it_after_a_restart() {
    let region = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("https://{}", region.local_addr().unwrap());
    let manifest = Manifest::with_allowed_host(&url);
    let app = App::start_manifest(manifest, fakes::zoom::Options::default(), fakes::marketo::Options::default()).await;
    let mut fixture = Fixture::new(app).await;
    let zoom = fixture.app.env.zoom.clone();
    assert_zoom_is_readable(&fixture).await;

    zoom.set_api_url(&url);
    zoom.expire_access_tokens();
    assert_calls(&fixture, &region).await;
    fixture.app.kill().await;
    let before = zoom.log().count("GET", "/v2/**");
    fixture.app.run().await;
    assert_calls(&fixture, &region).await;
    assert_eq!(zoom.log().count("GET", "/v2/**"), before, "the default URL was called");
}
