//! Methods of [`crate::zoom::Zoom`] with which a test arranges accounts, webinars and attendance, and triggers events.

mod accounts;
pub(super) mod app;
mod sensitive_data;
pub(super) mod sessions;
mod webinars;
