//! Tests of the router over in-memory ports, with small fakes of Zoom, Marketo and `oauth`.

mod connect_program;
mod env;
mod flow_step;
mod get_picklist;
mod list_webinars;
mod refresh_program;
