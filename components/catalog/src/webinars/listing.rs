//! Reading the list of every host of a service.

use super::offer::offered_start;
use crate::{services, zoom_errors};
use domain::records::Service;
use domain::time::Timestamp;
use domain::{Email, Error, Problem};
use futures::future::join_all;
use serde::Serialize;
use std::collections::HashSet;
use zoom_client::webinars::ListedWebinar;
use zoom_client::{Zoom, ZoomError};

/// A webinar that may be chosen.
pub(crate) struct Offered {
    /// In whose list it was.
    pub(crate) host: Email,
    /// When it begins.
    pub(crate) start: Timestamp,
    /// What the list tells of it.
    pub(crate) webinar: ListedWebinar,
}

/// The upcoming webinars of a service.
pub(crate) struct Listing {
    /// By start time, each once.
    pub(crate) webinars: Vec<Offered>,
    /// Hosts whose list could not be read.
    pub(crate) problems: Vec<HostProblem>,
}

/// Why a host's webinars are missing from a list.
#[derive(Serialize)]
pub(crate) struct HostProblem {
    user: Email,
    #[serde(flatten)]
    problem: Problem,
}

/// Reads the lists of all hosts: one call per host and 300 webinars.
///
/// The admin's comes first, alone: it gets the token into memory, and what ails the whole service shows in one call.
/// The others, at most 20, follow all at once, which is what Zoom's Pro plan allows of such calls in a second.
///
/// # Errors
/// What ails the service as a whole; or Zoom's silence, when not one list could be read.
pub(crate) async fn upcoming(zoom: &Zoom, service: &Service, now: Timestamp) -> Result<Listing, Error> {
    let hosts = services::hosts(service);
    let mut lists = Vec::with_capacity(hosts.len());
    if let Some(admin) = hosts.first() {
        lists.push(unless_service(list_of(zoom, admin, now).await)?);
    }
    for list in join_all(hosts.iter().skip(1).map(|host| list_of(zoom, host, now))).await {
        lists.push(unless_service(list)?);
    }
    gather(&hosts, lists)
}

/// Lets a host's own trouble pass as a part of the result; what concerns the service ends the whole.
fn unless_service<T>(list: Result<T, ZoomError>) -> Result<Result<T, ZoomError>, Error> {
    match list {
        Err(error) if zoom_errors::concerns_service(&error) => Err(zoom_errors::any(error)),
        list => Ok(list),
    }
}

/// All pages of a host's list, without what may not be offered.
async fn list_of(zoom: &Zoom, host: &Email, now: Timestamp) -> Result<Vec<Offered>, ZoomError> {
    let mut offered = Vec::new();
    let mut seen = HashSet::new();
    let mut next = None;
    loop {
        let page = zoom.webinars_of(host, next.as_deref()).await?;
        let before = seen.len();
        for webinar in page.items {
            if seen.insert(webinar.id)
                && let Some(start) = offered_start(&webinar, now)
            {
                offered.push(Offered { host: host.clone(), start, webinar });
            }
        }
        next = page.next_page_token;
        // Zoom does not document the page token as a parameter of this call. Were it ignored, the first page would
        // come for ever.
        if next.is_none() || seen.len() == before {
            return Ok(offered);
        }
    }
}

fn gather(hosts: &[Email], lists: Vec<Result<Vec<Offered>, ZoomError>>) -> Result<Listing, Error> {
    let all_failed = !lists.is_empty() && lists.iter().all(Result::is_err);
    let mut listing = Listing { webinars: Vec::new(), problems: Vec::new() };
    for (host, list) in hosts.iter().zip(lists) {
        match list {
            Ok(webinars) => listing.webinars.extend(webinars),
            Err(ZoomError::Other(error)) if all_failed => return Err(error),
            Err(error) => {
                let problem = zoom_errors::listing_of_user(error);
                listing.problems.push(HostProblem { user: host.clone(), problem });
            }
        }
    }
    listing.webinars.sort_by_key(|offered| (offered.start, offered.webinar.id));
    let mut seen = HashSet::new();
    listing.webinars.retain(|offered| seen.insert(offered.webinar.id));
    Ok(listing)
}
