//! Two hosts on one state file renew concurrently. Zoom rotates refresh tokens, so only one of two renewals can
//! succeed, and both hosts must continue with its tokens.

use super::support::{
    TOKEN_PATH, assert_active, assert_read, assert_zoom_is_readable, granted_renewals, read_from_zoom, renewals,
};
use crate::harness::{App, Fixture, wait_for};
use fakes::env::Admin;
use fakes::marketo::subscription::WEBINAR_PROGRAM;
use fakes::support::{Effect, Fault};

const ROUNDS: usize = 50;

/// Long enough for the other host to reach the token endpoint too, and shorter than the application's ten-second
/// timeout for Zoom.
const SLOW_MS: u64 = 5_000;

/// Makes both hosts call Zoom concurrently. Both must succeed.
async fn both_read_from_zoom(fixture: &Fixture, second: &Admin, what: &str) {
    let (one, two) =
        futures::join!(read_from_zoom(&fixture.admin, WEBINAR_PROGRAM), read_from_zoom(second, WEBINAR_PROGRAM));
    assert_read(&one, what);
    assert_read(&two, what);
}

/// Fails unless the stored refresh token still works.
async fn assert_grant_is_valid(fixture: &Fixture) {
    let zoom = &fixture.app.env.zoom;
    let before = granted_renewals(zoom);
    zoom.expire_access_tokens();
    assert_zoom_is_readable(fixture).await;
    assert_eq!(granted_renewals(zoom), before + 1);
    assert_active(&fixture.admin, &fixture.service).await;
}

#[tokio::test]
async fn fifty_concurrent_renewals_keep_the_grant_valid() {
    // Each read calls Marketo too, whose rate limit is not the subject of this test.
    let marketo = fakes::marketo::Options { rate_limit: usize::MAX, ..fakes::marketo::Options::default() };
    let fixture = Fixture::new(App::start_with(fakes::zoom::Options::default(), marketo).await).await;
    let (_second, second) = fixture.app.run_second().await;
    let zoom = &fixture.app.env.zoom;
    for round in 1..=ROUNDS {
        zoom.expire_access_tokens();
        both_read_from_zoom(&fixture, &second, &format!("round {round}")).await;
    }
    let refused = renewals(zoom).iter().filter(|entry| entry.refusal.is_some()).count();
    println!("{ROUNDS} rounds: {} renewals, {refused} of them refused by Zoom", renewals(zoom).len());
    assert!((ROUNDS..=2 * ROUNDS).contains(&granted_renewals(zoom)), "{} renewals", granted_renewals(zoom));
    assert_active(&fixture.admin, &fixture.service).await;
    assert_grant_is_valid(&fixture).await;
    fixture.app.assert_no_trap();
    fixture.app.assert_logs_are_clean();
}

/// Makes both hosts send the same refresh token. Deletes the lease that prevents this, as a store with delayed writes
/// would. `fast_ms` is Zoom's delay for the second request.
async fn send_the_same_refresh_token_from_both_hosts(fast_ms: u64) {
    let fixture = Fixture::new(App::start().await).await;
    let (_second, second) = fixture.app.run_second().await;
    let zoom = &fixture.app.env.zoom;
    zoom.expire_access_tokens();
    for delay_ms in [SLOW_MS, fast_ms] {
        zoom.faults().add(Fault::once("POST", TOKEN_PATH, Effect::Delay { delay_ms }));
    }
    let lease = format!("renewing:{}", fixture.service);
    let delete_lease = async {
        wait_for("the first renewal", || async { (renewals(zoom).len() == 1).then_some(()) }).await;
        assert!(fixture.app.store().delete(&lease), "no lease {lease}");
    };
    futures::join!(both_read_from_zoom(&fixture, &second, "both"), delete_lease);
    let renewals = renewals(zoom);
    assert_eq!(renewals.len(), 2, "{renewals:#?}");
    assert_eq!(renewals[0].body["refresh_token"], renewals[1].body["refresh_token"]);
    let mut statuses: Vec<_> = renewals.iter().map(|entry| entry.status).collect();
    statuses.sort_unstable();
    assert_eq!(statuses, [Some(200), Some(400)]);
    assert_active(&fixture.admin, &fixture.service).await;
    assert_grant_is_valid(&fixture).await;
}

#[tokio::test]
async fn second_host_with_a_used_refresh_token_uses_the_first_hosts_tokens() {
    send_the_same_refresh_token_from_both_hosts(SLOW_MS).await;
}

#[tokio::test]
async fn first_host_served_second_uses_the_other_hosts_tokens() {
    send_the_same_refresh_token_from_both_hosts(0).await;
}
