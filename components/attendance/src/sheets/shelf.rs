//! Where sheets lie. A page is one value, or several when it does not fit into one; the first is written last and tells
//! how many there are, so that a page is there whole or not at all.

use super::Row;
use crate::app::App;
use domain::records::{Key, MAX_VALUE_BYTES, VERSION};
use domain::time::Timestamp;
use domain::{Error, ProgramId};
use futures::{FutureExt, StreamExt, TryStreamExt, stream};
use serde::de::IgnoredAny;
use serde::{Deserialize, Deserializer, Serialize};
use std::fmt;
use std::marker::PhantomData;

/// What sheets are of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum List {
    /// The attendance report.
    Report,
    /// The approved registrants.
    Registrants,
    /// The registrants who did not come.
    Absentees,
    /// The program's members.
    Members,
    /// Members who were found to have attended by their address.
    Matched,
    /// Strangers whose leads are to be found.
    Carried,
    /// Who was there how long. It outlives the others.
    Stays,
}

impl List {
    const fn name(self) -> &'static str {
        match self {
            Self::Report => "report",
            Self::Registrants => "registrants",
            Self::Absentees => "absentees",
            Self::Members => "members",
            Self::Matched => "matched",
            Self::Carried => "carried",
            Self::Stays => "stays",
        }
    }
}

/// A sheet's place.
pub(crate) struct SheetKey<R> {
    program: ProgramId,
    list: List,
    /// Which reading of the list it belongs to.
    reading: u32,
    page: u32,
    part: u32,
    row: PhantomData<R>,
}

impl<R: Row> Key for SheetKey<R> {
    type Record = Sheet<R>;
}

impl<R> fmt::Display for SheetKey<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { program, list, reading, page, part, .. } = self;
        write!(f, "attendance:{program}:{}:{reading}:{page}:{part}", list.name())
    }
}

/// A page as it was read.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Sheet<R> {
    v: u32,
    /// The rows, the waiting room's left out.
    pub(crate) rows: Vec<R>,
    /// Where the next page begins; `None` on the last.
    #[serde(default)]
    pub(crate) next: Option<String>,
    /// How many rows the list has, as this page told.
    #[serde(default)]
    pub(crate) total: Option<u64>,
    /// How many rows the page had, the waiting room's too.
    #[serde(default)]
    pub(crate) read: u64,
    /// How many values more the page takes.
    #[serde(default)]
    more: u32,
}

impl<R> Sheet<R> {
    /// A page.
    pub(crate) const fn new(rows: Vec<R>, read: u64, next: Option<String>, total: Option<u64>) -> Self {
        Self { v: VERSION, rows, next, total, read, more: 0 }
    }
}

/// The sheets of one list of one reading.
#[derive(Clone, Copy)]
pub(crate) struct Shelf<'a> {
    app: &'a App,
    program: ProgramId,
    list: List,
    reading: u32,
}

impl<'a> Shelf<'a> {
    /// A shelf.
    pub(crate) const fn new(app: &'a App, program: ProgramId, list: List, reading: u32) -> Self {
        Self { app, program, list, reading }
    }

    fn key<R>(&self, page: u32, part: u32) -> SheetKey<R> {
        let Self { program, list, reading, .. } = *self;
        SheetKey { program, list, reading, page, part, row: PhantomData }
    }

    /// Writes a page.
    pub(crate) async fn put<R: Row>(&self, page: u32, sheet: &Sheet<R>) -> Result<(), Error> {
        let parts = in_parts(&sheet.rows)?;
        for (part, rows) in (1..).zip(parts.iter().skip(1)) {
            let more = Sheet::new(rows.to_vec(), 0, None, None);
            self.app.store().put(&self.key(page, part), &more).await?;
        }
        let first = Sheet {
            v: VERSION,
            rows: parts.first().map_or_else(Vec::new, |rows| rows.to_vec()),
            next: sheet.next.clone(),
            total: sheet.total,
            read: sheet.read,
            more: u32::try_from(parts.len().saturating_sub(1)).unwrap_or(u32::MAX),
        };
        Ok(self.app.store().put(&self.key(page, 0), &first).await?)
    }

    /// A page; `None` where it was not read yet.
    pub(crate) async fn get<R: Row>(&self, page: u32) -> Result<Option<Sheet<R>>, Error> {
        let Some(mut sheet) = self.app.store().get(&self.key::<R>(page, 0)).await? else { return Ok(None) };
        for part in 1..=sheet.more {
            let more = self.app.store().get(&self.key::<R>(page, part)).await?;
            let more = more.ok_or_else(missing)?;
            sheet.rows.extend(more.rows);
        }
        Ok(Some(sheet))
    }

    /// Some pages that were read, in their order, several at a time: a remote store takes its time for each.
    pub(crate) async fn pages<R: Row>(&self, from: u32, to: u32) -> Result<Vec<Sheet<R>>, Error> {
        let gets: Vec<_> = (from..to).map(|page| self.get::<R>(page).boxed()).collect();
        let sheets: Vec<_> = stream::iter(gets).buffered(AT_ONCE as usize).try_collect().await?;
        sheets.into_iter().collect::<Option<Vec<_>>>().ok_or_else(missing)
    }

    /// Removes the pages, the last first, so that one who is cut off here finds where to go on; `false` when the time was
    /// over. `known` are at least there or were.
    pub(crate) async fn clear(&self, known: u32, deadline: Timestamp) -> Result<bool, Error> {
        let mut end = known;
        while self.is_there(end, 0).await? {
            end += 1;
        }
        for page in (0..end).rev() {
            if !self.app.has_time(deadline) {
                return Ok(false);
            }
            // A page that was written over may have left more parts than it tells of.
            let mut parts = 1;
            while self.is_there(page, parts).await? {
                parts += 1;
            }
            for part in (0..parts).rev() {
                self.app.store().delete(&self.key::<Anything>(page, part)).await?;
            }
        }
        Ok(true)
    }

    async fn is_there(&self, page: u32, part: u32) -> Result<bool, Error> {
        Ok(self.app.store().get(&self.key::<Anything>(page, part)).await?.is_some())
    }
}

/// A row that is not looked at.
#[derive(Debug, Clone, Serialize)]
struct Anything;

impl<'de> Deserialize<'de> for Anything {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        IgnoredAny::deserialize(deserializer).map(|_| Self)
    }
}

impl Row for Anything {}

/// So many sheets are read at once.
pub(crate) const AT_ONCE: u32 = 16;

/// A value's other fields take less than this; page tokens are the longest of them.
const AROUND: usize = 4_000;

const MISSING: &str = "a sheet is missing";

fn missing() -> Error {
    Error::Ours(MISSING.to_owned())
}

/// Whether an error means that sheets are gone which the work counts on: somebody else has put them away.
pub(crate) fn is_missing(error: &Error) -> bool {
    matches!(error, Error::Ours(text) if text == MISSING)
}

/// Rows in as many pieces as fit into a value each.
fn in_parts<R: Row>(rows: &[R]) -> Result<Vec<&[R]>, Error> {
    let (mut parts, mut from, mut size) = (Vec::new(), 0, 0);
    for (place, row) in rows.iter().enumerate() {
        let more = serde_json::to_string(row).map_err(|error| Error::Ours(error.to_string()))?.len() + 1;
        if size + more > MAX_VALUE_BYTES - AROUND {
            parts.push(&rows[from..place]);
            (from, size) = (place, 0);
        }
        size += more;
    }
    parts.push(&rows[from..]);
    Ok(parts)
}
