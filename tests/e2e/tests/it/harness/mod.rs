//! What the tests share.

mod app;
mod build;
mod raw;
mod scene;

pub use app::App;
pub use build::{PROBE, once as built, workspace};
pub use raw::{RawAnswer, send_raw};
pub use scene::{Scene, email, until};
