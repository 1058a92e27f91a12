//! The test harness: the application, its host and state, and the standard fixture.

mod app;
mod browser;
mod build;
mod component_instances;
mod fixture;
mod host;
mod manifest;
pub mod random;
mod raw_http;
mod receiver;
mod store;
mod wait;

pub use app::App;
pub use browser::{Browser, Page};
pub use build::{BROKEN_MAPPING, WORK_MAPPING, build_components, workspace};
pub use component_instances::InstanceStats;
pub use fixture::{Fixture, email};
pub use host::Host;
pub use manifest::Manifest;
pub use raw_http::{RawAnswer, send_raw};
pub use receiver::Receiver;
pub use store::{Store, files};
pub use wait::wait_for;
