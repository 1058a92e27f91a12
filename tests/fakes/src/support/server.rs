//! The server around a stand-in: it records every request and lets faults befall it.
//!
//! Connections are driven by hyper directly, since a fault must be able to close one without any answer.

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

use super::{Backstage, DropWhen, Effect, Refusal};

/// Larger than any body that either system accepts; the stand-ins themselves refuse what is too large for them.
const BODY_LIMIT: usize = 64 * 1024 * 1024;

/// A running server. It stops, and its connections close, when this is dropped.
#[derive(Debug)]
pub struct Served {
    /// Where it listens.
    pub addr: SocketAddr,
    accepting: JoinHandle<()>,
}

impl Served {
    /// The base URL, without a trailing slash.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}", self.addr)
    }

    /// Stops the server and closes its connections.
    pub fn shutdown(&self) {
        self.accepting.abort();
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        self.shutdown();
    }
}

/// Serves a router, recording its requests and applying faults to them. Paths under `/_control/` are exempt from both.
///
/// # Errors
/// If the address cannot be listened on.
pub async fn serve(router: Router, listen: SocketAddr, backstage: Backstage) -> anyhow::Result<Served> {
    let listener = TcpListener::bind(listen).await.with_context(|| format!("cannot listen on {listen}"))?;
    Ok(serve_on(listener, router, backstage)?)
}

/// The same on a listener already bound, for a stand-in that must know its own URL first.
pub(crate) fn serve_on(listener: TcpListener, router: Router, backstage: Backstage) -> std::io::Result<Served> {
    let addr = listener.local_addr()?;
    let accepting = tokio::spawn(accept(listener, router, backstage));
    Ok(Served { addr, accepting })
}

async fn accept(listener: TcpListener, router: Router, backstage: Backstage) {
    // Dropped with this task, which closes every connection.
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => {
                if let Ok((stream, _)) = accepted {
                    connections.spawn(converse(stream, router.clone(), backstage.clone()));
                }
            }
            Some(_) = connections.join_next(), if !connections.is_empty() => {}
        }
    }
}

async fn converse(stream: TcpStream, router: Router, backstage: Backstage) {
    let service = hyper::service::service_fn(move |request| answer(request, router.clone(), backstage.clone()));
    // An error here is a dropped connection: ours on purpose, or the client's; both are in the record.
    let _ = hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
}

/// The connection is to be closed without an answer.
#[derive(Debug)]
struct Dropped;

impl std::fmt::Display for Dropped {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("dropped on purpose")
    }
}

impl std::error::Error for Dropped {}

/// Reads a request and has it worked on in a task of its own: a real server goes on with what it began when the caller
/// hangs up, and so does this one.
async fn answer(request: Request<Incoming>, router: Router, backstage: Backstage) -> Result<Response, Dropped> {
    let (parts, body) = request.into_parts();
    let body = match Limited::new(body, BODY_LIMIT).collect().await {
        Ok(collected) => collected.to_bytes(),
        Err(_) => return Ok(StatusCode::PAYLOAD_TOO_LARGE.into_response()),
    };
    tokio::spawn(work(parts, body, router, backstage)).await.unwrap_or(Err(Dropped))
}

async fn work(
    parts: http::request::Parts,
    body: Bytes,
    mut router: Router,
    backstage: Backstage,
) -> Result<Response, Dropped> {
    let path = parts.uri.path();
    if path.starts_with("/_control/") {
        return Ok(execute(&mut router, parts, body).await);
    }

    let method = parts.method.as_str();
    let seq = backstage.log.open(backstage.clock.now(), method, &parts.uri, &parts.headers, &body);
    let effect = backstage.faults.strike(method, path);
    if let Some(effect) = &effect {
        backstage.log.note_fault(seq, serde_json::to_string(effect).unwrap_or_default());
    }
    match effect {
        Some(Effect::Drop { drop: DropWhen::Before }) => return Err(Dropped),
        Some(Effect::Hang { hang_ms }) => {
            tokio::time::sleep(Duration::from_millis(hang_ms)).await;
            return Err(Dropped);
        }
        Some(Effect::Status { status, body, headers }) => {
            backstage.log.close(seq, status, None);
            return Ok(canned(status, &body, headers));
        }
        Some(Effect::Delay { delay_ms }) => tokio::time::sleep(Duration::from_millis(delay_ms)).await,
        Some(Effect::Drop { drop: DropWhen::After } | Effect::Malformed { .. }) | None => {}
    }

    let response = execute(&mut router, parts, body).await;
    let refusal = refusal(&response);
    match effect {
        Some(Effect::Drop { .. }) => Err(Dropped),
        Some(Effect::Malformed { .. }) => {
            backstage.log.close(seq, response.status().as_u16(), refusal);
            Ok(garbled(response))
        }
        _ => {
            backstage.log.close(seq, response.status().as_u16(), refusal);
            Ok(response)
        }
    }
}

/// Why a request was refused: what its handler noted, or the bare status where none did.
fn refusal(response: &Response) -> Option<String> {
    let noted = response.extensions().get::<Refusal>().map(|refusal| refusal.0.clone());
    let status = response.status();
    noted.or_else(|| (status.is_client_error() || status.is_server_error()).then(|| status.to_string()))
}

async fn execute(router: &mut Router, parts: http::request::Parts, body: Bytes) -> Response {
    match router.call(Request::from_parts(parts, Body::from(body))).await {
        Ok(response) => response,
        Err(never) => match never {},
    }
}

fn canned(status: u16, body: &Value, headers: impl IntoIterator<Item = (String, String)>) -> Response {
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

/// The same status and headers over a body that breaks off.
fn garbled(response: Response) -> Response {
    let (mut parts, _) = response.into_parts();
    parts.headers.remove(header::CONTENT_LENGTH);
    Response::from_parts(parts, Body::from("{\"id\":\"<html>\u{fffd}"))
}
