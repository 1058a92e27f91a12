//! What the checks found.

/// The things that are off, and how many were looked at.
#[derive(Debug, Default)]
pub(super) struct Findings {
    off: Vec<String>,
    checks: usize,
}

impl Findings {
    /// Checks that something holds; `complaint` says what is off if it does not.
    pub(super) fn require(&mut self, holds: bool, complaint: impl FnOnce() -> String) {
        self.checks += 1;
        if !holds {
            self.off.push(complaint());
        }
    }

    /// Checks that two things are equal; `what` names them.
    pub(super) fn same<T: PartialEq + std::fmt::Debug>(&mut self, what: &str, is: T, should_be: T) {
        let equal = is == should_be;
        self.require(equal, || format!("{what}: {is:?} instead of {should_be:?}"));
    }

    /// Notes something that is off.
    pub(super) fn note(&mut self, complaint: String) {
        self.require(false, || complaint);
    }

    /// Everything that is off, in the order in which it was found.
    pub(super) fn all(&self) -> &[String] {
        &self.off
    }

    /// How many checks there were.
    pub(super) fn checks(&self) -> usize {
        self.checks
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_does_not_hold_is_kept() {
        let mut findings = Findings::default();
        findings.require(true, || "fine".to_owned());
        findings.same("the number", 2, 3);
        assert_eq!(findings.all(), ["the number: 2 instead of 3"]);
        assert_eq!(findings.checks(), 2);
    }
}
