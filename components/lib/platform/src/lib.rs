//! The ports through which the components reach the world, and what every component does at its door.
//!
//! | module | what it is |
//! |---|---|
//! | [`ports`] | outbound HTTP, key-value, clock, randomness, variables, work after the response |
//! | [`store`] | the key-value port with typed keys |
//! | [`store_gate`] | keeps listings of keys apart from other calls to the store, which would block Spin |
//! | [`settings`] | the variables of DESIGN section 7, typed |
//! | [`door`] | who may come in: admin, cron, Marketo, Zoom |
//! | [`attempts`] | wrong admin keys, which cost more time the more there are |
//! | [`entrance`] | the same as extractors |
//! | [`session`] | the console's session cookie |
//! | [`respond`] | problem documents (RFC 9457) and JSON bodies |
//! | [`peers`] | calling other components by service chaining |
//! | [`origin`] | scheme, host and port of URLs |
//! | [`patience`] | repeating calls: how often, how long in between |
//! | [`locks`] | locks between the requests of one instance |
//! | [`together`] | several things at once, within a bound |
//! | [`log`] | log lines that carry ids and hashes only |
//! | `memory` | ports in memory, for native tests |
//! | `rehearsal` | the same, failing as a script says |
//! | `spin` | the ports on Spin; the only place that names its SDK besides the entry of each component |

pub mod attempts;
pub mod door;
pub mod entrance;
pub mod locks;
pub mod log;
pub mod origin;
pub mod patience;
pub mod peers;
pub mod ports;
pub mod respond;
pub mod session;
pub mod settings;
pub mod store;
pub mod store_gate;
pub mod together;

#[cfg(not(target_arch = "wasm32"))]
pub mod memory;
#[cfg(not(target_arch = "wasm32"))]
pub mod rehearsal;
#[cfg(target_arch = "wasm32")]
pub mod spin;

pub use ports::Ports;
pub use respond::{ApiError, Body};
pub use store::Store;
