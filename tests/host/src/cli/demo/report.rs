//! The output of the demo: the printed timeline and the results of its checks.

use std::time::Instant;

/// Prints headings and events, each event with the time since the start.
pub(super) struct Timeline {
    started: Instant,
}

impl Timeline {
    /// Starts the clock.
    pub(super) fn start() -> Self {
        Self { started: Instant::now() }
    }

    /// Prints a heading.
    pub(super) fn heading(&self, title: &str) {
        println!("\n{title}");
    }

    /// Prints an event.
    pub(super) fn line(&self, event: impl AsRef<str>) {
        println!("{:>7.2} s  {}", self.started.elapsed().as_secs_f64(), event.as_ref());
    }

    /// Prints a detail of the last event.
    pub(super) fn detail(&self, detail: impl AsRef<str>) {
        println!("{:>9}    {}", "", detail.as_ref());
    }
}

/// Counts the checks and collects the failed ones.
#[derive(Debug, Default)]
pub(super) struct Checks {
    failed: Vec<String>,
    count: usize,
}

impl Checks {
    /// Checks that `condition` is true; `failure` describes the failed check.
    pub(super) fn require(&mut self, condition: bool, failure: impl FnOnce() -> String) {
        self.count += 1;
        if !condition {
            self.failed.push(failure());
        }
    }

    /// Checks that two values are equal; `name` describes the value.
    pub(super) fn equal<T: PartialEq + std::fmt::Debug>(&mut self, name: &str, actual: T, expected: T) {
        let equal = actual == expected;
        self.require(equal, || format!("{name}: {actual:?} instead of {expected:?}"));
    }

    /// Adds a failed check.
    pub(super) fn fail(&mut self, failure: String) {
        self.require(false, || failure);
    }

    /// Returns the failed checks in order.
    pub(super) fn failed(&self) -> &[String] {
        &self.failed
    }

    /// Returns the number of checks.
    pub(super) fn count(&self) -> usize {
        self.count
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn collects_only_failed_checks() {
        let mut checks = Checks::default();
        checks.require(true, || "fine".to_owned());
        checks.equal("the number", 2, 3);
        assert_eq!(checks.failed(), ["the number: 2 instead of 3"]);
        assert_eq!(checks.count(), 2);
    }
}
