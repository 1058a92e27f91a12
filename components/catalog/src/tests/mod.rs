//! The component's router over ports in memory, with small stand-ins for Zoom, Marketo and `oauth`.

mod connecting;
mod following;
mod listing;
mod picklist;
mod world;
