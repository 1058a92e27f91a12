//! Tokens: concurrent renewals, lost responses, caching, key rotation, regions, and secrets in state and logs.

mod api_region;
mod concurrent_renewal;
mod key_rotation;
mod lost_responses;
mod renewal_rate;
mod secrets;
pub mod support;
