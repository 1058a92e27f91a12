//! Fault injection: a component over ports in memory that fail by a plan, in simulated time, until its process is killed.
//!
//! | module | content |
//! |---|---|
//! | `fault` | the faults, and the plan that injects them |
//! | `faulty_ports` | ports that fail |
//! | `matrix` | cases of every call with every fault: generates, injects, runs and reports them |
//! | `simulation` | runs futures in simulated time, and kills the process |
//! | `sleepers` | the futures that sleep |
//! | `stores` | the stores over which a matrix runs |

mod fault;
mod faulty_ports;
mod matrix;
mod simulation;
mod sleepers;
mod stores;

pub use fault::{Access, Fault, FaultPlan, NoFaults, RetryAfter};
pub use faulty_ports::FaultyPorts;
pub use matrix::{Callee, FaultDuration, Injection, InjectionCounter, Ticks, run_cases};
pub use simulation::Simulation;
pub use stores::{MatrixStore, StoreKind};
