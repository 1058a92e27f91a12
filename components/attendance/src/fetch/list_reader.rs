//! Fetches one list, page by page, from where an earlier run left it.

use super::sources::{FetchedPage, ListSource, NotReady, unfollowable};
use crate::state::AppState;
use crate::store::checkpoint::{ListProgress, PageStore, RunError};
use domain::ProgramId;
use domain::time::Timestamp;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

/// Fetches the lists of one run, which stop together.
pub(super) struct ListReader<'r> {
    state: &'r AppState,
    program: ProgramId,
    deadline: Timestamp,
    /// The number of pages stored.
    checkpoints: AtomicU64,
    is_stopped: AtomicBool,
}

/// The result of fetching a list.
pub(super) enum ListOutcome {
    /// Fetched to its end, or as far as time allowed.
    Fetched(ListProgress),
    /// The page token expired: the list has to be restarted.
    TokenExpired(ListProgress),
    /// The list cannot be trusted yet.
    NotReady(NotReady),
}

impl<'r> ListReader<'r> {
    pub(super) const fn new(state: &'r AppState, program: ProgramId, deadline: Timestamp) -> Self {
        let (checkpoints, is_stopped) = (AtomicU64::new(0), AtomicBool::new(false));
        Self { state, program, deadline, checkpoints, is_stopped }
    }

    /// Fetches a list from where it was left: to its end, or only its first page. An error also stops the other lists.
    pub(super) async fn read<S: ListSource>(
        &self,
        source: S,
        progress: ListProgress,
        only_first_page: bool,
    ) -> Result<ListOutcome, RunError> {
        let outcome = self.read_pages(source, progress, only_first_page).await;
        if !only_first_page && outcome.is_err() {
            self.is_stopped.store(true, Ordering::Relaxed);
        }
        outcome
    }

    async fn read_pages<S: ListSource>(
        &self,
        source: S,
        mut progress: ListProgress,
        only_first_page: bool,
    ) -> Result<ListOutcome, RunError> {
        if progress.is_complete {
            return Ok(ListOutcome::Fetched(progress));
        }
        let store = PageStore::new(self.state, self.program, source.list(), progress.generation);
        let mut next = None;
        // A page is stored before it is counted, so more pages may be stored than are counted.
        let mut number = progress.pages.saturating_sub(1);
        while let Some(page) = store.get::<S::Row>(number).await? {
            number += 1;
            progress = progress.with_page(number, &page);
            next = page.next;
        }
        while !progress.is_complete && self.may_continue() && !(only_first_page && progress.pages > 0) {
            let page = match source.page(next.as_deref()).await? {
                FetchedPage::Page(page) => page,
                FetchedPage::NoList => return Ok(ListOutcome::Fetched(progress.absent())),
                FetchedPage::TokenExpired => return Ok(ListOutcome::TokenExpired(progress)),
                FetchedPage::NotReady(reason) => return Ok(ListOutcome::NotReady(reason)),
            };
            if page.next.is_some() && page.next == next {
                return Err(unfollowable(source.list()).into());
            }
            store.put(progress.pages, &page).await?;
            self.checkpoints.fetch_add(1, Ordering::Relaxed);
            progress = progress.with_page(progress.pages + 1, &page);
            next = page.next;
        }
        Ok(ListOutcome::Fetched(progress))
    }

    fn may_continue(&self) -> bool {
        !self.is_stopped.load(Ordering::Relaxed) && self.state.has_time(self.deadline)
    }

    /// Returns the number of pages stored since the last call.
    pub(super) fn take_checkpoints(&self) -> u64 {
        self.checkpoints.swap(0, Ordering::Relaxed)
    }
}
