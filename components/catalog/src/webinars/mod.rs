//! Webinars of the services (R3).
//!
//! | module | content |
//! |---|---|
//! | `listing` | reads the list of every host |
//! | `eligibility` | the rules: which webinars may be connected; pure |
//! | `details` | reads single webinars through a cache |
//! | `lookup` | finds the service that offers a webinar |

pub(crate) mod details;
pub(crate) mod eligibility;
pub(crate) mod listing;
pub(crate) mod lookup;
pub(crate) mod notes;
