//! The HTTP handlers: extract, call, answer.

pub(crate) mod forget;
pub(crate) mod health;
pub(crate) mod healthz;
pub(crate) mod metrics;
pub(crate) mod programs;
pub(crate) mod tick;
pub(crate) mod trace;
pub(crate) mod unmatched;
pub(crate) mod work;
pub(crate) mod zoom_events;
