//! What the tests share.

mod app;
mod browser;
mod build;
mod host;
mod manifest;
mod ports;
mod raw;
mod scene;
pub mod state;

pub use app::App;
pub use browser::{Browser, Page};
pub use build::{once as built, workspace};
pub use manifest::Manifest;
pub use raw::{RawAnswer, send_raw};
pub use scene::{Scene, email, until};
