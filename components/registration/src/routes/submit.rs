//! `POST /flow-step/submitAsyncAction`: accepts a chunk of leads, writes it to the outbox, and answers 201. The chunk
//! is processed after the response.

use super::submit_request::SubmitRequest;
use crate::flow_step::process::process_accepted;
use crate::registering::{lead_fields, target};
use crate::state::AppState;
use crate::store::outbox::{self, NewChunk, WrittenChunk};
use crate::store::refused_callback;
use crate::store::slots::{self, SlotOwner};
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use domain::ErrorCode;
use domain::records::{OutboxId, OutboxKey};
use http::StatusCode;
use platform::auth::MarketoAuth;
use platform::http::{Json, RawBody};
use platform::url_origin::{OriginPatterns, UrlOrigin};
use platform::{ApiError, JsonBody};
use serde_json::json;
use std::sync::Arc;

/// Maximum size of a chunk, in bytes. Adobe documents none; the outbox splits a chunk into records of their own.
pub const MAX_CHUNK_BYTES: usize = 10 * 1024 * 1024;

/// Seconds after which Marketo may send a chunk again for which no slot was free.
const RETRY_AFTER: u16 = 30;

/// Accepts a chunk, or answers 429 while too many chunks wait. A chunk that is delivered again while it is in the outbox is
/// processed once.
pub async fn submit(
    _: MarketoAuth,
    State(state): State<Arc<AppState>>,
    RawBody(body): RawBody,
) -> Result<Response, ApiError> {
    if let Some(chunk) = accept(&state, &body).await? {
        let worker = state.clone();
        state.ports.background.spawn(Box::pin(async move { process_accepted(&worker, chunk).await }));
    }
    Ok((StatusCode::CREATED, Json(json!({ "accepted": true }))).into_response())
}

/// Writes a chunk to the outbox, and claims it. Returns `None` if the outbox has it already, or had it lately.
async fn accept(state: &AppState, body: &Bytes) -> Result<Option<WrittenChunk>, ApiError> {
    let JsonBody(chunk) = JsonBody::<SubmitRequest>::from_bytes(body)?;
    require_allowed_callback(state, &chunk.callback_url).await?;
    if !chunk.has_short_callback() {
        return Err(ApiError::invalid("The callback's token, key, URL or subscription is too long."));
    }
    if chunk.object_data.is_empty() {
        return Err(ApiError::invalid("The chunk has no leads."));
    }
    let callback = chunk.callback();
    let id = OutboxId::of(&callback, body);
    // Deliveries to one instance come one after the other. The second is acknowledged once the first is in the store.
    let _guard = state.locks.lock(&state.ports, &OutboxKey { id: id.clone() }.to_string()).await;
    if state.recent_chunks.contains(&id, state.ports.clock.now()) || outbox::load_head(state, &id).await?.is_some() {
        return Ok(None);
    }
    let program = chunk.program();
    let source = target::source(state, program).await?;
    let leads = chunk.into_leads();
    let owner = SlotOwner { chunk: &id, program, leads: leads.len() };
    let Some(slot) = slots::take(state, owner).await? else {
        platform::log!(Warn, "flow_step.refused_busy", outbox = id, leads = leads.len());
        return Err(ApiError::from(ErrorCode::Busy).with_retry_after(RETRY_AFTER));
    };
    lead_fields::note_sent(state, &leads).await;
    platform::log!(Info, "flow_step.accepted", outbox = id, leads = leads.len());
    let written = outbox::write(state, &id, NewChunk { callback, program, source, slot, leads }).await;
    if !matches!(written, Ok(Some(_)))
        && let Err(error) = slots::free_unused(state, &id, slot).await
    {
        platform::log!(Warn, "outbox.free_slot_failed", outbox = id, error = error);
    }
    let written = written?;
    state.recent_chunks.insert(id, state.ports.clock.now());
    Ok(written)
}

/// Checks that a callback URL matches a configured pattern in scheme, host and port.
///
/// A refused one is recorded, so that the console names it: Adobe documents no host (docs/reference/marketo.md).
async fn require_allowed_callback(state: &AppState, url: &str) -> Result<(), ApiError> {
    let patterns = state.ports.config().marketo_callback_url().await?;
    if is_callback_allowed(url, patterns) {
        return Ok(());
    }
    if let Some(origin) = &UrlOrigin::of_url(url) {
        refused_callback::record(state, origin).await?;
    }
    Err(ApiError::invalid("The callback URL does not match the configured callback URLs."))
}

/// Returns whether a callback URL matches a configured pattern in scheme, host and port.
fn is_callback_allowed(url: &str, patterns: &OriginPatterns) -> bool {
    UrlOrigin::of_url(url).is_some_and(|origin| patterns.matches(&origin))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn allows_callbacks_to_the_configured_scheme_host_and_port_only() {
        let pattern = OriginPatterns::parse("https://*.adobe.io").unwrap();
        for (url, allowed) in [
            ("https://mkto.adobe.io/cb/1?x=1", true),
            ("https://a.b.adobe.io:443/", true),
            ("https://adobe.io/", false),
            ("https://.adobe.io/", false),
            ("https://evil-adobe.io/", false),
            ("https://adobe.io.evil.example/", false),
            ("http://mkto.adobe.io/", false),
            ("https://mkto.adobe.io:8443/", false),
            ("https://user@mkto.adobe.io/", false),
            ("https://evil.example/?https://mkto.adobe.io", false),
            ("https://evil.example#.adobe.io", false),
            ("mkto.adobe.io", false),
            ("", false),
        ] {
            assert_eq!(is_callback_allowed(url, &pattern), allowed, "{url}");
        }
        let local = OriginPatterns::parse("http://127.0.0.1:4002").unwrap();
        assert!(is_callback_allowed("http://127.0.0.1:4002/callback/1", &local));
        assert!(!is_callback_allowed("http://127.0.0.1:4003/callback/1", &local));
    }
}
