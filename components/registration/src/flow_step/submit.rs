//! `POST /flow-step/submitAsyncAction`: take a chunk, write it down, answer 201; the work comes after.

use super::{request::Chunk, run};
use crate::app::App;
use crate::outbox::{self, NewChunk};
use crate::push::target;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use domain::records::OutboxId;
use http::StatusCode;
use platform::entrance::MarketoItself;
use platform::origin::Origin;
use platform::respond::Json;
use platform::respond::RawBody;
use platform::{ApiError, Body};
use serde_json::json;
use std::sync::Arc;

/// Takes a chunk. Delivered twice while it is in the outbox, it is worked on once.
pub async fn handle(
    _: MarketoItself,
    State(app): State<Arc<App>>,
    RawBody(body): RawBody,
) -> Result<Response, ApiError> {
    let id = accept(&app, &body).await?;
    if let Some(id) = id {
        let worker = app.clone();
        app.ports.background.spawn(Box::pin(async move { run::begin(&worker, &id).await }));
    }
    Ok((StatusCode::CREATED, Json(json!({ "accepted": true }))).into_response())
}

/// Writes a chunk into the outbox; `None` when it is there already.
async fn accept(app: &App, body: &Bytes) -> Result<Option<OutboxId>, ApiError> {
    let Body(chunk) = Body::<Chunk>::from_bytes(body)?;
    let pattern = app.ports.settings().marketo_callback_url().await?;
    if !may_call_back(&chunk.callback_url, &pattern) {
        return Err(ApiError::invalid("The callback URL is not one of this Marketo instance."));
    }
    if !chunk.is_callable() {
        return Err(ApiError::invalid("The token, key, URL or subscription of the callback is too long."));
    }
    if chunk.object_data.is_empty() {
        return Err(ApiError::invalid("The chunk has no leads."));
    }
    let callback = chunk.callback();
    let id = OutboxId::of(&callback);
    if outbox::load_head(app, &id).await?.is_some() {
        return Ok(None);
    }
    let program = chunk.program();
    let is_connected = target::is_connected(app, program).await?;
    let leads = chunk.leads();
    platform::log!("flow_step.accepted", outbox = id, leads = leads.len());
    outbox::write(app, &id, NewChunk { callback, program, is_connected, leads }).await?;
    Ok(Some(id))
}

/// Whether a callback URL matches the pattern in scheme, host and port (DESIGN section 4).
fn may_call_back(url: &str, pattern: &str) -> bool {
    Origin::of(url).is_some_and(|origin| origin.fits(pattern))
}

#[cfg(test)]
mod tests {
    use super::may_call_back;

    #[test]
    fn callbacks_go_to_the_configured_scheme_host_and_port_only() {
        let pattern = "https://*.adobe.io";
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
            assert_eq!(may_call_back(url, pattern), allowed, "{url}");
        }
        assert!(may_call_back("http://127.0.0.1:4002/callback/1", "http://127.0.0.1:4002"));
        assert!(!may_call_back("http://127.0.0.1:4003/callback/1", "http://127.0.0.1:4002"));
    }
}
