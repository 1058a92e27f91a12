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

/// How long Marketo is asked for the person's leads, so that one that does not answer leaves time for the rest.
const MARKETO_TIMEOUT: SignedDuration = SignedDuration::from_secs(4);

/// Maximum number of passes. The last one finds nothing, unless a worker writes all the time.
const MAX_PASSES: u32 = 3;

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
    /// Whether a last look found nothing, and nothing was in use. Otherwise the request is to be repeated.
    complete: bool,
    /// Why Marketo did not name the person's leads. Then failures may be left.
    marketo_problem: Option<Problem>,
}

/// Numbers of what was deleted, by kind.
#[derive(Debug, Default, Serialize)]
struct Deleted {
    registrations: u64,
    failures: u64,
    waiting: u64,
    presences: u64,
    pages: u64,
    joins: u64,
}

impl Deleted {
    fn add(&mut self, pass: &Self) {
        let Self { registrations, failures, waiting, presences, pages, joins } = self;
        *registrations += pass.registrations;
        *failures += pass.failures;
        *waiting += pass.waiting;
        *presences += pass.presences;
        *pages += pass.pages;
        *joins += pass.joins;
    }

    const fn total(&self) -> u64 {
        let Self { registrations, failures, waiting, presences, pages, joins } = self;
        *registrations + *failures + *waiting + *presences + *pages + *joins
    }
}

/// Deletes what the store has of a person, until a pass finds nothing.
pub async fn forget(
    _: AdminAuth,
    State(state): State<Arc<AppState>>,
    JsonBody(request): JsonBody<ForgetRequest>,
) -> Result<Json<ForgetResponse>, ApiError> {
    let email = Email::parse(request.email.expose());
    let email = email.ok_or_else(|| ApiError::invalid("The e-mail address is not valid."))?;
    let deadline = state.ports.clock.now() + RUN_TIMEOUT;
    let own_deadline = deadline - ATTENDANCE_TIMEOUT;
    let marketo = state.marketo(state.ports.clock.now() + MARKETO_TIMEOUT);
    let (mut leads, marketo_problem) = match marketo.leads_by_email(&[&email]).await {
        Ok(leads) => (leads.into_iter().map(|lead| lead.id).collect(), None),
        Err(error) => (Vec::new(), Some(Error::from(error).problem())),
    };
    let (mut deleted, mut programs, mut webinars) = (Deleted::default(), BTreeSet::new(), BTreeSet::new());
    let (mut registrants, mut is_complete) = (Vec::new(), false);
    for _ in 0..MAX_PASSES {
        let forgotten = forget_person::forget_person(&state, &email, leads, own_deadline).await?;
        counts::flush(&state).await;
        leads = forgotten.leads;
        registrants.extend(forgotten.registrants);
        let request = ForgetPersonRequest {
            email: email.clone(),
            leads: leads.clone(),
            registrants: registrants.clone(),
            deadline: deadline - ANSWER_MARGIN,
        };
        let timeout = deadline.duration_since(state.ports.clock.now());
        let report: ForgetPersonReport =
            internal_api::call(&state.ports, Component::Attendance, &["forget-person"], &request, timeout).await?;
        programs.extend(forgotten.programs.into_iter().chain(report.programs));
        webinars.extend(forgotten.webinars.into_iter().chain(report.webinars));
        let pass = Deleted {
            registrations: forgotten.registrations,
            failures: forgotten.failures,
            waiting: forgotten.waiting,
            presences: report.presences,
            pages: report.pages,
            joins: report.joins,
        };
        deleted.add(&pass);
        let is_clear = forgotten.is_complete && report.is_complete;
        is_complete = is_clear && pass.total() == 0;
        // What is in use is not given up within this request. Otherwise the next pass confirms that nothing is left.
        if is_complete || !is_clear || state.ports.clock.now() >= own_deadline {
            break;
        }
    }
    let complete = is_complete && marketo_problem.is_none();
    platform::log!(Info, "person.forgotten", deleted = deleted.total(), complete = complete);
    Ok(Json(ForgetResponse { deleted, programs, webinars, complete, marketo_problem }))
}
