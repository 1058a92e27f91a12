//! The webinars that the flow step chose instead of those of its programs. Nothing else tells that their registrants have to be
//! followed (R18).
//!
//! One record has them all. Two instances may lose each other's additions, so an instance compares its own with the record
//! once an hour.

use crate::state::AppState;
use domain::records::{ChosenWebinar, ChosenWebinars, ChosenWebinarsKey};
use domain::time::{SignedDuration, Timestamp};
use domain::webinar::Snapshot;
use domain::{Error, ProgramId, WebinarId};
use platform::forget_account::AccountData;
use std::collections::BTreeSet;

/// How long a choice is kept after the end of its webinar.
const KEPT_AFTER_END: SignedDuration = SignedDuration::from_hours(24);

/// Maximum number of choices. The latest are kept.
const MAX_CHOICES: usize = 200;

/// Notes that leads of a program are registered to another webinar than the program's own.
pub async fn note(state: &AppState, program: ProgramId, webinar: &Snapshot) -> Result<(), Error> {
    let now = state.ports.clock.now();
    let name = format!("{program}:{}", webinar.id);
    let names = BTreeSet::from([name.as_str()]);
    if state.compared_choices.contains(&names, now) {
        return Ok(());
    }
    let mut record = read(state).await?;
    if add(&mut record.choices, program, webinar, now) {
        state.ports.store().put(&ChosenWebinarsKey {}, &record).await?;
    }
    state.compared_choices.insert(&names, now);
    Ok(())
}

/// Adds a choice. Returns whether anything changed.
fn add(choices: &mut Vec<ChosenWebinar>, program: ProgramId, webinar: &Snapshot, now: Timestamp) -> bool {
    let choice = ChosenWebinar { program, webinar: webinar.id, ends_at: webinar.end_time() };
    if choices.contains(&choice) {
        return false;
    }
    choices.retain(|other| {
        (other.program, other.webinar) != (program, webinar.id) && now < other.ends_at + KEPT_AFTER_END
    });
    choices.insert(0, choice);
    choices.truncate(MAX_CHOICES);
    true
}

/// Returns the programs whose leads were registered to webinars that are not over, each with the webinar.
pub async fn open(state: &AppState) -> Result<Vec<(WebinarId, ProgramId)>, Error> {
    let now = state.ports.clock.now();
    let open = read(state).await?.choices.into_iter().filter(|choice| now < choice.ends_at);
    Ok(open.map(|choice| (choice.webinar, choice.program)).collect())
}

/// Forgets the choices of an account (R17).
pub async fn forget(state: &AppState, account: &AccountData<'_>) -> Result<(), Error> {
    let mut record = read(state).await?;
    let before = record.choices.len();
    record
        .choices
        .retain(|choice| !account.programs.contains(&choice.program) && !account.webinars.contains(&choice.webinar));
    let store = state.ports.store();
    match record.choices.len() {
        left if left == before => Ok(()),
        0 => Ok(store.delete(&ChosenWebinarsKey {}).await?),
        _ => Ok(store.put(&ChosenWebinarsKey {}, &record).await?),
    }
}

async fn read(state: &AppState) -> Result<ChosenWebinars, Error> {
    Ok(state.ports.store().get_readable(&ChosenWebinarsKey {}).await?.unwrap_or_default())
}
