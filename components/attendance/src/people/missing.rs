//! Registrants who are not in the report: did they stay away, or is their row late?

use super::{Person, Registrants, Roll};
use domain::RegistrantId;
use std::collections::HashSet;

/// The registrants who are not in the report.
#[derive(Debug, Default)]
pub(crate) struct Missing<'r> {
    /// They did not come.
    pub(crate) absent: Vec<&'r Person>,
    /// Zoom lists them neither as present nor as absent: they came, and their rows are not there yet. Telling
    /// somebody who was there that they were missed is the error that people remember.
    pub(crate) unaccounted: HashSet<&'r RegistrantId>,
}

impl<'r> Missing<'r> {
    /// From the roll, the approved registrants and those whom Zoom lists as absent. When it `is_last`, nobody is
    /// waited for any more. A webinar that was deleted has no registrants, but its absentees.
    pub(crate) fn from(
        roll: &Roll,
        registrants: Option<&'r Registrants>,
        absentees: Option<&'r Registrants>,
        is_last: bool,
    ) -> Self {
        let present = roll.registrants();
        let mut missing = Self::default();
        for person in registrants.or(absentees).into_iter().flat_map(Registrants::iter) {
            let is_listed = absentees.is_none_or(|absentees| absentees.has(person));
            match &person.registrant {
                Some(id) if present.contains(id) => {}
                Some(id) if !is_listed && !is_last => _ = missing.unaccounted.insert(id),
                _ => missing.absent.push(person),
            }
        }
        missing
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn registrants(ids: &[&str]) -> Registrants {
        let row = |id: &&str| serde_json::from_value(json!({"id": id, "email": format!("{id}@x.test")})).unwrap();
        Registrants::new(ids.iter().map(row).collect())
    }

    fn roll(ids: &[&str]) -> Roll {
        let rows: Vec<_> = ids
            .iter()
            .map(|id| serde_json::from_value(json!({"registrant_id": id, "duration": 60})).unwrap())
            .collect();
        Roll::call(&rows, None, None)
    }

    fn split<'r>(missing: &Missing<'r>) -> (Vec<&'r str>, Vec<&'r str>) {
        let absent = missing.absent.iter().filter_map(|person| person.registrant.as_ref()).map(|id| id.as_str());
        (absent.collect(), missing.unaccounted.iter().map(|id| id.as_str()).collect())
    }

    #[test]
    fn who_is_on_neither_list_is_waited_for() {
        let (all, listed) = (registrants(&["r1", "r2", "r3"]), registrants(&["r2"]));
        let missing = Missing::from(&roll(&["r1"]), Some(&all), Some(&listed), false);
        assert_eq!(split(&missing), (vec!["r2"], vec!["r3"]));
        let missing = Missing::from(&roll(&["r1"]), Some(&all), Some(&listed), true);
        assert_eq!(split(&missing), (vec!["r2", "r3"], vec![]));
    }

    #[test]
    fn without_one_of_the_lists_the_other_counts() {
        let (all, listed) = (registrants(&["r1", "r2"]), registrants(&["r2"]));
        assert_eq!(split(&Missing::from(&roll(&["r1"]), Some(&all), None, false)), (vec!["r2"], vec![]));
        assert_eq!(split(&Missing::from(&roll(&["r1"]), None, Some(&listed), false)), (vec!["r2"], vec![]));
        assert_eq!(split(&Missing::from(&roll(&["r1"]), None, None, false)), (vec![], vec![]));
    }
}
