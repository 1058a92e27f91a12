//! `POST /rest/v1/leads.json`: a sync, or with `_method=GET` a query whose parameters are too long for a URI.

use axum::extract::{FromRequest, Request, State as Extract};
use axum::response::{IntoResponse, Response};

use super::envelope::{self, Answer};
use super::lead_query;
use super::request::{JsonBody, Params, is_long_get};
use crate::marketo::shared::{Shared, State};
use crate::marketo::world::LeadSync;
use crate::support::lock;

/// Decides which of the two it is.
pub(super) async fn sync_or_query(Extract(state): Extract<State>, request: Request) -> Result<Response, Response> {
    if is_long_get(&request) {
        let params = Params::from_request(request, &state).await?;
        return lead_query::query(&state, &params).map_err(IntoResponse::into_response);
    }
    let JsonBody(body) = JsonBody::<LeadSync>::from_request(request, &state).await?;
    sync(&state, body).await.map_err(IntoResponse::into_response)
}

async fn sync(state: &Shared, body: LeadSync) -> Answer {
    let plans = body.plan(&lock(&state.world).leads)?;
    // Marketo's look-up and its write are two moments; what falls between them is how duplicates come to be.
    tokio::time::sleep(state.options.sync_moment).await;
    let now = state.now();
    let results = body.apply(plans, &mut lock(&state.world), now);
    envelope::results(results)
}
