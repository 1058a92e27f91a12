//! Everything that the fake Zoom holds in memory. Nothing here depends on HTTP.

pub(super) mod accounts;
pub(super) mod authorizations;
pub(super) mod ids;
pub(super) mod paging;
pub(super) mod rate_limits;
pub(super) mod registrant;
pub(super) mod session;
pub(super) mod webinar;
pub(super) mod zoom_state;
