//! Authentication of every way in: the admin, the scheduler and Marketo. `zoom_client::events` verifies Zoom.
//!
//! | module | content |
//! |---|---|
//! | [`verify`] | checks the credentials of a request |
//! | [`extract`] | the same checks as axum extractors |
//! | [`session`] | the console's session cookie |
//! | [`cookie`] | makes and reads cookies |
//! | [`key_list`] | the accepted values of a key, several while it is being changed |
//! | [`throttle`] | limits attempts with wrong keys |
//! | `mac` | HMAC-SHA256 and constant-time comparison |

pub mod cookie;
pub mod extract;
pub mod key_list;
mod mac;
pub mod session;
pub mod throttle;
pub mod verify;

pub use extract::{AdminAuth, AdminOrCronAuth, CronAuth, HasPorts, MarketoAuth};
pub use mac::{constant_time_eq, hmac_sha256_hex};
