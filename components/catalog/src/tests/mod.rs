//! Tests of the router over in-memory ports, with the fake Zoom and the fake Marketo.

mod api_bodies;
mod backup;
mod check_connection;
mod connect_program;
mod env;
mod flow_step;
mod forget_account;
mod get_picklist;
mod list_webinars;
mod maintenance;
mod refresh_program;
mod statuses;
