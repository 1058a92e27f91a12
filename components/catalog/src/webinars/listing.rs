//! Reading the list of every host of a service.

use super::offer::offered_start;
use crate::{services, zoom_errors};
use domain::records::Service;
use domain::time::Timestamp;
use domain::{Code, Email, Error, Problem, WebinarId};
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

/// A webinar of a host that may not be chosen, and why: people look for it in the list.
#[derive(Serialize)]
pub(crate) struct LeftOut {
    id: WebinarId,
    topic: String,
    host_email: Email,
    #[serde(flatten)]
    problem: Problem,
}

/// What a host's list has.
struct HostList {
    offered: Vec<Offered>,
    left_out: Vec<LeftOut>,
}

/// The upcoming webinars of a service.
pub(crate) struct Listing {
    /// By start time, each once.
    pub(crate) webinars: Vec<Offered>,
    /// Recurring ones (R3). Those that are over nobody looks for.
    pub(crate) left_out: Vec<LeftOut>,
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

/// All pages of a host's list, with what may be offered apart from what may not.
async fn list_of(zoom: &Zoom, host: &Email, now: Timestamp) -> Result<HostList, ZoomError> {
    let mut list = HostList { offered: Vec::new(), left_out: Vec::new() };
    let mut seen = HashSet::new();
    let mut next = None;
    loop {
        let page = zoom.webinars_of(host, next.as_deref()).await?;
        let before = seen.len();
        for webinar in page.items {
            if !seen.insert(webinar.id) {
                continue;
            }
            if let Some(start) = offered_start(&webinar, now) {
                list.offered.push(Offered { host: host.clone(), start, webinar });
            } else if !webinar.is_single() {
                let problem = Problem::of(Code::WebinarRecurring);
                list.left_out.push(LeftOut { id: webinar.id, topic: webinar.topic, host_email: host.clone(), problem });
            }
        }
        next = page.next_page_token;
        // Zoom does not document the page token as a parameter of this call. Were it ignored, the first page would
        // come for ever.
        if next.is_none() || seen.len() == before {
            return Ok(list);
        }
    }
}

fn gather(hosts: &[Email], lists: Vec<Result<HostList, ZoomError>>) -> Result<Listing, Error> {
    let all_failed = !lists.is_empty() && lists.iter().all(Result::is_err);
    let mut listing = Listing { webinars: Vec::new(), left_out: Vec::new(), problems: Vec::new() };
    for (host, list) in hosts.iter().zip(lists) {
        match list {
            Ok(list) => {
                listing.webinars.extend(list.offered);
                listing.left_out.extend(list.left_out);
            }
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
    listing.left_out.sort_by_key(|left_out| left_out.id);
    listing.left_out.retain(|left_out| seen.insert(left_out.id));
    Ok(listing)
}
