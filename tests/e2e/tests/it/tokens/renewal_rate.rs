//! However often the other components request a token, Zoom is called once per token lifetime.

use super::support::{granted_renewals, renewals};
use crate::harness::{App, Fixture, Manifest};
use fakes::zoom::{NewWebinar, Options};
use futures::future::join_all;
use jiff::SignedDuration;
use serde_json::Value;

const REQUESTS: usize = 10_000;

/// Number of concurrent clients, and of requests that each makes in one call of the probe.
const CLIENTS: usize = 20;
const REQUESTS_PER_CALL: usize = 10;

/// How long before its expiry a token is renewed.
const RENEWAL_MARGIN: SignedDuration = SignedDuration::from_mins(2);

/// A token lifetime that makes a renewal due every few seconds.
const SHORT_LIFETIME: SignedDuration = SignedDuration::from_secs(125);

/// Returns the fixture with the probe in place of `attendance`, which may call `oauth`.
async fn fixture_with_probe(zoom: Options) -> Fixture {
    let manifest = Manifest::with_probe_for(&["attendance"]);
    let app = App::start_manifest(manifest, zoom, fakes::marketo::Options::default()).await;
    Fixture::with_webinar(app, NewWebinar::default()).await
}

/// Makes a batch of token requests, which must all succeed. Returns their number.
async fn request_tokens(fixture: &Fixture) -> usize {
    let url = format!("{}/attendance/x?tokens={REQUESTS_PER_CALL}:{}", fixture.app.url(), fixture.service);
    let clients = (0..CLIENTS).map(|_| async {
        let answer: Value = reqwest::get(&url).await.unwrap().json().await.unwrap();
        assert_eq!(answer["ok"]["got"], REQUESTS_PER_CALL, "{answer}");
    });
    join_all(clients).await.len() * REQUESTS_PER_CALL
}

#[tokio::test]
async fn valid_token_is_not_renewed() {
    let fixture = fixture_with_probe(Options::default()).await;
    let mut requested = 0;
    while requested < REQUESTS {
        requested += request_tokens(&fixture).await;
    }
    assert_eq!(requested, REQUESTS);
    assert_eq!(renewals(&fixture.app.env.zoom).len(), 0);
    fixture.app.assert_no_trap();
    fixture.app.assert_logs_are_clean();
}

#[tokio::test]
async fn ten_thousand_requests_renew_once_per_token_lifetime() {
    let fixture = fixture_with_probe(Options { access_token_lifetime: SHORT_LIFETIME, ..Options::default() }).await;
    let zoom = &fixture.app.env.zoom;
    let mut requested = 0;
    // Continues until there were two renewals, so that the time between them can be measured.
    while requested < REQUESTS || granted_renewals(zoom) < 2 {
        requested += request_tokens(&fixture).await;
        for pair in renewals(zoom).windows(2) {
            let apart = pair[1].at.duration_since(pair[0].at);
            assert!(apart >= SHORT_LIFETIME - RENEWAL_MARGIN, "renewed after {apart}");
        }
    }
    println!("{requested} requests: {} renewals", renewals(zoom).len());
    assert_eq!(granted_renewals(zoom), renewals(zoom).len(), "{:#?}", renewals(zoom));
    fixture.app.assert_no_trap();
}
