//! This component's access to the store, besides the connections: [`platform::connections`] is their repository, and this
//! component their only writer.

pub(crate) mod flow_step_calls;
pub(crate) mod services;
