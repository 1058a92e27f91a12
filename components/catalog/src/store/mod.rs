//! This component's access to the store. It writes the connections; it only reads the services, which `oauth` writes.

pub(crate) mod connections;
pub(crate) mod services;
