//! The HTTP handlers. They extract, call the core, and answer.

pub(crate) mod internal;
pub(crate) mod services;
pub(crate) mod sign_in;
mod sign_in_page;
pub(crate) mod zoom_events;
