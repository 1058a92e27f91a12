//! Running components: compiling them, linking what they import, and the workers whose instances answer requests.

mod engine;
mod load;
mod state;
mod worker;

pub(crate) use engine::{engine, linker};
pub(crate) use load::load;
pub(crate) use state::{Interfaces, Peak, State};
pub(crate) use worker::{Blueprint, Workers};
