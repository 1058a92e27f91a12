//! `LaunchPoint` services: one sign-in of one Zoom account under one name.

pub(crate) mod activation;
pub(crate) mod enabled_users;
pub(crate) mod identity;
pub(crate) mod import;
pub(crate) mod kept_grant;
