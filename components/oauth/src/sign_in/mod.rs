//! Signing in to Zoom: authorization code with PKCE S256, and a one-time state bound to the browser that began.

mod begin;
mod browser;
mod callback;
mod ending;
mod page;
mod pending;

pub(crate) use begin::begin;
pub(crate) use callback::callback;
pub(crate) use pending::sweep;
