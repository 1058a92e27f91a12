//! What the benchmarks share: the application with the floor beside it, and figures over rounds.

mod figures;
mod stage;

pub use figures::{Figures, median};
pub use stage::{Contender, Stage};
