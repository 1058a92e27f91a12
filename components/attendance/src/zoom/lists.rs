//! Registrants and absentees.

use crate::people::Registrants;
use domain::Error;
use domain::ids::InstanceUuid;
use domain::records::Connection;
use zoom_client::registrants::Standing;
use zoom_client::{Refusal, Zoom, ZoomError};

/// A list of registrants.
#[derive(Clone, Copy)]
pub(super) enum List<'r> {
    /// The approved ones: they tell company and phone (R11), and who registered on Zoom's own page (R10).
    Approved(&'r Connection),
    /// Those of whom Zoom says that they did not come to a run.
    Absent(&'r InstanceUuid),
}

/// Reads a list. `None` where Zoom has none: the webinar was deleted since or its registration turned off, or, for
/// absentees, the app may not read them. They are a second witness, and attendance can be had without it.
pub(super) async fn read(zoom: &Zoom, list: List<'_>) -> Result<Option<Registrants>, Error> {
    let (mut rows, mut next) = (Vec::new(), None::<String>);
    loop {
        let page = match list {
            List::Approved(connection) => {
                zoom.registrants(connection.snapshot.id, Standing::Approved, next.as_deref()).await
            }
            List::Absent(instance) => zoom.absentees(instance, next.as_deref()).await,
        };
        let page = match page {
            Ok(page) => page,
            Err(ZoomError::Refused(refusal)) if list.is_not_to_be_had(&refusal) => return Ok(None),
            Err(error) => return Err(error.into()),
        };
        rows.extend(page.items);
        next = page.next_page_token;
        if next.is_none() {
            return Ok(Some(Registrants::new(rows)));
        }
    }
}

impl List<'_> {
    /// 404/3001: the webinar is gone; 400/3000 and 400/300: it has no registration (zoom.md section 2).
    fn is_not_to_be_had(self, refusal: &Refusal) -> bool {
        let there_is_none = refusal.is_not_found() || (refusal.status == 400 && matches!(refusal.code, 300 | 3000));
        there_is_none || (matches!(self, Self::Absent(_)) && refusal.is_missing_scope())
    }
}
