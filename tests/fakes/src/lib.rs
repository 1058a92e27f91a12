//! Stand-ins for the two systems that the bridge joins: a Zoom and a Marketo, each a server with state, limits and faults.
//!
//! They exist for the end-to-end tests and for the demo. They are strict: what the real system would refuse is refused
//! here too, and every request is recorded so that a test can say what was, and was not, sent.

pub mod marketo;
pub mod stage;
pub mod support;
pub mod zoom;
