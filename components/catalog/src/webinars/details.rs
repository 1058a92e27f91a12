//! What lists do not tell: how people register for a webinar, and the description beyond 250 characters. Zoom tells
//! these one webinar at a time.
//!
//! Up to [`DETAILED`] webinars are completed, a few at once. A longer list is answered as it is, at the cost of its
//! list calls alone, since thousands of details would use up the account's calls of a day: its rows show
//! `registration` only where a detail is at hand from a moment ago and have no such field otherwise, because "none"
//! or "automatic" would be a guess. Connecting a program reads the webinar's detail in any case.

use super::listing::Offered;
use super::view::WebinarView;
use crate::app::App;
use domain::ServiceId;
use domain::time::Timestamp;
use futures::StreamExt;
use futures::stream;
use zoom_client::ZoomError;

/// Lists up to this long are completed. At 30 such calls a second, which Zoom's Pro plan allows, that is some three
/// seconds of an account's allowance at most.
const DETAILED: usize = 100;

/// So many details are read at once: below the 30 calls a second of the Pro plan, with room for registrations.
const AT_ONCE: usize = 20;

/// The rows of a list, with details as far as this module gives them.
pub(super) async fn complete(
    app: &App,
    service: &ServiceId,
    offered: Vec<Offered>,
    deadline: Timestamp,
) -> Vec<WebinarView> {
    let may_read = offered.len() <= DETAILED;
    let rows: Vec<_> = offered.into_iter().map(|offered| row(app, service, offered, may_read, deadline)).collect();
    stream::iter(rows).buffered(AT_ONCE).filter_map(async |row| row).collect().await
}

/// One row; `None` for a webinar that was deleted since its list was read. A detail that cannot be had leaves the row
/// as the list has it.
async fn row(
    app: &App,
    service: &ServiceId,
    offered: Offered,
    may_read: bool,
    deadline: Timestamp,
) -> Option<WebinarView> {
    let id = offered.webinar.id;
    let detail = if may_read {
        app.recent_webinar(service, id, deadline).await.map(Some)
    } else {
        Ok(app.webinars.get(service, id, app.now()))
    };
    let mut view = WebinarView::of_listed(&offered);
    match detail {
        Ok(Some(detail)) => {
            view.registration = Some(detail.registration());
            view.description = detail.listed.agenda;
        }
        Err(ZoomError::Refused(refusal)) if refusal.is_not_found() => return None,
        Ok(None) | Err(_) => {}
    }
    Some(view)
}
