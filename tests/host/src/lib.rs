//! An embedded host that runs this application as `spin up` would, on wasmtime; see the README beside this crate.
//!
//! - [`manifest`]: `spin.toml`, and the refusal of what the host lacks
//! - `routes`, `request`, `app`, `server`: from a connection to the component that answers
//! - `component`: instances, their reuse and their memory; `compose`: component dependencies
//! - `outbound`, `allowed_hosts`: requests that components send, to each other and to the network
//! - `key_value`, `variables`: Spin's interfaces; `bindings`: their generated traits
//! - `logs`: what components print
//! - [`Options`], [`start`], [`Running`]: the way in
//! - [`build`]: compiles the components; [`cli`]: the program that people run

mod allowed_hosts;
mod app;
mod bindings;
pub mod build;
pub mod cli;
mod component;
mod compose;
mod key_value;
mod logs;
pub mod manifest;
mod options;
mod outbound;
mod request;
mod routes;
mod running;
mod server;
mod variables;

pub use logs::Logs;
pub use options::Options;
pub use running::{Running, start};
