//! Signing in to Zoom: the authorization code flow with PKCE S256, and a one-time `state` that is bound to the browser.

pub(crate) mod begin;
pub(crate) mod csrf_cookie;
pub(crate) mod error;
pub(crate) mod finish;
pub(crate) mod state;
pub(crate) mod unclaimed_grant;
