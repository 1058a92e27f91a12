//! The component's router over ports in memory, with small stand-ins for Zoom, Marketo and the other components.

mod accounting;
mod doors;
mod events;
mod failing;
mod matrix;
mod model;
mod scale;
mod settling;
mod sweeping;
mod ticking;
mod waiting;
mod world;
