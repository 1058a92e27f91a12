//! The component's router over in-memory ports, with the fake Zoom and the fake Marketo mounted in them, and small fakes of
//! the other components.

mod access;
mod alerts;
mod customer_statuses;
mod env;
mod failures;
mod fault_matrix;
mod forget_account;
mod forget_person;
mod live;
mod membership;
mod model;
mod odd_rows;
mod operations;
mod partitions;
mod polling;
mod records;
mod scale;
mod session_selection;
mod settling;
mod statuses;
mod sweep;
mod tick;
mod zoom_events;
