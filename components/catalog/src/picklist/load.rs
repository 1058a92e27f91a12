//! Loads the upcoming webinars of all services, through a cache.

use super::choice::{MAX_CHOICES, WebinarChoice, nearest};
use crate::state::AppState;
use crate::store;
use crate::webinars::listing;
use domain::Error;
use domain::records::{Service, ServiceUsability};
use futures::future::join_all;

/// Returns the upcoming webinars of all active services, the nearest first. A service that fails does not hide the
/// others.
///
/// # Errors
/// When every service fails: Marketo would store an empty list until the next night.
pub(crate) async fn upcoming_choices(state: &AppState) -> Result<Vec<WebinarChoice>, Error> {
    let services = store::services::all(state.ports.store()).await?;
    let is_usable = |service: &&Service| ServiceUsability::of(Some(service), None).is_usable();
    let active: Vec<_> = services.iter().filter(is_usable).collect();
    let mut choices = Vec::new();
    let (mut any_read, mut failure) = (active.is_empty(), None);
    for list in join_all(active.iter().map(|service| choices_of(state, service))).await {
        match list {
            Ok(list) => {
                any_read = true;
                choices.extend(list);
            }
            Err(error) => failure = Some(error),
        }
    }
    match failure {
        Some(error) if !any_read => Err(error),
        _ => Ok(nearest(choices)),
    }
}

async fn choices_of(state: &AppState, service: &Service) -> Result<Vec<WebinarChoice>, Error> {
    if let Some(choices) = state.choice_cache.get(&service.id, state.now()) {
        return Ok(choices);
    }
    let listing = listing::upcoming(&state.zoom(&service.id, state.deadline()), service, state.now()).await?;
    // The cache holds no more than Marketo accepts.
    let choices: Vec<_> = listing.webinars.iter().take(MAX_CHOICES).map(WebinarChoice::new).collect();
    state.choice_cache.insert(service.id.clone(), choices.clone(), state.now());
    Ok(choices)
}
