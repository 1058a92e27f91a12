//! The names that an instance has compared with a record lately, so that most requests neither read nor write it.

use domain::time::{SignedDuration, Timestamp};
use std::collections::BTreeSet;
use std::sync::{Mutex, PoisonError};

/// Maximum number of remembered names.
const MAX_NAMES: usize = 200;

/// How long an instance does not compare the same names with the record again.
const COMPARED_FOR: SignedDuration = SignedDuration::from_hours(1);

/// The names, and since when they are compared.
#[derive(Debug, Default)]
pub struct ComparedNames(Mutex<Option<(Timestamp, BTreeSet<String>)>>);

impl ComparedNames {
    /// Returns whether all names were compared lately.
    pub fn contains(&self, names: &BTreeSet<&str>, now: Timestamp) -> bool {
        let mut compared = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if compared.as_ref().is_some_and(|(since, _)| now.duration_since(*since) >= COMPARED_FOR) {
            *compared = None;
        }
        compared.as_ref().is_some_and(|(_, known)| names.iter().all(|name| known.contains(*name)))
    }

    /// Remembers names that were compared just now.
    pub fn insert(&self, names: &BTreeSet<&str>, now: Timestamp) {
        let mut compared = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (_, known) = compared.get_or_insert_with(|| (now, BTreeSet::new()));
        if known.len() > MAX_NAMES {
            known.clear();
        }
        known.extend(names.iter().map(|name| (*name).to_owned()));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_remembered_for_an_hour() {
        let (compared, now) = (ComparedNames::default(), Timestamp::UNIX_EPOCH);
        compared.insert(&["a", "b"].into(), now);
        assert!(compared.contains(&["a"].into(), now) && !compared.contains(&["a", "c"].into(), now));
        assert!(!compared.contains(&["a"].into(), now + COMPARED_FOR));
    }
}
