//! Compiles and links components, and runs the worker instances that answer their requests.

mod load;
mod spin_interfaces;
mod state;
mod worker;

pub(crate) use load::{engine, linker, load};
pub(crate) use state::{PeakMemory, State};
pub(crate) use worker::{InstanceFactory, Workers};
