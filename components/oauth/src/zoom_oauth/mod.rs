//! The client of Zoom's OAuth server: it requests, exchanges, renews and revokes grants (docs/reference/zoom.md).

pub(crate) mod client;
pub(crate) mod response;
pub(crate) mod scopes;
