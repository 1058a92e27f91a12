//! Registrants and absentees.

use crate::people::Registrants;
use domain::ids::InstanceUuid;
use domain::{Error, WebinarId};
use zoom_client::registrants::Standing;
use zoom_client::{Refusal, Zoom, ZoomError};

/// The approved registrants: they tell company and phone (R11), and who registered on Zoom's own page (R10). `None`
/// where Zoom has no such list any more, since the webinar was deleted or its registration turned off.
pub(super) async fn registrants(zoom: &Zoom, webinar: WebinarId) -> Result<Option<Registrants>, Error> {
    let (mut rows, mut next) = (Vec::new(), None::<String>);
    loop {
        let page = match zoom.registrants(webinar, Standing::Approved, next.as_deref()).await {
            Ok(page) => page,
            Err(ZoomError::Refused(refusal)) if has_none(&refusal) => return Ok(None),
            Err(error) => return Err(error.into()),
        };
        rows.extend(page.items);
        next = page.next_page_token;
        if next.is_none() {
            return Ok(Some(Registrants::new(rows)));
        }
    }
}

/// The registrants of whom Zoom says that they did not come. `None` where Zoom does not tell: it is a second witness,
/// and attendance can be had without it.
pub(super) async fn absentees(zoom: &Zoom, instance: &InstanceUuid) -> Result<Option<Registrants>, Error> {
    let (mut rows, mut next) = (Vec::new(), None::<String>);
    loop {
        let page = match zoom.absentees(instance, next.as_deref()).await {
            Ok(page) => page,
            Err(ZoomError::Refused(refusal)) if has_none(&refusal) || refusal.is_missing_scope() => return Ok(None),
            Err(error) => return Err(error.into()),
        };
        rows.extend(page.items);
        next = page.next_page_token;
        if next.is_none() {
            return Ok(Some(Registrants::new(rows)));
        }
    }
}

/// 404/3001: the webinar is gone; 400/3000 and 400/300: it has no registration (zoom.md section 2).
fn has_none(refusal: &Refusal) -> bool {
    refusal.is_not_found() || (refusal.status == 400 && matches!(refusal.code, 300 | 3000))
}
