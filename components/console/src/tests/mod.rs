//! Tests of the router over in-memory ports, of the bundler, and of the page's scripts.

mod bundle;
#[path = "../../build/bundle.rs"]
mod bundler;
mod page;
mod scripts;
mod settings;
