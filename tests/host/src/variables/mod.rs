//! Application variables: their values, and `spin:variables` for guests.

mod interface;
mod template;
mod values;

pub(crate) use values::{ComponentVariables, Variables};
