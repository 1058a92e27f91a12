//! HTTP only: extract, call, answer.

pub(crate) mod backup;
pub(crate) mod flow_step;
pub(crate) mod internal;
pub(crate) mod programs;
mod views;
pub(crate) mod webinars;
