//! Zoom's OAuth server (reference: Zoom's OAuth 2.0 documentation): asking for a grant, exchanging it, renewing it,
//! giving it back.

mod answer;
mod client;
mod scopes;

pub(crate) use answer::{AppFault, Grant, GrantError};
pub(crate) use client::{authorize_url, exchange, refresh, revoke};
#[cfg(test)]
pub(crate) use scopes::REQUIRED;
pub(crate) use scopes::{Scope, missing};

use base64::Engine;

/// Base64 as it may stand in a URL, without padding.
pub(crate) fn base64url(bytes: &[u8]) -> String {
    base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(bytes)
}
