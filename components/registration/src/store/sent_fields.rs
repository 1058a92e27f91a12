//! The names of the lead fields that Marketo sends, so that who registers a lead without Marketo's request reads the same ones.
//!
//! One record has all names: the admin of Marketo's service chooses them once for the whole instance. Two instances may lose
//! each other's additions. So an instance compares its names with the record once an hour.

use crate::state::AppState;
use domain::Error;
use domain::records::{SentField, SentFieldsKey};
use domain::time::{SignedDuration, Timestamp};
use std::collections::BTreeSet;

/// How long the record of a name is fresh. Then it is written again.
const FRESH_FOR: SignedDuration = SignedDuration::from_hours(24);

/// How long a name is kept that Marketo does not send any more.
const MAX_AGE: SignedDuration = SignedDuration::from_hours(90 * 24);

/// Maximum number of names. Those that were sent last are kept.
const MAX_NAMES: usize = 100;

/// Maximum length of a name in bytes. Marketo's names are shorter.
const MAX_NAME_LEN: usize = 255;

/// Notes that Marketo sent fields with these names. Writes at most once a day for the same names.
pub async fn note(state: &AppState, mut names: BTreeSet<&str>) -> Result<(), Error> {
    let now = state.ports.clock.now();
    names.retain(|name| name.len() <= MAX_NAME_LEN);
    if names.is_empty() || state.compared_names.contains(&names, now) {
        return Ok(());
    }
    let mut record = state.ports.store().get_readable(&SentFieldsKey {}).await?.unwrap_or_default();
    if add(&mut record.fields, &names, now) {
        state.ports.store().put(&SentFieldsKey {}, &record).await?;
    }
    state.compared_names.insert(&names, now);
    Ok(())
}

/// Adds names to the fields. Returns whether anything changed.
fn add(fields: &mut Vec<SentField>, names: &BTreeSet<&str>, now: Timestamp) -> bool {
    let is_fresh = |field: &SentField| now.duration_since(field.at) < FRESH_FOR;
    let stale: Vec<_> =
        names.iter().filter(|name| !fields.iter().any(|field| field.name == **name && is_fresh(field))).collect();
    if stale.is_empty() {
        return false;
    }
    fields.retain(|field| !stale.iter().any(|name| ***name == field.name) && now.duration_since(field.at) < MAX_AGE);
    fields.splice(0..0, stale.into_iter().map(|name| SentField { name: (*name).to_owned(), at: now }));
    fields.truncate(MAX_NAMES);
    true
}

/// Returns the names of the fields that Marketo sent lately.
pub async fn read(state: &AppState) -> Result<Vec<String>, Error> {
    let record = state.ports.store().get_readable(&SentFieldsKey {}).await?.unwrap_or_default();
    Ok(record.fields.into_iter().map(|field| field.name).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(fields: &[SentField]) -> Vec<&str> {
        fields.iter().map(|field| field.name.as_str()).collect()
    }

    #[test]
    fn names_are_written_once_a_day_and_dropped_when_they_are_not_sent_any_more() {
        let (now, mut fields) = (Timestamp::UNIX_EPOCH, Vec::new());
        assert!(add(&mut fields, &["a", "b"].into(), now));
        assert!(!add(&mut fields, &["a"].into(), now + SignedDuration::from_hours(23)));
        assert!(add(&mut fields, &["b", "c"].into(), now + FRESH_FOR));
        assert_eq!(names(&fields), ["b", "c", "a"]);
        assert!(add(&mut fields, &["d"].into(), now + MAX_AGE));
        assert_eq!(names(&fields), ["d", "b", "c"]);
    }

    #[test]
    fn the_number_of_names_is_bounded() {
        let (now, mut fields) = (Timestamp::UNIX_EPOCH, Vec::new());
        for number in 0..2 * MAX_NAMES {
            assert!(add(&mut fields, &[number.to_string().as_str()].into(), now));
        }
        assert_eq!((fields.len(), fields[0].name.as_str()), (MAX_NAMES, "199"));
    }
}
