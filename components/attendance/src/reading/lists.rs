//! The lists, page by page onto sheets.

use super::readiness::is_unfinished;
use super::{Lookout, Unready};
use crate::accounting::{member, relevant};
use crate::sheets::{List, Member, Progress, Registered, ReportKind, Row, Sheet, Shelf, Stay};
use async_trait::async_trait;
use domain::ids::InstanceUuid;
use domain::records::Connection;
use domain::{Code, Error, Peer, PeerError, Problem, Retry};
use marketo_client::{Marketo, MarketoCode};
use std::sync::atomic::Ordering;
use zoom_client::registrants::{Registrant, Standing};
use zoom_client::reports::Participant;
use zoom_client::{Page, Refusal, Zoom, ZoomError};

/// A list that comes in pages.
#[async_trait]
pub(super) trait Source: Sync {
    /// What a sheet of it holds.
    type Row: Row;

    /// Which it is.
    fn list(&self) -> List;

    /// One page.
    async fn page(&self, next: Option<&str>) -> Result<Fetched<Self::Row>, Error>;
}

/// What asking for a page came to.
pub(super) enum Fetched<R> {
    /// A page.
    Page(Sheet<R>),
    /// Zoom has no such list: the webinar was deleted since or its registration turned off, or, for absentees, the app
    /// may not read them.
    None,
    /// The page token has lapsed.
    Lapsed,
    /// It cannot be trusted yet.
    Unready(Unready),
}

/// How far a list was read.
pub(super) enum Ended {
    /// To its end, or as far as time allowed.
    Read(Progress),
    /// The page token lapsed: the list has to be read from its start.
    Lapsed(Progress),
    /// It cannot be trusted yet.
    Unready(Unready),
}

/// Reads a list on from where it was left.
pub(super) async fn read<S: Source>(
    lookout: &Lookout<'_>,
    source: S,
    mut progress: Progress,
    only_first: bool,
) -> Result<Ended, Error> {
    if progress.done {
        return Ok(Ended::Read(progress));
    }
    let shelf = Shelf::new(lookout.app, lookout.connection.program, source.list(), progress.reading);
    let mut next = None;
    // The sheet is written before anybody hears of it: there may be more of them than were counted.
    let mut page = progress.pages.saturating_sub(1);
    while let Some(sheet) = shelf.get::<S::Row>(page).await? {
        page += 1;
        progress = Progress { pages: page, done: sheet.next.is_none(), ..progress };
        next = sheet.next;
    }
    while !progress.done && lookout.goes_on() && !(only_first && progress.pages > 0) {
        let sheet = match source.page(next.as_deref()).await? {
            Fetched::Page(sheet) => sheet,
            Fetched::None => return Ok(Ended::Read(Progress { done: true, none: true, ..progress })),
            Fetched::Lapsed => return Ok(Ended::Lapsed(progress)),
            Fetched::Unready(why) => return Ok(Ended::Unready(why)),
        };
        if sheet.next.is_some() && sheet.next == next {
            return Err(unreadable(source.list()));
        }
        shelf.put(progress.pages, &sheet).await?;
        lookout.steps.fetch_add(1, Ordering::Relaxed);
        progress = Progress { pages: progress.pages + 1, done: sheet.next.is_none(), ..progress };
        next = sheet.next;
    }
    Ok(Ended::Read(progress))
}

/// The rows of the attendance report.
pub(super) struct Report<'r> {
    pub(super) zoom: &'r Zoom,
    pub(super) instance: &'r InstanceUuid,
    pub(super) kind: ReportKind,
    /// Take it as it is: it will not get better.
    pub(super) as_it_is: bool,
}

impl Report<'_> {
    /// One page as Zoom sends it.
    pub(super) async fn fetch(&self, next: Option<&str>) -> Result<Page<Participant>, ZoomError> {
        match self.kind {
            // It has a substitute, so that its refusal is no problem of the service.
            ReportKind::Report => self.zoom.quietly().report(self.instance, next).await,
            ReportKind::Past => self.zoom.past_participants(self.instance, next).await,
        }
    }
}

#[async_trait]
impl Source for Report<'_> {
    type Row = Stay;

    fn list(&self) -> List {
        List::Report
    }

    async fn page(&self, next: Option<&str>) -> Result<Fetched<Stay>, Error> {
        let page = match self.fetch(next).await {
            Ok(page) => page,
            Err(ZoomError::Refused(refusal)) if next.is_some() && is_lapsed(&refusal) => return Ok(Fetched::Lapsed),
            Err(ZoomError::Refused(refusal)) if refusal.is_not_found() => {
                return Ok(Fetched::Unready(Unready::NoReport));
            }
            Err(ZoomError::Refused(refusal)) if self.kind == ReportKind::Report && is_forbidden(&refusal) => {
                return Ok(Fetched::Unready(Unready::Forbidden));
            }
            Err(error) => return Err(error.into()),
        };
        if !self.as_it_is && page.items.iter().any(is_unfinished) {
            return Ok(Fetched::Unready(Unready::TooEarly));
        }
        let rows = page.items.iter().filter_map(Stay::of).collect();
        Ok(Fetched::Page(Sheet::new(rows, page.items.len() as u64, page.next_page_token, page.total_records)))
    }
}

