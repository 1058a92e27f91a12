//! Renewals of tokens at two hosts. Zoom rotates refresh tokens, so only one of two concurrent renewals can succeed.

use super::support::TwoHosts;
use crate::tokens::support::{assert_active, assert_read, granted_renewals, read_from_zoom, renewals};
use fakes::marketo::subscription::WEBINAR_PROGRAM;
use futures::future::join_all;

const ROUNDS: usize = 20;

#[tokio::test]
async fn renewals_at_both_hosts_at_once_keep_the_grant() {
    let Some(hosts) = TwoHosts::start().await else { return };
    let zoom = &hosts.fixture.app.env.zoom;
    for round in 1..=ROUNDS {
        zoom.expire_access_tokens();
        // Two requests at each host.
        let reads = hosts.admins().into_iter().cycle().take(4).map(|admin| read_from_zoom(admin, WEBINAR_PROGRAM));
        for read in join_all(reads).await {
            assert_read(&read, &format!("round {round}"));
        }
    }
    let refused = renewals(zoom).iter().filter(|entry| entry.refusal.is_some()).count();
    println!("{ROUNDS} rounds: {} renewals, {refused} of them refused by Zoom", renewals(zoom).len());
    assert!((ROUNDS..=2 * ROUNDS).contains(&granted_renewals(zoom)), "{} renewals", granted_renewals(zoom));
    // The stored refresh token is valid.
    zoom.expire_access_tokens();
    for admin in hosts.admins() {
        assert_read(&read_from_zoom(admin, WEBINAR_PROGRAM).await, "after the rounds");
        assert_active(admin, &hosts.fixture.service).await;
    }
    hosts.fixture.app.assert_no_trap();
    hosts.fixture.app.assert_logs_are_clean();
}
