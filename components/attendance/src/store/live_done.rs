//! The people of a webinar under way who need no further call: their status was set, or no program knows them. A person
//! who joins again costs no call. Only the worker that has the webinar's lease writes these pages.

use super::live_joins;
use crate::state::AppState;
use domain::records::{LiveDone, LiveDoneKey, Record};
use domain::{Error, WebinarId};
use std::collections::HashSet;

/// Maximum number of people in a page, so that its record fits into a value.
const PAGE_SIZE: usize = 2_500;

/// The people of a webinar, with the last page.
pub(crate) struct DonePeople<'a> {
    state: &'a AppState,
    webinar: WebinarId,
    people: HashSet<u64>,
    page: usize,
    on_page: Vec<u64>,
}

impl<'a> DonePeople<'a> {
    /// Loads the pages. One that cannot be read counts as empty: its people cost another call.
    pub(crate) async fn load(state: &'a AppState, webinar: WebinarId) -> Result<Self, Error> {
        let mut done = Self { state, webinar, people: HashSet::new(), page: 0, on_page: Vec::new() };
        while let Some(page) = state.store().get_readable(&LiveDoneKey { webinar, page: done.page }).await? {
            done.people.extend(&page.people);
            if page.people.len() < PAGE_SIZE {
                done.on_page = page.people;
                break;
            }
            done.page += 1;
        }
        Ok(done)
    }

    pub(crate) fn contains(&self, person: u64) -> bool {
        self.people.contains(&person)
    }

    /// Adds people and saves them.
    pub(crate) async fn add(&mut self, people: Vec<u64>) -> Result<(), Error> {
        if people.is_empty() {
            return Ok(());
        }
        for person in people {
            if !self.people.insert(person) {
                continue;
            }
            self.on_page.push(person);
            if self.on_page.len() >= PAGE_SIZE {
                self.save().await?;
                self.page += 1;
                self.on_page.clear();
            }
        }
        self.save().await
    }

    async fn save(&self) -> Result<(), Error> {
        if !live_joins::may_keep(self.state, self.webinar).await? {
            return Ok(());
        }
        let record = LiveDone { v: LiveDone::VERSION, at: self.state.now(), people: self.on_page.clone() };
        Ok(self.state.store().put(&LiveDoneKey { webinar: self.webinar, page: self.page }, &record).await?)
    }
}
