//! Pages in the store. A page is one value, or several parts if it does not fit into one. The first part is written
//! last and has the number of parts, so that a page is complete or absent.

use super::rows::Row;
use crate::state::AppState;
use domain::records::{self, CheckpointList as List, MAX_RECORD_BYTES, NoVersion, Record, TypedKey};
use domain::time::Timestamp;
use domain::{Error, ProgramId};
use futures::{FutureExt, StreamExt, TryStreamExt, stream};
use platform::ports::StoreError;
use serde::de::IgnoredAny;
use serde::{Deserialize, Deserializer, Serialize};

/// Maximum number of pages that are read concurrently.
pub(crate) const CONCURRENT_PAGES: u32 = 16;

/// Maximum size of a value's fields besides its rows. Page tokens are the longest of them.
const ENVELOPE_BYTES: usize = 4_000;

/// An error that ends a run.
#[derive(Debug)]
pub(crate) enum RunError {
    /// A page that the run state counts is gone: another worker has deleted it.
    MissingPage,
    /// Any other error.
    Other(Error),
}

impl From<Error> for RunError {
    fn from(error: Error) -> Self {
        Self::Other(error)
    }
}

impl From<StoreError> for RunError {
    fn from(error: StoreError) -> Self {
        Self::Other(error.into())
    }
}

impl From<RunError> for Error {
    fn from(error: RunError) -> Self {
        match error {
            RunError::MissingPage => Self::Internal("a checkpoint page is missing".to_owned()),
            RunError::Other(error) => error,
        }
    }
}

/// The key of one part of a page.
type PageKey<R> = TypedKey<records::PageKey, Page<R>>;

/// Returns the key of one part of a page, with the type of its rows.
pub(crate) const fn page_key<R>(key: records::PageKey) -> TypedKey<records::PageKey, Page<R>> {
    TypedKey::new(key)
}

/// A page of a list.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Page<R> {
    v: u32,
    /// The rows that are kept.
    pub(crate) rows: Vec<R>,
    /// The token of the next page; `None` on the last one.
    #[serde(default)]
    pub(crate) next: Option<String>,
    /// The total number of rows of the list according to this page.
    #[serde(default)]
    pub(crate) total: Option<u64>,
    /// The number of rows that the fetched page had, including rows that are not kept.
    #[serde(default)]
    pub(crate) fetched: u64,
    /// The number of rows of the fetched page that could not be read (R22).
    #[serde(default)]
    pub(crate) unreadable: usize,
    /// The number of further parts.
    #[serde(default)]
    more_parts: u32,
}

impl<R: Row> Record for Page<R> {
    type Previous = NoVersion;

    fn upgrade(previous: NoVersion) -> Self {
        match previous {}
    }
}

impl<R: Row> Page<R> {
    /// Returns a page that was fetched.
    pub(crate) const fn fetched(rows: Vec<R>, fetched: u64, next: Option<String>, total: Option<u64>) -> Self {
        Self { v: Self::VERSION, rows, next, total, fetched, unreadable: 0, more_parts: 0 }
    }

    /// Sets the number of rows that could not be read.
    pub(crate) fn with_unreadable(self, unreadable: usize) -> Self {
        Self { unreadable, ..self }
    }

    /// Returns a page of rows that this component computed.
    pub(crate) const fn computed(rows: Vec<R>) -> Self {
        Self::fetched(rows, 0, None, None)
    }
}

/// The pages of one generation of a list.
#[derive(Clone, Copy)]
pub(crate) struct PageStore<'a> {
    state: &'a AppState,
    program: ProgramId,
    list: List,
    generation: u32,
}

impl<'a> PageStore<'a> {
    pub(crate) const fn new(state: &'a AppState, program: ProgramId, list: List, generation: u32) -> Self {
        Self { state, program, list, generation }
    }

    const fn key<R: Row>(&self, page: u32, part: u32) -> PageKey<R> {
        let Self { program, list, generation, .. } = *self;
        TypedKey::new(records::PageKey { program, list, generation, page, part })
    }

