//! `POST /registration/forget`: deletes what the store has of a person. The address is in the body, so that no log contains it.

use crate::state::AppState;
use crate::store::{counts, forget_person};
use axum::extract::State;
use domain::time::SignedDuration;
use domain::{Email, Error, Problem, ProgramId, Sensitive, WebinarId};
use platform::auth::AdminAuth;
use platform::http::Json;
use platform::internal_api::{self, Component, ForgetPersonReport, ForgetPersonRequest};
use platform::retry::RUN_TIMEOUT;
use platform::{ApiError, JsonBody};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::sync::Arc;

/// The part of the time that is reserved for attendance.
const ATTENDANCE_TIMEOUT: SignedDuration = SignedDuration::from_secs(12);

/// How long before its call times out attendance must have answered.
const ANSWER_MARGIN: SignedDuration = SignedDuration::from_secs(1);

/// The person to forget.
#[derive(Debug, Deserialize)]
pub struct ForgetRequest {
    email: Sensitive,
}

/// What was deleted.
#[derive(Debug, Serialize)]
pub struct ForgetResponse {
    deleted: Deleted,
    programs: BTreeSet<ProgramId>,
    webinars: BTreeSet<WebinarId>,
    /// Whether nothing is left. Otherwise the request is to be repeated.
    complete: bool,
    /// Why Marketo did not name the person's leads. Then failures may be left.
    marketo_problem: Option<Problem>,
}

/// Numbers of what was deleted, by kind.
#[derive(Debug, Serialize)]
struct Deleted {
    registrations: u64,
    failures: u64,
    waiting: u64,
    presences: u64,
    pages: u64,
    joins: u64,
}

/// Deletes what the store has of a person.
pub async fn forget(
    _: AdminAuth,
    State(state): State<Arc<AppState>>,
    JsonBody(request): JsonBody<ForgetRequest>,
) -> Result<Json<ForgetResponse>, ApiError> {
    let email = Email::parse(request.email.expose());
    let email = email.ok_or_else(|| ApiError::invalid("The e-mail address is not valid."))?;
    let deadline = state.ports.clock.now() + RUN_TIMEOUT;
    let own_deadline = deadline - ATTENDANCE_TIMEOUT;
    let (leads, marketo_problem) = match state.marketo(own_deadline).leads_by_email(&[&email]).await {
        Ok(leads) => (leads.into_iter().map(|lead| lead.id).collect(), None),
        Err(error) => (Vec::new(), Some(Error::from(error).problem())),
    };
    let mut forgotten = forget_person::forget_person(&state, &email, leads, own_deadline).await?;
    counts::flush(&state).await;
    let request = ForgetPersonRequest {
        email,
        leads: forgotten.leads,
        registrants: forgotten.registrants,
        deadline: deadline - ANSWER_MARGIN,
    };
    let timeout = deadline.duration_since(state.ports.clock.now());
    let report: ForgetPersonReport =
        internal_api::call(&state.ports, Component::Attendance, &["forget-person"], &request, timeout).await?;
    forgotten.programs.extend(report.programs);
    forgotten.webinars.extend(report.webinars);
    let deleted = Deleted {
        registrations: forgotten.registrations,
        failures: forgotten.failures,
        waiting: forgotten.waiting,
        presences: report.presences,
        pages: report.pages,
        joins: report.joins,
    };
    let Deleted { registrations, failures, waiting, presences, pages, joins } = deleted;
    let complete = forgotten.is_complete && report.is_complete && marketo_problem.is_none();
    platform::log!(
        Info,
        "person.forgotten",
        deleted = registrations + failures + waiting + presences + pages + joins,
        complete = complete
    );
    let (programs, webinars) = (forgotten.programs, forgotten.webinars);
    Ok(Json(ForgetResponse { deleted, programs, webinars, complete, marketo_problem }))
}
