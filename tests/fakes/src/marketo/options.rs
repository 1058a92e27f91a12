//! Options of the fake Marketo.

use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

/// Default id of the subscription.
pub const MUNCHKIN_ID: &str = "123-ABC-456";
/// Default client id of the custom service.
pub const CLIENT_ID: &str = "marketo-client-id";
/// Default client secret of the custom service.
pub const CLIENT_SECRET: &str = "marketo-client-secret";

/// Options of a fake Marketo. The defaults are Marketo's own numbers.
#[derive(Debug, Clone)]
pub struct Options {
    /// Address to listen on; port 0 selects a free port.
    pub listen: SocketAddr,
    /// The subscription's id.
    pub munchkin_id: String,
    /// The custom service's client id.
    pub client_id: String,
    /// The custom service's client secret.
    pub client_secret: String,
    /// How long an access token is valid.
    pub token_lifetime: Duration,
    /// Maximum number of calls per [`Options::rate_window`]; more get 606.
    pub rate_limit: usize,
    /// Length of the rate limit window.
    pub rate_window: Duration,
    /// Maximum number of concurrent calls; more get 615.
    pub concurrency_limit: usize,
    /// Maximum number of calls per day; more get 607.
    pub daily_quota: u64,
    /// Maximum number of rows of a page; requests for more get this many.
    pub max_page_size: usize,
    /// Maximum number of members of a program whose members are listed; lists of larger ones get 1003.
    pub member_list_limit: usize,
    /// How long a lead sync waits between its lookup and its write. Two concurrent syncs of a new e-mail address both
    /// miss it within that time and create duplicates.
    pub sync_delay: Duration,
    /// How long after it happened an activity can be read.
    pub activity_delay: Duration,
    /// How long a paging token of activities is accepted.
    pub activity_token_lifetime: Duration,
    /// How long to wait for a flow step service to accept a chunk. Marketo's number is not public.
    pub invocation_timeout: Duration,
}

impl Options {
    /// Returns options for a fake in simulated time: a lead sync only yields between its lookup and its write, which moves no
    /// clock.
    #[must_use]
    pub fn in_memory() -> Self {
        Self { sync_delay: Duration::ZERO, ..Self::default() }
    }
}

impl Default for Options {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            munchkin_id: MUNCHKIN_ID.to_owned(),
            client_id: CLIENT_ID.to_owned(),
            client_secret: CLIENT_SECRET.to_owned(),
            token_lifetime: Duration::from_secs(3_600),
            rate_limit: 100,
            rate_window: Duration::from_secs(20),
            concurrency_limit: 10,
            daily_quota: 50_000,
            max_page_size: 300,
            member_list_limit: 100_000,
            sync_delay: Duration::from_millis(30),
            activity_delay: Duration::ZERO,
            activity_token_lifetime: Duration::from_secs(24 * 3_600),
            invocation_timeout: Duration::from_secs(30),
        }
    }
}
