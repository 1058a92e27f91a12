//! Stores when each attendee was present, for `POST /attendance/trace`.

use super::people_cursor::{PeopleCursor, Selection};
use crate::person::{PersonKey, PersonPresence};
use crate::roster::Roster;
use crate::store::checkpoint::{List, Page, PageStore, PresenceRow, RunError, RunState};
use domain::time::Timestamp;

/// The number of presences on a page, which then has about 48 kB.
const PRESENCES_PER_PAGE: usize = 500;

/// Stores the presences page by page, from the position of the run state on, and saves the progress after each page. Returns
/// `false` if time ran out.
pub(super) async fn store(
    roster: &Roster<'_>,
    run_state: &mut RunState,
    deadline: Timestamp,
) -> Result<bool, RunError> {
    let (state, program) = (roster.state, roster.connection.program);
    let generation = run_state.lists.members.generation;
    let store = PageStore::new(state, program, List::Presences, generation);
    let mut cursor = PeopleCursor::at(run_state.position, roster, run_state, Selection::Attendees).await?;
    loop {
        if !state.has_time(deadline) {
            return Ok(false);
        }
        let people = cursor.take(PRESENCES_PER_PAGE, roster).await?;
        let pages = run_state.position.div_ceil(PRESENCES_PER_PAGE as u64);
        let pages = u32::try_from(pages).unwrap_or(u32::MAX);
        if people.is_empty() {
            run_state.replace_presences(generation, pages);
            return Ok(true);
        }
        run_state.position += people.len() as u64;
        let row = |(person, presence): PersonPresence| {
            Some(PresenceRow { key: PersonKey::email(&person.email?), presence: presence? })
        };
        store.put(pages, &Page::computed(people.into_iter().filter_map(row).collect())).await?;
        run_state.checkpoints += 1;
        run_state.save(state, program).await?;
    }
}
