//! However often the other components ask for a token, Zoom is asked once per life of one.

use super::{granted, renewals};
use crate::harness::{App, Manifest, Scene};
use fakes::zoom::{NewWebinar, Options};
use futures::future::join_all;
use jiff::SignedDuration;
use serde_json::Value;

const REQUESTS: usize = 10_000;

/// How many ask at the same time, and how often each asks before it reports.
const ASKERS: usize = 20;
const AT_A_TIME: usize = 10;

/// Tokens are renewed this long before they lapse.
const AHEAD: SignedDuration = SignedDuration::from_mins(2);

/// A life that is little more than that, so that a renewal is due every few seconds.
const BRIEF_LIFE: SignedDuration = SignedDuration::from_secs(125);

/// The scene, with the probe in the place of `attendance`, which may call `oauth`.
async fn probed(zoom: Options) -> Scene {
    let manifest = Manifest::with_probe_for(&["attendance"]);
    let app = App::start_manifest(manifest, zoom, fakes::marketo::Options::default()).await;
    Scene::set_with(app, NewWebinar::default()).await
}

/// Some more requests. All must get a token; returns how many were made.
async fn ask(scene: &Scene) -> usize {
    let url = format!("{}/attendance/x?tokens={AT_A_TIME}:{}", scene.app.url(), scene.service);
    let askers = (0..ASKERS).map(|_| async {
        let answer: Value = reqwest::get(&url).await.unwrap().json().await.unwrap();
        assert_eq!(answer["ok"]["got"], AT_A_TIME, "{answer}");
    });
    join_all(askers).await.len() * AT_A_TIME
}

#[tokio::test]
async fn while_a_token_lives_nobody_renews_it() {
    let scene = probed(Options::default()).await;
    let mut asked = 0;
    while asked < REQUESTS {
        asked += ask(&scene).await;
    }
    assert_eq!(asked, REQUESTS);
    assert_eq!(renewals(&scene.app.stage.zoom).len(), 0);
    scene.app.assert_no_trap();
    scene.app.assert_nothing_personal();
}

#[tokio::test]
async fn ten_thousand_requests_cost_one_renewal_per_life() {
    let scene = probed(Options { access_lives: BRIEF_LIFE, ..Options::default() }).await;
    let zoom = &scene.app.stage.zoom;
    let mut asked = 0;
    // Spread over two renewals at least: between those the distance is measured.
    while asked < REQUESTS || granted(zoom) < 2 {
        asked += ask(&scene).await;
        for pair in renewals(zoom).windows(2) {
            let apart = pair[1].at.duration_since(pair[0].at);
            assert!(apart >= BRIEF_LIFE - AHEAD, "renewed again after {apart}");
        }
    }
    println!("{asked} requests: {} renewals", renewals(zoom).len());
    assert_eq!(granted(zoom), renewals(zoom).len(), "{:#?}", renewals(zoom));
    scene.app.assert_no_trap();
}
