//! Fault injection: a component over ports in memory that fail by a plan, in simulated time, until its process is killed.
//!
//! | module | content |
//! |---|---|
//! | `fault` | the faults, and the plan that injects them |
//! | `faulty_ports` | ports that fail |
//! | `simulation` | runs futures in simulated time, and kills the process |
//! | `sleepers` | the futures that sleep |

mod fault;
mod faulty_ports;
mod simulation;
mod sleepers;

pub use fault::{Access, Fault, FaultPlan, RetryAfter};
pub use faulty_ports::FaultyPorts;
pub use simulation::Simulation;
