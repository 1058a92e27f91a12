//! The webinars that may be chosen: those of a service's admin and enabled users, with a single session, not over
//! (R3).
//!
//! | module | what it is |
//! |---|---|
//! | `listing` | reading every host's list |
//! | `offer` | the rules: what may be chosen |
//! | `details` | what lists do not tell: how people register, and the whole description |
//! | `cache` | webinars read a moment ago |
//! | `find` | a webinar of whichever service |
//! | `view` | a webinar as our API shows it |

mod cache;
mod details;
mod find;
mod listing;
mod offer;
mod view;

pub(crate) use cache::WebinarCache;
pub(crate) use listing::{Offered, upcoming};
pub(crate) use offer::{connectable, offered_by};
pub(crate) use view::WebinarView;

use crate::app::App;
use crate::services;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Path, Query, State};
use domain::{Code, ServiceId};
use listing::{HostProblem, LeftOut};
use platform::ApiError;
use platform::entrance::Admin;
use platform::peers::ServiceWebinar;
use platform::respond::Json;
use serde::{Deserialize, Serialize};

/// The query of `GET /catalog/webinars`.
#[derive(Deserialize)]
pub(crate) struct OfService {
    service: String,
}

/// The answer to `GET /catalog/webinars`.
#[derive(Serialize)]
pub(crate) struct Webinars {
    /// By start time. A row of a long list may lack `registration`: see [`details`].
    webinars: Vec<WebinarView>,
    /// Webinars of the hosts that may not be chosen, and why.
    left_out: Vec<LeftOut>,
    /// Hosts whose webinars are missing, and why.
    problems: Vec<HostProblem>,
}

/// `GET /catalog/webinars?service={id}`.
pub(crate) async fn list(
    _: Admin,
    State(app): State<App>,
    query: Result<Query<OfService>, QueryRejection>,
) -> Result<Json<Webinars>, ApiError> {
    let Ok(Query(OfService { service })) = query else {
        return Err(ApiError::invalid("Name the service: ?service={id}."));
    };
    let id = ServiceId::parse(&service).ok_or(Code::ServiceNotFound)?;
    let service = services::usable(app.ports.store(), &id).await?;
    let deadline = app.deadline();
    let listing = upcoming(&app.zoom(&service.id, deadline), &service, app.now()).await?;
    let webinars = details::complete(&app, &service.id, listing.webinars, deadline).await;
    Ok(Json(Webinars { webinars, left_out: listing.left_out, problems: listing.problems }))
}

/// `POST /internal/webinar/{webinar_id}`.
pub(crate) async fn of_any_service(
    State(app): State<App>,
    Path(id): Path<String>,
) -> Result<Json<ServiceWebinar>, ApiError> {
    let id = id.parse().map_err(|_| Code::WebinarNotFound)?;
    Ok(Json(find::of_any_service(&app, id).await?))
}
