//! The router over ports in memory, and what the page is made of.

mod assets;
#[path = "../../build/bundle.rs"]
mod bundle;
mod bundling;
mod scripts;
mod settings;
