//! The compiled components on a host, tested over HTTP with the fakes.
//!
//! The host is the embedded one in a separate process; with `SPIN=/path/to/spin` it is Spin.

mod harness;

mod attendance;
mod bad_input;
mod browser;
mod catalog;
mod fuzzing;
mod isolation;
mod main_path;
mod registration;
mod runtime_config;
mod services;
mod store_contention;
mod tokens;
mod two_hosts;
mod wasm_size;
mod watch;
