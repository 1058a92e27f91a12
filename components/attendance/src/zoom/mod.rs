//! Reading from Zoom.
//!
//! | module | what it is |
//! |---|---|
//! | [`instance`] | which run of the webinar counts (R13) |
//! | [`report`] | the rows of its attendance report |
//! | [`readiness`] | whether the report can be trusted yet |
//! | [`lists`] | registrants and absentees |

mod instance;
mod lists;
mod readiness;
mod report;

use lists::List;
use report::Report;

use crate::people::{Missing, Registrants, Roll};
use domain::Error;
use domain::ids::InstanceUuid;
use domain::records::Connection;
use zoom_client::{Zoom, ZoomError};

/// What Zoom tells of a webinar that ran.
pub(crate) struct Reading {
    /// Which run it was.
    pub(crate) instance: InstanceUuid,
    /// Who was there.
    report: Report,
    /// The approved registrants; `None` where there is no registration, or no list of it any more.
    registrants: Option<Registrants>,
    /// Those of whom Zoom says that they did not come; `None` likewise.
    absentees: Option<Registrants>,
}

/// What a look at Zoom found.
pub(crate) enum Look {
    /// No run of the webinar is over.
    NoInstance,
    /// There was a run, and there is no report of it yet.
    NoReport,
    /// There is a report that cannot be trusted yet.
    NotReady(Box<Reading>),
    /// All there is.
    Ready(Box<Reading>),
}

/// Looks at what Zoom has now.
///
/// # Errors
/// Zoom's, but for "not found", which here means "not yet" or "never" (R14).
pub(crate) async fn look(zoom: &Zoom, connection: &Connection) -> Result<Look, Error> {
    let snapshot = &connection.snapshot;
    let instances = match zoom.past_instances(snapshot.id).await {
        Ok(instances) => instances,
        Err(ZoomError::Refused(refusal)) if refusal.is_not_found() => return Ok(Look::NoInstance),
        Err(error) => return Err(error.into()),
    };
    let planned: Vec<_> = std::iter::once(snapshot.start_time).chain(connection.moved_from.iter().copied()).collect();
    let Some(instance) = instance::that_ran(&instances, &planned).map(|instance| instance.uuid.clone()) else {
        return Ok(Look::NoInstance);
    };
    let Some(report) = report::read(zoom, &instance).await? else { return Ok(Look::NoReport) };
    let (mut registrants, mut absentees) = (None, None);
    if snapshot.registration.requires_registration() {
        registrants = lists::read(zoom, List::Approved(connection)).await?;
        absentees = lists::read(zoom, List::Absent(&instance)).await?;
    }
    let unready = readiness::is_unready(&report);
    let reading = Box::new(Reading { instance, report, registrants, absentees });
    Ok(if unready { Look::NotReady(reading) } else { Look::Ready(reading) })
}

impl Reading {
    /// Who was there.
    pub(crate) fn roll(&self, connection: &Connection) -> Roll {
        Roll::call(&self.report.rows, self.registrants.as_ref(), connection.snapshot.host_email.as_ref())
    }

    /// Which registrants were not. When it `is_last`, nobody is waited for any more.
    pub(crate) fn missing(&self, roll: &Roll, is_last: bool) -> Missing<'_> {
        Missing::from(roll, self.registrants.as_ref(), self.absentees.as_ref(), is_last)
    }

    /// Whether nothing but the report itself says that it is whole. Where Zoom lists absentees, that list says of
    /// each registrant who is not in the report whether they are missing from the webinar or from the report.
    pub(crate) fn wants_second_look(&self) -> bool {
        self.absentees.is_none() || self.report.rows.is_empty()
    }

    /// Whether the report has grown since it was read.
    pub(crate) async fn has_grown(&self, zoom: &Zoom) -> Result<bool, Error> {
        self.report.has_grown(zoom, &self.instance).await
    }
}
