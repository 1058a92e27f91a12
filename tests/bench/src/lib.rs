//! What the benchmarks share: the application, beside a floor where there is one, a large webinar, and figures over rounds.

mod application;
mod crowd;
mod figures;
mod stage;

pub use application::Application;
pub use crowd::{Crowd, Size};
pub use figures::{Figures, median};
pub use stage::{Contender, Stage};
