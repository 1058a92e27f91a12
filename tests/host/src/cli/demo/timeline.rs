//! The timeline that is printed as the play goes on.

use std::time::Instant;

/// Prints acts and what happens in them, each with the time since the beginning.
pub(super) struct Timeline {
    begun: Instant,
}

impl Timeline {
    /// Begins now.
    pub(super) fn begin() -> Self {
        Self { begun: Instant::now() }
    }

    /// A new act.
    pub(super) fn act(&self, title: &str) {
        println!("\n{title}");
    }

    /// Something that happened.
    pub(super) fn line(&self, what: impl AsRef<str>) {
        println!("{:>7.2} s  {}", self.begun.elapsed().as_secs_f64(), what.as_ref());
    }

    /// More about it.
    pub(super) fn detail(&self, what: impl AsRef<str>) {
        println!("{:>9}    {}", "", what.as_ref());
    }
}
