//! `GET /attendance/programs/{program_id}/unmatched`: the attendees of whom Zoom shows no more than a name (R20). They are
//! read from Zoom's reports for each request, because names are not stored longer than a run needs them.

use super::programs::connection_of;
use crate::person::PersonKey;
use crate::state::AppState;
use crate::store::checkpoint::ParticipantRow;
use crate::store::record;
use axum::extract::{Path, State};
use domain::ids::InstanceUuid;
use domain::time::Timestamp;
use domain::{Error, ErrorCode, Sensitive};
use platform::ApiError;
use platform::auth::AdminAuth;
use platform::http::Json;
use serde::Serialize;
use std::collections::HashMap;
use zoom_client::reports::Participant;
use zoom_client::{Page, ZoomClient, ZoomError};

/// Maximum number of people in an answer.
const MAX_PEOPLE: usize = 200;

/// Answer of `GET /attendance/programs/{program_id}/unmatched`.
#[derive(Debug, Serialize)]
pub(crate) struct UnmatchedView {
    people: Vec<UnmatchedPerson>,
}

/// An attendee of whom Zoom shows no more than a name, such as a caller by phone.
#[derive(Debug, Serialize)]
pub(crate) struct UnmatchedPerson {
    name: Sensitive,
    joined_at: Option<Timestamp>,
    left_at: Option<Timestamp>,
}

pub(crate) async fn list(
    _: AdminAuth,
    State(state): State<AppState>,
    Path(id): Path<String>,
) -> Result<Json<UnmatchedView>, ApiError> {
    let deadline = state.deadline();
    let connection = connection_of(&state, &id).await?;
    let record = record::load(&state, &connection).await?;
    let zoom = state.zoom(&connection.service, deadline);
    let mut people = People::default();
    for session in record.sessions.iter().filter(|session| session.verdict.counts()) {
        let mut token = None;
        loop {
            let page = report(&zoom, &session.uuid, token.as_deref()).await?;
            page.items.iter().filter_map(ParticipantRow::of).for_each(|row| people.add(&row));
            token = page.next_page_token;
            if token.is_none() || people.list.len() >= MAX_PEOPLE || !state.has_time(deadline) {
                break;
            }
        }
    }
    people.list.truncate(MAX_PEOPLE);
    Ok(Json(UnmatchedView { people: people.list }))
}

/// Returns a page of the report or, without the permission, of the past participants. A report that is gone is empty.
async fn report(zoom: &ZoomClient, session: &InstanceUuid, token: Option<&str>) -> Result<Page<Participant>, Error> {
    let page = match zoom.without_problem_reports().report(session, token).await {
        Err(ZoomError::Api(error))
            if matches!(error.code(), ErrorCode::ServiceLacksPermission | ErrorCode::HostLacksLicence) =>
        {
            zoom.past_participants(session, token).await
        }
        page => page,
    };
    match page {
        Err(ZoomError::Api(error)) if error.is_not_found() => {
            Ok(Page { items: Vec::new(), unreadable: 0, next_page_token: None, total_records: None })
        }
        page => Ok(page?),
    }
}

/// People by name, in the order of their first row.
#[derive(Default)]
struct People {
    list: Vec<UnmatchedPerson>,
    positions: HashMap<PersonKey, usize>,
}

impl People {
    fn add(&mut self, row: &ParticipantRow) {
        if row.registrant.is_some() || row.email.is_some() || row.is_internal {
            return;
        }
        let name = row.name.clone().unwrap_or_default();
        let time = |second: Option<i64>| Timestamp::from_second(second?).ok();
        let (joined_at, left_at) = (time(row.from), time(row.to));
        let key = PersonKey::name(name.expose());
        if let Some(known) = self.positions.get(&key).and_then(|&position| self.list.get_mut(position)) {
            known.joined_at = known.joined_at.into_iter().chain(joined_at).min();
            known.left_at = known.left_at.into_iter().chain(left_at).max();
            return;
        }
        self.positions.insert(key, self.list.len());
        self.list.push(UnmatchedPerson { name, joined_at, left_at });
    }
}
