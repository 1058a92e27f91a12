//! The HTTP server of a fake.
//!
//! It drives connections with hyper directly, because a fault must be able to close one without a response.

use std::net::SocketAddr;

use anyhow::Context;
use axum::Router;
use axum::body::Body;
use axum::response::Response;
use http::Request;
use hyper::body::Incoming;
use hyper_util::rt::TokioIo;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::{JoinHandle, JoinSet};
use tower_service::Service;

use crate::support::control::Control;
use crate::support::interception::{ConnectionDropped, intercepted};

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
    Ok(serve_on(listener, intercepted(router, control))?)
}

/// Serves on a listener that is already bound, for a fake that must know its own URL first.
pub(crate) fn serve_on(listener: TcpListener, router: Router) -> std::io::Result<ServerHandle> {
    let addr = listener.local_addr()?;
    let accepting = tokio::spawn(accept(listener, router));
    Ok(ServerHandle { addr, accepting })
}

async fn accept(listener: TcpListener, router: Router) {
    // The set is dropped with this task, which closes every connection.
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => {
                if let Ok((stream, _)) = accepted {
                    connections.spawn(serve_connection(stream, router.clone()));
                }
            }
            Some(_) = connections.join_next(), if !connections.is_empty() => {}
        }
    }
}

async fn serve_connection(stream: TcpStream, router: Router) {
    let service = hyper::service::service_fn(move |request| handle_request(request, router.clone()));
    // An error here is a dropped connection, by a fault or by the client; the log shows both.
    let _ = hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
}

/// Executes a request in its own task, so that the work continues when the caller disconnects, as at a real server.
async fn handle_request(request: Request<Incoming>, mut router: Router) -> Result<Response, ConnectionDropped> {
    let answer = router.call(request.map(Body::new));
    match tokio::spawn(answer).await {
        Ok(Ok(response)) if response.extensions().get::<ConnectionDropped>().is_none() => Ok(response),
        _ => Err(ConnectionDropped),
    }
}
