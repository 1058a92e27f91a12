//! The router over in-memory ports, against a fake Zoom. A test that proves a rule starts with the rule's number
//! (docs/RULES.md).

mod deauthorization;
mod fake_zoom;
mod fixture;
mod removal;
mod services;
mod sign_in;
mod tokens;
mod users;
