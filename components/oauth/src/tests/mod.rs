//! The router over ports in memory, against a small Zoom. A test that proves a rule of DESIGN section 2 has its number
//! in its name.

mod deauthorization;
mod removal;
mod services;
mod sign_in;
mod tokens;
mod users;
mod world;
mod zoom;
