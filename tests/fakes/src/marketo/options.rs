//! How a stand-in Marketo is set up.

use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

/// The subscription's id unless told otherwise.
pub const MUNCHKIN_ID: &str = "123-ABC-456";
/// The custom service's client id unless told otherwise.
pub const CLIENT_ID: &str = "marketo-client-id";
/// The custom service's client secret unless told otherwise.
pub const CLIENT_SECRET: &str = "marketo-client-secret";

/// The set-up of a stand-in Marketo. The defaults are Marketo's own numbers.
#[derive(Debug, Clone)]
pub struct Options {
    /// Where it listens; port 0 takes a free one.
    pub listen: SocketAddr,
    /// The subscription's id.
    pub munchkin_id: String,
    /// The custom service's client id.
    pub client_id: String,
    /// The custom service's client secret.
    pub client_secret: String,
    /// How long an access token lives.
    pub token_lifetime: Duration,
    /// Most calls in [`Options::rate_window`]; more get 606.
    pub rate_limit: usize,
    /// The window over which calls are counted.
    pub rate_window: Duration,
    /// Most calls under way at once; more get 615.
    pub concurrency_limit: usize,
    /// Most calls on one day; more get 607.
    pub daily_quota: u64,
    /// The moment that a lead sync takes between looking up and writing. Two syncs of the same new e-mail address that
    /// fall into each other's moment leave duplicates.
    pub sync_moment: Duration,
    /// How long a flow step service is given to answer an invocation. Marketo's own number is not public.
    pub invocation_timeout: Duration,
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
            sync_moment: Duration::from_millis(30),
            invocation_timeout: Duration::from_secs(30),
        }
    }
}
