//! The HTTP server of a fake: it logs every request and applies faults.
//!
//! It drives connections with hyper directly, because a fault must be able to close one without a response.

use std::net::SocketAddr;
use std::time::Duration;

use anyhow::Context;
use axum::Router;
use axum::body::Body;
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use http::{HeaderName, HeaderValue, Request, StatusCode, header};
use http_body_util::{BodyExt, Limited};
use hyper::body::Incoming;
use hyper_util::rt::TokioIo;
use serde_json::Value;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::{JoinHandle, JoinSet};
use tower_service::Service;

use crate::support::control::Control;
use crate::support::fault_injection::{DropWhen, Effect};
use crate::support::request_log::RefusalReason;

/// Maximum size of a request body. It exceeds what either system accepts; each fake enforces its own limit.
const BODY_LIMIT: usize = 64 * 1024 * 1024;

/// A running server. Dropping the handle stops the server and closes its connections.
#[derive(Debug)]
pub struct ServerHandle {
    /// The address that the server listens on.
    pub addr: SocketAddr,
    accepting: JoinHandle<()>,
}

impl ServerHandle {
    /// Returns the base URL, without a trailing slash.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}", self.addr)
    }

    /// Stops the server and closes its connections.
    pub fn shutdown(&self) {
        self.accepting.abort();
    }
}

impl Drop for ServerHandle {
    fn drop(&mut self) {
        self.shutdown();
    }
}

/// Serves a router, logs its requests and applies faults to them. Paths under `/_control/` are exempt from both.
///
/// # Errors
/// Returns an error if the address cannot be bound.
pub async fn serve(router: Router, listen: SocketAddr, control: Control) -> anyhow::Result<ServerHandle> {
    let listener = TcpListener::bind(listen).await.with_context(|| format!("cannot listen on {listen}"))?;
    Ok(serve_on(listener, router, control)?)
}

/// Serves on a listener that is already bound, for a fake that must know its own URL first.
pub(crate) fn serve_on(listener: TcpListener, router: Router, control: Control) -> std::io::Result<ServerHandle> {
    let addr = listener.local_addr()?;
    let accepting = tokio::spawn(accept(listener, router, control));
    Ok(ServerHandle { addr, accepting })
}

async fn accept(listener: TcpListener, router: Router, control: Control) {
    // The set is dropped with this task, which closes every connection.
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => {
                if let Ok((stream, _)) = accepted {
                    connections.spawn(serve_connection(stream, router.clone(), control.clone()));
                }
            }
            Some(_) = connections.join_next(), if !connections.is_empty() => {}
        }
    }
}

async fn serve_connection(stream: TcpStream, router: Router, control: Control) {
    let service = hyper::service::service_fn(move |request| handle_request(request, router.clone(), control.clone()));
    // An error here is a dropped connection, by a fault or by the client; the log shows both.
    let _ = hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
}

/// Closes the connection without a response.
#[derive(Debug)]
struct ConnectionDropped;

impl std::fmt::Display for ConnectionDropped {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("dropped on purpose")
    }
}

impl std::error::Error for ConnectionDropped {}

/// Reads a request and executes it in its own task, so that the work continues when the caller disconnects, as at a
/// real server.
async fn handle_request(
    request: Request<Incoming>,
    router: Router,
    control: Control,
) -> Result<Response, ConnectionDropped> {
    let (parts, body) = request.into_parts();
    let body = match Limited::new(body, BODY_LIMIT).collect().await {
        Ok(collected) => collected.to_bytes(),
        Err(_) => return Ok(StatusCode::PAYLOAD_TOO_LARGE.into_response()),
    };
    tokio::spawn(handle_with_faults(parts, body, router, control)).await.unwrap_or(Err(ConnectionDropped))
}

async fn handle_with_faults(
    parts: http::request::Parts,
    body: Bytes,
    mut router: Router,
    control: Control,
) -> Result<Response, ConnectionDropped> {
    let path = parts.uri.path();
    if path.starts_with("/_control/") {
        return Ok(execute(&mut router, parts, body).await);
    }

    let method = parts.method.as_str();
    let seq = control.log.open(control.clock.now(), method, &parts.uri, &parts.headers, &body);
    let effect = control.faults.next_effect(method, path);
    if let Some(effect) = &effect {
        control.log.note_fault(seq, serde_json::to_string(effect).unwrap_or_default());
    }
    match effect {
        Some(Effect::Drop { drop: DropWhen::Before }) => return Err(ConnectionDropped),
        Some(Effect::Hang { hang_ms }) => {
            tokio::time::sleep(Duration::from_millis(hang_ms)).await;
            return Err(ConnectionDropped);
        }
        Some(Effect::Status { status, body, headers }) => {
            control.log.close(seq, status, None);
            return Ok(fault_response(status, &body, headers));
        }
        Some(Effect::Delay { delay_ms }) => tokio::time::sleep(Duration::from_millis(delay_ms)).await,
        Some(Effect::Drop { drop: DropWhen::After } | Effect::Malformed { .. }) | None => {}
    }

    let response = execute(&mut router, parts, body).await;
    let refusal = refusal(&response);
    match effect {
        Some(Effect::Drop { .. }) => Err(ConnectionDropped),
        Some(Effect::Malformed { .. }) => {
            control.log.close(seq, response.status().as_u16(), refusal);
            Ok(malformed_response(response))
        }
        _ => {
            control.log.close(seq, response.status().as_u16(), refusal);
            Ok(response)
        }
    }
}

/// Returns why a request was rejected: the reason that its handler gave, or else the status.
fn refusal(response: &Response) -> Option<String> {
    let noted = response.extensions().get::<RefusalReason>().map(|refusal| refusal.0.clone());
    let status = response.status();
    noted.or_else(|| (status.is_client_error() || status.is_server_error()).then(|| status.to_string()))
}

async fn execute(router: &mut Router, parts: http::request::Parts, body: Bytes) -> Response {
    match router.call(Request::from_parts(parts, Body::from(body))).await {
        Ok(response) => response,
        Err(never) => match never {},
    }
}

fn fault_response(status: u16, body: &Value, headers: impl IntoIterator<Item = (String, String)>) -> Response {
    let text = match body {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        json => json.to_string(),
    };
    let mut response = Response::new(Body::from(text));
    *response.status_mut() = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    if !matches!(body, Value::Null | Value::String(_)) {
        response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    }
    for (name, value) in headers {
        if let (Ok(name), Ok(value)) = (HeaderName::try_from(name), HeaderValue::try_from(value)) {
            response.headers_mut().insert(name, value);
        }
    }
    response
}

/// Keeps the status and the headers and replaces the body by a truncated one.
fn malformed_response(response: Response) -> Response {
    let (mut parts, _) = response.into_parts();
    parts.headers.remove(header::CONTENT_LENGTH);
    Response::from_parts(parts, Body::from("{\"id\":\"<html>\u{fffd}"))
}
