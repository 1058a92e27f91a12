//! Reads single webinars. Only a webinar's detail has the way of registration and the description beyond 250 characters,
//! and Zoom gives details one webinar at a time.

use super::listing::UpcomingWebinar;
use crate::state::AppState;
use domain::time::Timestamp;
use domain::{ServiceId, WebinarId};
use futures::StreamExt;
use futures::stream;
use zoom_client::ZoomError;
use zoom_client::webinars::Webinar;

/// Maximum length of a list whose details are fetched. 100 calls take about three seconds of the 30 calls a second that
/// Zoom's Pro plan allows (docs/reference/zoom.md).
const MAX_DETAILED: usize = 100;

/// Maximum number of details fetched at once: below the Pro plan's 30 calls a second, with room for registrations.
const MAX_CONCURRENT_FETCHES: usize = 20;

/// A row of a list with its detail, where the detail is known.
pub(crate) struct DetailedWebinar {
    pub(crate) listed: UpcomingWebinar,
    pub(crate) detail: Option<Webinar>,
}

/// Fetches a webinar from Zoom and caches it.
///
/// # Errors
/// Zoom's error, also for a webinar whose host, type or start cannot be read (R22): it is not taken for one that is not
/// eligible.
pub(crate) async fn fetch(
    state: &AppState,
    service: &ServiceId,
    id: WebinarId,
    deadline: Timestamp,
) -> Result<Webinar, ZoomError> {
    let key = (service.clone(), id);
    state.webinar_cache.remove(&key);
    let webinar = state.zoom(service, deadline).webinar(id).await?;
    webinar.require_readable()?;
    state.webinar_cache.insert(key, webinar.clone(), state.now());
    Ok(webinar)
}

/// Returns a webinar from the cache, or fetches it.
pub(crate) async fn fetch_cached(
    state: &AppState,
    service: &ServiceId,
    id: WebinarId,
    deadline: Timestamp,
) -> Result<Webinar, ZoomError> {
    match state.webinar_cache.get(&(service.clone(), id), state.now()) {
        Some(webinar) => Ok(webinar),
        None => fetch(state, service, id, deadline).await,
    }
}

/// Adds details to the rows of a list. Rows of webinars that Zoom deleted meanwhile are dropped.
///
/// A list of more than [`MAX_DETAILED`] rows gets cached details only, because thousands of calls would use up the
/// account's calls of the day. Connecting a program fetches the webinar's detail in any case.
pub(crate) async fn complete(
    state: &AppState,
    service: &ServiceId,
    rows: Vec<UpcomingWebinar>,
    deadline: Timestamp,
) -> Vec<DetailedWebinar> {
    let may_fetch = rows.len() <= MAX_DETAILED;
    let rows: Vec<_> = rows.into_iter().map(|row| complete_row(state, service, row, may_fetch, deadline)).collect();
    stream::iter(rows).buffered(MAX_CONCURRENT_FETCHES).filter_map(async |row| row).collect().await
}

/// Adds the detail to one row. Returns `None` for a deleted webinar; any other failure leaves the row without a detail.
async fn complete_row(
    state: &AppState,
    service: &ServiceId,
    listed: UpcomingWebinar,
    may_fetch: bool,
    deadline: Timestamp,
) -> Option<DetailedWebinar> {
    let id = listed.webinar.id;
    let detail = if may_fetch {
        fetch_cached(state, service, id, deadline).await.map(Some)
    } else {
        Ok(state.webinar_cache.get(&(service.clone(), id), state.now()))
    };
    match detail {
        Err(ZoomError::Api(error)) if error.is_not_found() => None,
        detail => Some(DetailedWebinar { listed, detail: detail.ok().flatten() }),
    }
}
