//! Two hosts on one state file renew at the same moment. Zoom's refresh tokens rotate, so only one of two renewals can
//! succeed; whichever it is, both hosts go on.

use super::{TOKEN_PATH, assert_active, assert_read, assert_zoom_can_be_read, granted, read_from_zoom, renewals};
use crate::harness::{App, Scene, state, until};
use fakes::marketo::world::WEBINAR_PROGRAM;
use fakes::stage::Admin;
use fakes::support::{Effect, Fault};

const ROUNDS: usize = 50;

/// Long enough that the other host is certainly inside the token endpoint too; short of the ten seconds after which the
/// application gives up on Zoom.
const SLOW_MS: u64 = 5_000;

/// Has both hosts call Zoom at the same moment. Both must succeed.
async fn both_read_from_zoom(scene: &Scene, second: &Admin, what: &str) {
    let (one, two) =
        futures::join!(read_from_zoom(&scene.admin, WEBINAR_PROGRAM), read_from_zoom(second, WEBINAR_PROGRAM));
    assert_read(&one, what);
    assert_read(&two, what);
}

/// Fails unless the refresh token that is stored still works.
async fn assert_grant_lives(scene: &Scene) {
    let zoom = &scene.app.stage.zoom;
    let before = granted(zoom);
    zoom.expire_access_tokens();
    assert_zoom_can_be_read(scene).await;
    assert_eq!(granted(zoom), before + 1);
    assert_active(&scene.admin, &scene.service).await;
}

#[tokio::test]
async fn fifty_renewals_at_the_same_moment_leave_the_grant_alive() {
    // Each reading asks Marketo too, whose limit is not what this is about.
    let marketo = fakes::marketo::Options { rate_limit: usize::MAX, ..fakes::marketo::Options::default() };
    let scene = Scene::set(App::start_with(fakes::zoom::Options::default(), marketo).await).await;
    let (_second, second) = scene.app.run_second().await;
    let zoom = &scene.app.stage.zoom;
    for round in 1..=ROUNDS {
        zoom.expire_access_tokens();
        both_read_from_zoom(&scene, &second, &format!("round {round}")).await;
    }
    let refused = renewals(zoom).iter().filter(|entry| entry.refusal.is_some()).count();
    println!("{ROUNDS} rounds: {} renewals, of which Zoom refused {refused}", renewals(zoom).len());
    assert!((ROUNDS..=2 * ROUNDS).contains(&granted(zoom)), "{} renewals", granted(zoom));
    assert_active(&scene.admin, &scene.service).await;
    assert_grant_lives(&scene).await;
    scene.app.assert_no_trap();
    scene.app.assert_nothing_personal();
}

/// Both hosts are inside the token endpoint with the same refresh token. The lease, which prevents this, is taken away,
/// as a store would whose writes show late. `fast_ms` is how long Zoom takes over the second one.
async fn both_spend_the_same_refresh_token(fast_ms: u64) {
    let scene = Scene::set(App::start().await).await;
    let (_second, second) = scene.app.run_second().await;
    let zoom = &scene.app.stage.zoom;
    zoom.expire_access_tokens();
    for delay_ms in [SLOW_MS, fast_ms] {
        zoom.faults().add(Fault::once("POST", TOKEN_PATH, Effect::Delay { delay_ms }));
    }
    let lease = format!("renewing:{}", scene.service);
    let take_lease_away = async {
        until("the first renewal", || async { (renewals(zoom).len() == 1).then_some(()) }).await;
        assert!(state::delete(scene.app.state(), &lease), "there is no lease {lease}");
    };
    futures::join!(both_read_from_zoom(&scene, &second, "both"), take_lease_away);
    let renewals = renewals(zoom);
    assert_eq!(renewals.len(), 2, "{renewals:#?}");
    assert_eq!(renewals[0].body["refresh_token"], renewals[1].body["refresh_token"]);
    let mut statuses: Vec<_> = renewals.iter().map(|entry| entry.status).collect();
    statuses.sort_unstable();
    assert_eq!(statuses, [Some(200), Some(400)]);
    assert_active(&scene.admin, &scene.service).await;
    assert_grant_lives(&scene).await;
}

#[tokio::test]
async fn who_comes_second_with_a_spent_refresh_token_takes_what_the_first_got() {
    both_spend_the_same_refresh_token(SLOW_MS).await;
}

#[tokio::test]
async fn who_came_first_but_was_served_second_takes_what_the_other_got() {
    both_spend_the_same_refresh_token(0).await;
}
