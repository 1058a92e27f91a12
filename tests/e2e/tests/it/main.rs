//! The compiled components on a host, over HTTP, against the stand-ins.
//!
//! The host is the embedded one, as a process of its own; with `SPIN=/path/to/spin` it is a real Spin.

mod harness;

mod attendance;
mod bad_input;
mod browser;
mod catalog;
mod main_path;
mod registration;
mod restart;
mod services;
mod size;
mod store;
mod tokens;
mod walls;
