//! Reads the upcoming webinars of a service: the list of every host.

use super::eligibility;
use crate::zoom_errors;
use domain::records::Service;
use domain::time::Timestamp;
use domain::{Email, Error, Problem, WebinarId};
use futures::future::join_all;
use serde::Serialize;
use std::collections::HashSet;
use zoom_client::webinars::ListedWebinar;
use zoom_client::{ZoomClient, ZoomError};

/// An eligible webinar as its host's list has it.
pub(crate) struct UpcomingWebinar {
    pub(crate) host: Email,
    pub(crate) start: Timestamp,
    pub(crate) webinar: ListedWebinar,
}

/// A webinar of a host that is not eligible, and why. People look for it in the list.
#[derive(Serialize)]
pub(crate) struct IneligibleWebinar {
    id: WebinarId,
    topic: String,
    host_email: Email,
    #[serde(flatten)]
    problem: Problem,
}

/// Why a host's webinars are missing.
#[derive(Serialize)]
pub(crate) struct HostProblem {
    user: Email,
    #[serde(flatten)]
    problem: Problem,
}

/// The upcoming webinars of a service.
pub(crate) struct Listing {
    /// Eligible webinars by start time, each once.
    pub(crate) webinars: Vec<UpcomingWebinar>,
    /// Recurring webinars and webinars of Zoom Events (R3). Webinars that are over are not listed.
    pub(crate) ineligible: Vec<IneligibleWebinar>,
    /// Hosts whose list could not be read.
    pub(crate) problems: Vec<HostProblem>,
}

#[derive(Default)]
struct HostList {
    eligible: Vec<UpcomingWebinar>,
    ineligible: Vec<IneligibleWebinar>,
}

/// How the list of one host ended. An error of the service as a whole ends the listing instead.
enum HostOutcome {
    Read(HostList),
    Failed(ZoomError),
}

/// Reads the lists of all hosts: one call per host and 300 webinars.
///
/// The admin's list comes first, alone: it fetches the access token, and an error of the whole service shows in one
/// call. The other lists, at most 20, follow at once, which Zoom's Pro plan allows in a second
/// (docs/reference/zoom.md).
///
/// # Errors
/// The error of the service as a whole, or Zoom's failure when no list could be read.
pub(crate) async fn upcoming(zoom: &ZoomClient, service: &Service, now: Timestamp) -> Result<Listing, Error> {
    let hosts = eligibility::hosts(service);
    let mut outcomes = Vec::with_capacity(hosts.len());
    if let Some(admin) = hosts.first() {
        outcomes.push(host_outcome(host_list(zoom, admin, now).await)?);
    }
    for list in join_all(hosts.iter().skip(1).map(|host| host_list(zoom, host, now))).await {
        outcomes.push(host_outcome(list)?);
    }
    merge(&hosts, outcomes)
}

fn host_outcome(list: Result<HostList, ZoomError>) -> Result<HostOutcome, Error> {
    match list {
        Ok(list) => Ok(HostOutcome::Read(list)),
        Err(error) if zoom_errors::concerns_service(&error) => Err(zoom_errors::any(error)),
        Err(error) => Ok(HostOutcome::Failed(error)),
    }
}

/// Reads all pages of a host's list.
async fn host_list(zoom: &ZoomClient, host: &Email, now: Timestamp) -> Result<HostList, ZoomError> {
    let mut list = HostList::default();
    let mut seen = HashSet::new();
    let mut next = None;
    loop {
        let page = zoom.webinars_of(host, next.as_deref()).await?;
        let seen_before = seen.len();
        for webinar in page.items {
            if !seen.insert(webinar.id) {
                continue;
            }
            if let Some(start) = eligibility::upcoming_start(&webinar, now) {
                list.eligible.push(UpcomingWebinar { host: host.clone(), start, webinar });
            } else if let Some(problem) = eligibility::listed_problem(&webinar) {
                let (id, topic, host_email) = (webinar.id, webinar.topic, host.clone());
                list.ineligible.push(IneligibleWebinar { id, topic, host_email, problem });
            }
        }
        next = page.next_page_token;
        // Zoom does not document the page token as a parameter of this call. If Zoom ignored it, every page would be
        // the first one.
        if next.is_none() || seen.len() == seen_before {
            return Ok(list);
        }
    }
}

/// Merges the lists of all hosts.
fn merge(hosts: &[Email], outcomes: Vec<HostOutcome>) -> Result<Listing, Error> {
    let all_failed = !outcomes.is_empty() && outcomes.iter().all(|outcome| matches!(outcome, HostOutcome::Failed(_)));
    let mut listing = Listing { webinars: Vec::new(), ineligible: Vec::new(), problems: Vec::new() };
    for (host, outcome) in hosts.iter().zip(outcomes) {
        match outcome {
            HostOutcome::Read(list) => {
                listing.webinars.extend(list.eligible);
                listing.ineligible.extend(list.ineligible);
            }
            HostOutcome::Failed(ZoomError::Other(error)) if all_failed => return Err(error),
            HostOutcome::Failed(error) => {
                let problem = zoom_errors::listing_of_user(error);
                listing.problems.push(HostProblem { user: host.clone(), problem });
            }
        }
    }
    listing.webinars.sort_by_key(|entry| (entry.start, entry.webinar.id));
    let mut seen = HashSet::new();
    listing.webinars.retain(|entry| seen.insert(entry.webinar.id));
    listing.ineligible.sort_by_key(|ineligible| ineligible.id);
    listing.ineligible.retain(|ineligible| seen.insert(ineligible.id));
    Ok(listing)
}
