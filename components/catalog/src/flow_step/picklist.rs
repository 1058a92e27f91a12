//! The choices of the flow step's attribute `webinar`: Adobe's Self-Service Flow Step interface, `getPicklist`.

use crate::app::App;
use crate::local_time::Zone;
use crate::services;
use crate::webinars::{Offered, upcoming};
use axum::extract::State;
use domain::records::Service;
use domain::time::{SignedDuration, Timestamp};
use domain::{Error, ServiceId, WebinarId};
use futures::future::join_all;
use platform::entrance::MarketoItself;
use platform::respond::Json;
use platform::{ApiError, Body};
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// The attribute that has choices.
const ATTRIBUTE: &str = "webinar";

/// What the first choice submits.
const PROGRAM: &str = "program";

/// Marketo takes so many choices at most, and there are no pages (marketo.md 1.7).
const MAX_CHOICES: usize = 1_000;

/// Choices in memory are used this long: several people opening flow steps cost Zoom one round of lists.
const CACHE_LIFE: SignedDuration = SignedDuration::from_secs(30);

/// Body of `getPicklist`.
#[derive(Deserialize)]
pub(crate) struct Request {
    name: String,
}

/// Answer of `getPicklist`.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Picklist {
    choices: Vec<Choice>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Choice {
    display_value: Texts,
    submitted_value: String,
}

/// Marketo falls back to US English for every language that is not there.
#[derive(Serialize)]
struct Texts {
    #[serde(rename = "en_US")]
    en_us: String,
}

impl Choice {
    fn new(text: String, value: String) -> Self {
        Self { display_value: Texts { en_us: text }, submitted_value: value }
    }
}

/// An upcoming webinar as a choice.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Upcoming {
    start: Timestamp,
    id: WebinarId,
    text: String,
}

/// Upcoming webinars in memory, keyed by service.
#[derive(Default)]
pub(crate) struct ChoiceCache(Mutex<HashMap<ServiceId, (Timestamp, Vec<Upcoming>)>>);

impl ChoiceCache {
    fn lock(&self) -> MutexGuard<'_, HashMap<ServiceId, (Timestamp, Vec<Upcoming>)>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn get(&self, service: &ServiceId, now: Timestamp) -> Option<Vec<Upcoming>> {
        let cache = self.lock();
        let (at, webinars) = cache.get(service)?;
        (now.duration_since(*at) < CACHE_LIFE).then(|| webinars.clone())
    }

    fn put(&self, service: &ServiceId, webinars: &[Upcoming], now: Timestamp) {
        let mut cache = self.lock();
        cache.retain(|_, (at, _)| now.duration_since(*at) < CACHE_LIFE);
        cache.insert(service.clone(), (now, webinars.to_vec()));
    }
}

/// `POST /flow-step/getPicklist`.
pub(crate) async fn choices(
    _: MarketoItself,
    State(app): State<App>,
    Body(request): Body<Request>,
) -> Result<Json<Picklist>, ApiError> {
    if request.name != ATTRIBUTE {
        return Err(ApiError::invalid("Only the attribute \"webinar\" has choices."));
    }
    Ok(Json(picklist(webinars(&app).await?)))
}

/// The webinars of all active services. A service that fails does not hide the others'. When every one fails, the
/// answer is the failure: Marketo would take an empty list for the truth and keep it until the next night.
async fn webinars(app: &App) -> Result<Vec<Upcoming>, Error> {
    let services = services::all(app.ports.store()).await?;
    let active: Vec<_> = services.iter().filter(|service| service.state.obstacle().is_none()).collect();
    let mut webinars = Vec::new();
    let (mut read, mut failure) = (active.is_empty(), None);
    for list in join_all(active.iter().map(|service| of_service(app, service))).await {
        match list {
            Ok(list) => {
                read = true;
                webinars.extend(list);
            }
            Err(error) => failure = Some(error),
        }
    }
    match failure {
        Some(error) if !read => Err(error),
        _ => Ok(webinars),
    }
}

async fn of_service(app: &App, service: &Service) -> Result<Vec<Upcoming>, Error> {
    if let Some(webinars) = app.choices.get(&service.id, app.now()) {
        return Ok(webinars);
    }
    let listing = upcoming(&app.zoom(&service.id, app.deadline()), service, app.now()).await?;
    // The nearest are kept: more than Marketo takes need not stay in memory.
    let webinars: Vec<_> = listing.webinars.iter().take(MAX_CHOICES).map(upcoming_choice).collect();
    app.choices.put(&service.id, &webinars, app.now());
    Ok(webinars)
}

fn upcoming_choice(offered: &Offered) -> Upcoming {
    let when = Zone::named(&offered.webinar.timezone).brief(offered.start);
    let text = format!("{when}: {}", offered.webinar.topic);
    Upcoming { start: offered.start, id: offered.webinar.id, text }
}

/// The program's own webinar first, then the others by start time.
fn picklist(mut webinars: Vec<Upcoming>) -> Picklist {
    webinars.sort_by_key(|webinar| (webinar.start, webinar.id));
    let own = Choice::new("The program's connected webinar".to_owned(), PROGRAM.to_owned());
    let others = webinars.into_iter().map(|webinar| Choice::new(webinar.text, webinar.id.to_string()));
    Picklist { choices: std::iter::once(own).chain(others).take(MAX_CHOICES).collect() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marketo_gets_at_most_1000_choices_the_nearest_first() {
        let start = |id: u64| Timestamp::from_second(1_900_000_000 - 60 * i64::try_from(id).unwrap());
        let webinars = (1..=1_500).map(|id| Upcoming { start: start(id), id: id.into(), text: format!("W{id}") });
        let picklist = picklist(webinars.collect());
        let values: Vec<_> = picklist.choices.iter().map(|choice| choice.submitted_value.as_str()).collect();
        assert_eq!((values.len(), values[0], values[1], values[999]), (1_000, "program", "1500", "502"));
    }
}
