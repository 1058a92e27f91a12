//! The lists that are fetched, and the meaning of each refusal.

use super::row_state::is_unfinished;
use crate::matching::fetched_statuses;
use crate::store::checkpoint::{
    List, MemberRow, MemberStandings, Page, ParticipantRow, RegistrantRow, ReportKind, Row,
};
use async_trait::async_trait;
use domain::ids::InstanceUuid;
use domain::records::ProgramConnection;
use domain::{Error, ErrorCode, Problem, Retry, Upstream, UpstreamError};
use marketo_client::{MarketoClient, MarketoCode, MarketoError};
use zoom_client::registrants::{Registrant, RegistrantStatus};
use zoom_client::reports::Participant;
use zoom_client::{Page as ZoomPage, ZoomApiError, ZoomClient, ZoomError};

/// A list that is fetched in pages.
#[async_trait]
pub(super) trait ListSource: Sync {
    /// The rows of its pages.
    type Row: Row;

    /// Returns which list it is.
    fn list(&self) -> List;

    /// Fetches one page.
    async fn page(&self, token: Option<&str>) -> Result<FetchedPage<Self::Row>, Error>;
}

/// The result of fetching a page.
pub(super) enum FetchedPage<R> {
    /// The page.
    Page(Page<R>),
    /// Zoom has no such list: the webinar was deleted, its registration was turned off, or the app may not read it.
    NoList,
    /// The page token expired.
    TokenExpired,
    /// The list cannot be trusted yet.
    NotReady(NotReady),
}

/// Why a report cannot be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum NotReady {
    /// Zoom has none.
    NoReport,
    /// Rows lack their durations.
    Unfinished,
    /// It needs an admin's permission.
    Forbidden,
    /// Zoom does not list the absentees, but may do so soon.
    NoAbsentees,
}

/// The participants.
pub(super) struct Report<'r> {
    pub(super) zoom: &'r ZoomClient,
    pub(super) instance: &'r InstanceUuid,
    pub(super) kind: ReportKind,
    /// Accepts rows without durations, because they will not improve.
    pub(super) accepts_unfinished: bool,
}

impl Report<'_> {
    /// Fetches one page in Zoom's form.
    pub(super) async fn fetch(&self, token: Option<&str>) -> Result<ZoomPage<Participant>, ZoomError> {
        match self.kind {
            // The past participants replace a forbidden report, so the refusal is no problem of the service.
            ReportKind::Report => self.zoom.without_problem_reports().report(self.instance, token).await,
            ReportKind::PastParticipants => self.zoom.past_participants(self.instance, token).await,
        }
    }
}

#[async_trait]
impl ListSource for Report<'_> {
    type Row = ParticipantRow;

    fn list(&self) -> List {
        List::Report
    }

    async fn page(&self, token: Option<&str>) -> Result<FetchedPage<ParticipantRow>, Error> {
        let page = match self.fetch(token).await {
            Ok(page) => page,
            Err(ZoomError::Api(error)) if token.is_some() && is_token_expired(&error) => {
                return Ok(FetchedPage::TokenExpired);
            }
            Err(ZoomError::Api(error)) if error.is_not_found() => {
                return Ok(FetchedPage::NotReady(NotReady::NoReport));
            }
            Err(ZoomError::Api(error)) if self.kind == ReportKind::Report && is_forbidden(&error) => {
                return Ok(FetchedPage::NotReady(NotReady::Forbidden));
            }
            Err(error) => return Err(error.into()),
        };
        if !self.accepts_unfinished && page.items.iter().any(is_unfinished) {
            return Ok(FetchedPage::NotReady(NotReady::Unfinished));
        }
        let rows = page.items.iter().filter_map(ParticipantRow::of).collect();
        let fetched = Page::fetched(rows, page.sent(), page.next_page_token, page.total_records);
        Ok(FetchedPage::Page(fetched.with_unreadable(page.unreadable)))
    }
}

/// The registrants with a status. The approved ones have company and phone (R11) and include registrations on Zoom's own
/// page (R10).
pub(super) struct Registrants<'r> {
    pub(super) zoom: &'r ZoomClient,
    pub(super) connection: &'r ProgramConnection,
    pub(super) status: RegistrantStatus,
}

#[async_trait]
impl ListSource for Registrants<'_> {
    type Row = RegistrantRow;

    fn list(&self) -> List {
        if self.status == RegistrantStatus::Denied { List::Denied } else { List::Registrants }
    }

    async fn page(&self, token: Option<&str>) -> Result<FetchedPage<RegistrantRow>, Error> {
        let page = self.zoom.registrants(self.connection.snapshot.id, self.status, token).await;
        registrant_page(page, token, |_| false)
    }
}

