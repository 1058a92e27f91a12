//! HTTP only: extract, call, answer.

pub(crate) mod page;
pub(crate) mod session;
pub(crate) mod settings;
