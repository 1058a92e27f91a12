//! What the tests share.

mod app;
mod browser;
mod build;
mod host;
mod instances;
mod manifest;
mod ports;
mod raw;
mod scene;
pub mod state;

pub use app::App;
pub use browser::{Browser, Page};
pub use build::{BROKEN_MAPPING, WORK_MAPPING, once as built, workspace};
pub use instances::Ended;
pub use manifest::Manifest;
pub use raw::{RawAnswer, send_raw};
pub use scene::{Scene, email, until};