/// The approved registrants: they tell company and phone (R11), and who registered on Zoom's own page (R10).
pub(super) struct Registrants<'r> {
    pub(super) zoom: &'r Zoom,
    pub(super) connection: &'r Connection,
}

#[async_trait]
impl Source for Registrants<'_> {
    type Row = Registered;

    fn list(&self) -> List {
        List::Registrants
    }

    async fn page(&self, next: Option<&str>) -> Result<Fetched<Registered>, Error> {
        let page = self.zoom.registrants(self.connection.snapshot.id, Standing::Approved, next).await;
        people(page, next, |_| false)
    }
}

/// Those of whom Zoom says that they did not come. They are a second witness, and attendance can be had without it.
pub(super) struct Absentees<'r> {
    pub(super) zoom: &'r Zoom,
    pub(super) instance: &'r InstanceUuid,
}

#[async_trait]
impl Source for Absentees<'_> {
    type Row = Registered;

    fn list(&self) -> List {
        List::Absentees
    }

    async fn page(&self, next: Option<&str>) -> Result<Fetched<Registered>, Error> {
        people(self.zoom.absentees(self.instance, next).await, next, Refusal::is_missing_scope)
    }
}

fn people(
    page: Result<Page<Registrant>, ZoomError>,
    next: Option<&str>,
    may_not: impl Fn(&Refusal) -> bool,
) -> Result<Fetched<Registered>, Error> {
    let page = match page {
        Ok(page) => page,
        Err(ZoomError::Refused(refusal)) if next.is_some() && is_lapsed(&refusal) => return Ok(Fetched::Lapsed),
        Err(ZoomError::Refused(refusal)) if there_is_none(&refusal) || may_not(&refusal) => return Ok(Fetched::None),
        Err(error) => return Err(error.into()),
    };
    let read = page.items.len() as u64;
    let rows = page.items.into_iter().filter_map(Registered::of).collect();
    Ok(Fetched::Page(Sheet::new(rows, read, page.next_page_token, page.total_records)))
}

/// The program's members who were registered or more.
pub(super) struct Members<'r> {
    pub(super) marketo: &'r Marketo,
    pub(super) connection: &'r Connection,
}

#[async_trait]
impl Source for Members<'_> {
    type Row = Member;

    fn list(&self) -> List {
        List::Members
    }

    async fn page(&self, next: Option<&str>) -> Result<Fetched<Member>, Error> {
        let statuses = relevant(&self.connection.channel).join(",");
        if statuses.is_empty() {
            return Ok(Fetched::None);
        }
        let page = match self.marketo.members_with_status(self.connection.program, &statuses, next).await {
            // Of a program with more than 100,000 members Marketo tells only who was asked for by id (marketo.md 3.4).
            Err(marketo_client::MarketoError::Refused(MarketoCode::INVALID)) if next.is_none() => {
                return Ok(Fetched::None);
            }
            // Marketo does not say how long its tokens live.
            Err(marketo_client::MarketoError::Refused(_)) if next.is_some() => return Ok(Fetched::Lapsed),
            page => page.map_err(Error::from)?,
        };
        let read = page.members.len() as u64;
        let rows = page.members.into_iter().map(member).collect();
        Ok(Fetched::Page(Sheet::new(rows, read, page.next_page_token, None)))
    }
}

/// A list whose pages lead nowhere.
pub(super) fn unreadable(list: List) -> Error {
    let (peer, code) = match list {
        List::Members => (Peer::Marketo, Code::MarketoUnavailable),
        _ => (Peer::Zoom, Code::ZoomUnavailable),
    };
    let problem = Problem::because(code, "The pages of a list could not be followed to its end.");
    Error::Peer(PeerError { peer, problem, retry: Retry::Soon, ambiguous: false })
}

/// A page token lives for 15 minutes; what Zoom says of one that has lapsed is 400/300 (zoom.md section 2).
fn is_lapsed(refusal: &Refusal) -> bool {
    refusal.status == 400 && (refusal.code == 300 || refusal.says("token"))
}

/// 404/3001: the webinar is gone; 400/3000 and 400/300: it has no registration (zoom.md section 2).
fn there_is_none(refusal: &Refusal) -> bool {
    refusal.is_not_found() || (refusal.status == 400 && matches!(refusal.code, 300 | 3000))
}

/// The right to reports is an admin's; without it the past participants tell nearly the same.
fn is_forbidden(refusal: &Refusal) -> bool {
    refusal.code() == Code::ServiceLacksPermission
}

impl Lookout<'_> {
    /// Whether there is time for another page.
    fn goes_on(&self) -> bool {
        !self.stopped.load(Ordering::Relaxed) && self.app.has_time(self.deadline)
    }
}