/// The registrants who did not attend according to Zoom. Attendance can do without this list.
pub(super) struct Absentees<'r> {
    pub(super) zoom: &'r ZoomClient,
    pub(super) instance: &'r InstanceUuid,
    /// Whether "not found" means "not yet", as it does soon after the end.
    pub(super) may_come: bool,
}

#[async_trait]
impl ListSource for Absentees<'_> {
    type Row = RegistrantRow;

    fn list(&self) -> List {
        List::Absentees
    }

    async fn page(&self, token: Option<&str>) -> Result<FetchedPage<RegistrantRow>, Error> {
        let page = self.zoom.absentees(self.instance, token).await;
        if let Err(ZoomError::Api(error)) = &page
            && error.is_not_found()
            && self.may_come
        {
            return Ok(FetchedPage::NotReady(NotReady::NoAbsentees));
        }
        registrant_page(page, token, ZoomApiError::is_missing_scope)
    }
}

fn registrant_page(
    page: Result<ZoomPage<Registrant>, ZoomError>,
    token: Option<&str>,
    is_forbidden: impl Fn(&ZoomApiError) -> bool,
) -> Result<FetchedPage<RegistrantRow>, Error> {
    let page = match page {
        Ok(page) => page,
        Err(ZoomError::Api(error)) if token.is_some() && is_token_expired(&error) => {
            return Ok(FetchedPage::TokenExpired);
        }
        Err(ZoomError::Api(error)) if is_list_absent(&error) || is_forbidden(&error) => {
            return Ok(FetchedPage::NoList);
        }
        Err(error) => return Err(error.into()),
    };
    let (fetched, unreadable) = (page.sent(), page.unreadable);
    let rows = page.items.into_iter().filter_map(RegistrantRow::of).collect();
    let fetched = Page::fetched(rows, fetched, page.next_page_token, page.total_records);
    Ok(FetchedPage::Page(fetched.with_unreadable(unreadable)))
}

/// The program's members who are registered or further.
pub(super) struct Members<'r> {
    pub(super) marketo: &'r MarketoClient,
    pub(super) connection: &'r ProgramConnection,
}

#[async_trait]
impl ListSource for Members<'_> {
    type Row = MemberRow;

    fn list(&self) -> List {
        List::Members
    }

    async fn page(&self, token: Option<&str>) -> Result<FetchedPage<MemberRow>, Error> {
        let statuses = fetched_statuses(self.connection).join(",");
        if statuses.is_empty() {
            return Ok(FetchedPage::NoList);
        }
        let page = match self.marketo.members_with_status(self.connection.program, &statuses, token).await {
            // Marketo does not list a program with more than 100,000 members; it only looks members up by id
            // (docs/reference/marketo.md).
            Err(MarketoError::Api(MarketoCode::INVALID)) if token.is_none() => return Ok(FetchedPage::NoList),
            // Marketo does not document how long its page tokens live, so a refused token counts as expired.
            Err(MarketoError::Api(_)) if token.is_some() => return Ok(FetchedPage::TokenExpired),
            page => page.map_err(Error::from)?,
        };
        let fetched = (page.members.len() + page.unreadable) as u64;
        let (standings, webinar) = (MemberStandings::of(self.connection), self.connection.snapshot.id);
        let rows = page.members.into_iter().map(|member| MemberRow::of(member, &standings, webinar)).collect();
        let fetched = Page::fetched(rows, fetched, page.next_page_token, None);
        Ok(FetchedPage::Page(fetched.with_unreadable(page.unreadable)))
    }
}

/// Returns the error of a list whose page tokens lead nowhere.
pub(super) fn unfollowable(list: List) -> Error {
    let (upstream, code) = match list {
        List::Members => (Upstream::Marketo, ErrorCode::MarketoUnavailable),
        _ => (Upstream::Zoom, ErrorCode::ZoomUnavailable),
    };
    let problem = Problem::because(code, "The pages of a list could not be followed to its end.");
    Error::Upstream(UpstreamError { upstream, problem, retry: Retry::Soon, maybe_executed: false })
}

/// Zoom answers an expired page token with 400 and code 300 (docs/reference/zoom.md).
fn is_token_expired(error: &ZoomApiError) -> bool {
    error.status == 400 && (error.code == 300 || error.message_contains("token"))
}

/// Zoom answers 404 for a deleted webinar, and 400 with code 300 or 3000 for one without registration
/// (docs/reference/zoom.md).
fn is_list_absent(error: &ZoomApiError) -> bool {
    error.is_not_found() || (error.status == 400 && matches!(error.code, 300 | 3000))
}

fn is_forbidden(error: &ZoomApiError) -> bool {
    matches!(error.code(), ErrorCode::ServiceLacksPermission | ErrorCode::HostLacksLicence)
}
