//! An embedded host that runs this application as `spin up` does, on wasmtime. See `README.md` beside this crate.
//!
//! - [`manifest`]: reads `spin.toml` and rejects what the host does not support
//! - `server`, `app`, `routes`, `request`: from a connection to the component that answers it
//! - `component`: worker instances, their reuse and their memory; `compose`: component dependencies
//! - `outbound`, `allowed_hosts`: requests that components send, to the network and to each other
//! - `key_value`, `variables`: the data behind Spin's interfaces, which `component` offers to guests
//! - `runtime_config`: reads the file that says where key-value data is
//! - `logs`: the output of components
//! - [`Options`], [`start`], [`Running`]: the public API
//! - [`redis_server`]: a real Redis for tests and benchmarks
//! - [`build`]: compiles the components; [`cli`]: the command line program

mod allowed_hosts;
mod app;
pub mod build;
pub mod cli;
mod component;
mod compose;
mod key_value;
mod logs;
pub mod manifest;
mod options;
mod outbound;
pub mod redis_server;
mod request;
mod routes;
mod running;
mod runtime_config;
mod server;
mod variables;

pub use logs::Logs;
pub use options::Options;
pub use running::{Running, start};
