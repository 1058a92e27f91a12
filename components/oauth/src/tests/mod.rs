//! The router over in-memory ports, against the fake Zoom. A test that proves a rule starts with the rule's number
//! (docs/RULES.md).

mod api_bodies;
mod data_keys;
mod deauthorization;
mod failed_sign_in;
mod fake_components;
mod fixture;
mod import;
mod maintenance;
mod probes;
mod removal;
mod services;
mod sign_in;
mod tokens;
mod users;