    /// Writes a page.
    pub(crate) async fn put<R: Row>(&self, number: u32, page: &Page<R>) -> Result<(), Error> {
        let parts = split_into_parts(&page.rows)?;
        for (part, rows) in (1..).zip(parts.iter().skip(1)) {
            self.state.store().put(&self.key(number, part), &Page::computed(rows.to_vec())).await?;
        }
        let first = Page {
            v: Page::<R>::VERSION,
            rows: parts.first().map_or_else(Vec::new, |rows| rows.to_vec()),
            next: page.next.clone(),
            total: page.total,
            fetched: page.fetched,
            unreadable: page.unreadable,
            more_parts: u32::try_from(parts.len().saturating_sub(1)).unwrap_or(u32::MAX),
        };
        Ok(self.state.store().put(&self.key(number, 0), &first).await?)
    }

    /// Returns a page; `None` if it is not stored.
    pub(crate) async fn get<R: Row>(&self, number: u32) -> Result<Option<Page<R>>, RunError> {
        let Some(mut page) = self.state.store().get(&self.key::<R>(number, 0)).await? else { return Ok(None) };
        for part in 1..=page.more_parts {
            let more = self.state.store().get(&self.key::<R>(number, part)).await?;
            page.rows.extend(more.ok_or(RunError::MissingPage)?.rows);
        }
        Ok(Some(page))
    }

    /// Returns a range of pages in order, reading several concurrently.
    pub(crate) async fn get_range<R: Row>(&self, from: u32, to: u32) -> Result<Vec<Page<R>>, RunError> {
        let reads: Vec<_> = (from..to).map(|number| self.get::<R>(number).boxed()).collect();
        let pages: Vec<_> = stream::iter(reads).buffered(CONCURRENT_PAGES as usize).try_collect().await?;
        pages.into_iter().collect::<Option<Vec<_>>>().ok_or(RunError::MissingPage)
    }

    /// Deletes the pages in reverse, so that an interrupted deletion can resume. `known` pages are or were stored;
    /// there may be more. Returns `false` if time ran out.
    pub(crate) async fn clear(&self, known: u32, deadline: Timestamp) -> Result<bool, Error> {
        let mut end = known;
        while self.exists(end, 0).await? {
            end += 1;
        }
        for page in (0..end).rev() {
            if !self.state.has_time(deadline) {
                return Ok(false);
            }
            // A page that was overwritten may have left more parts than it counts.
            let mut parts = 1;
            while self.exists(page, parts).await? {
                parts += 1;
            }
            for part in (0..parts).rev() {
                self.state.store().delete(&self.key::<AnyRow>(page, part)).await?;
            }
        }
        Ok(true)
    }

    async fn exists(&self, page: u32, part: u32) -> Result<bool, Error> {
        Ok(self.state.store().get(&self.key::<AnyRow>(page, part)).await?.is_some())
    }
}

/// Calls a function for each of a list's pages, in order.
pub(crate) async fn for_each_page<R: Row>(
    pages: Option<(PageStore<'_>, u32)>,
    mut visit: impl FnMut(&Page<R>),
) -> Result<(), RunError> {
    let Some((store, count)) = pages else { return Ok(()) };
    let mut from = 0;
    while from < count {
        let to = count.min(from + CONCURRENT_PAGES);
        store.get_range(from, to).await?.iter().for_each(&mut visit);
        from = to;
    }
    Ok(())
}

/// Calls a function for each of a list's rows, in order.
pub(crate) async fn for_each_row<R: Row>(
    pages: Option<(PageStore<'_>, u32)>,
    mut visit: impl FnMut(&R),
) -> Result<(), RunError> {
    for_each_page(pages, |page: &Page<R>| page.rows.iter().for_each(&mut visit)).await
}

/// A row whose content does not matter.
#[derive(Debug, Clone, Serialize)]
struct AnyRow;

impl<'de> Deserialize<'de> for AnyRow {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        IgnoredAny::deserialize(deserializer).map(|_| Self)
    }
}

impl Row for AnyRow {}

/// Splits rows into parts that fit into a value each.
fn split_into_parts<R: Row>(rows: &[R]) -> Result<Vec<&[R]>, Error> {
    let (mut parts, mut from, mut size) = (Vec::new(), 0, 0);
    for (index, row) in rows.iter().enumerate() {
        let row_size = serde_json::to_string(row).map_err(|error| Error::Internal(error.to_string()))?.len() + 1;
        if size + row_size > MAX_RECORD_BYTES - ENVELOPE_BYTES {
            parts.push(&rows[from..index]);
            (from, size) = (index, 0);
        }
        size += row_size;
    }
    parts.push(&rows[from..]);
    Ok(parts)
}
