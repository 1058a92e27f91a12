//! The rows of a run's attendance report.

use domain::Error;
use domain::ids::InstanceUuid;
use zoom_client::reports::Participant;
use zoom_client::{Page, Zoom, ZoomError};

/// The report as far as it was there.
pub(crate) struct Report {
    /// One row per time that somebody joined.
    pub(crate) rows: Vec<Participant>,
    /// How many rows Zoom says there are.
    pub(crate) total: Option<u64>,
    kind: Kind,
}

/// Which of the two lists it was read from.
#[derive(Debug, Clone, Copy)]
enum Kind {
    /// The report, for admins.
    Report,
    /// The past participants, for those without the right to reports.
    Past,
}

/// Reads the whole report; `None` while there is none.
pub(super) async fn read(zoom: &Zoom, instance: &InstanceUuid) -> Result<Option<Report>, Error> {
    match read_as(&zoom.quietly(), instance, Kind::Report).await {
        Ok(report) => Ok(Some(report)),
        Err(ZoomError::Refused(refusal)) if refusal.is_not_found() => Ok(None),
        Err(ZoomError::Refused(refusal)) if is_forbidden(&refusal) => match read_as(zoom, instance, Kind::Past).await {
            Ok(report) => Ok(Some(report)),
            Err(ZoomError::Refused(refusal)) if refusal.is_not_found() => Ok(None),
            Err(error) => Err(error.into()),
        },
        Err(error) => Err(error.into()),
    }
}

/// The right to reports is an admin's; without it the past participants tell nearly the same.
fn is_forbidden(refusal: &zoom_client::Refusal) -> bool {
    refusal.code() == domain::Code::ServiceLacksPermission
}

async fn read_as(zoom: &Zoom, instance: &InstanceUuid, kind: Kind) -> Result<Report, ZoomError> {
    let mut report = Report { rows: Vec::new(), total: None, kind };
    let mut next: Option<String> = None;
    loop {
        let page = read_page(zoom, instance, kind, next.as_deref()).await?;
        report.rows.extend(page.items);
        // The last page knows best how far a growing report is.
        report.total = page.total_records.or(report.total);
        next = page.next_page_token;
        if next.is_none() {
            return Ok(report);
        }
    }
}

async fn read_page(
    zoom: &Zoom,
    instance: &InstanceUuid,
    kind: Kind,
    page: Option<&str>,
) -> Result<Page<Participant>, ZoomError> {
    match kind {
        Kind::Report => zoom.report(instance, page).await,
        Kind::Past => zoom.past_participants(instance, page).await,
    }
}

impl Report {
    /// Whether the report has grown since it was read.
    pub(crate) async fn has_grown(&self, zoom: &Zoom, instance: &InstanceUuid) -> Result<bool, Error> {
        let page = read_page(zoom, instance, self.kind, None).await?;
        let rows = page.total_records.unwrap_or(page.items.len() as u64);
        Ok(rows > self.rows.len() as u64)
    }
}

#[cfg(test)]
impl Report {
    pub(super) fn of_rows(rows: Vec<Participant>, total: Option<u64>) -> Self {
        Self { rows, total, kind: Kind::Report }
    }
}
