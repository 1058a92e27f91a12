//! The HTTP server: the listening socket and its connections.

use std::net::SocketAddr;
use std::sync::Arc;

use anyhow::Context;
use http_body_util::BodyExt;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{mpsc, watch};
use wasmtime_wasi_http::Error;

use crate::app::App;

/// Accepts connections until the host stops.
///
/// # Errors
/// Accepting a connection failed.
pub(crate) async fn serve(
    listener: TcpListener,
    app: Arc<App>,
    stop: watch::Receiver<bool>,
    shutdown_complete: mpsc::Sender<()>,
) -> anyhow::Result<()> {
    loop {
        let mut stopped = stop.clone();
        let (stream, client) = tokio::select! {
            accepted = listener.accept() => accepted.context("can't accept a connection")?,
            _ = stopped.wait_for(|&stop| stop) => return Ok(()),
        };
        let (app, shutdown_complete) = (app.clone(), shutdown_complete.clone());
        tokio::spawn(async move {
            tokio::select! {
                () = serve_connection(stream, client, app) => {}
                _ = stopped.wait_for(|&stop| stop) => {}
            }
            drop(shutdown_complete);
        });
    }
}

async fn serve_connection(stream: TcpStream, client: SocketAddr, app: Arc<App>) {
    // Disables Nagle's algorithm: responses are small and the benchmarks measure latency.
    stream.set_nodelay(true).ok();
    let service = service_fn(move |request: http::Request<hyper::body::Incoming>| {
        let app = app.clone();
        async move {
            let request = request.map(|body| body.map_err(Error::from).boxed_unsync());
            let answer = app.answer_client(request, client).await;
            answer.inspect_err(|rejection| eprintln!("closed a connection without an answer: {rejection}"))
        }
    });
    // An error means that the client disconnected, or that a rejected request closed the connection.
    http1::Builder::new().timer(TokioTimer::new()).serve_connection(TokioIo::new(stream), service).await.ok();
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    use super::*;
    use crate::manifest::{HttpTrigger, Route};
    use crate::routes::Router;

    /// Sends one request to a host without components and returns everything it answers.
    async fn exchange(request: &str) -> String {
        let trigger = HttpTrigger { route: Route::Public("/oauth/...".into()), component: "oauth".into() };
        let app = Arc::new(App { router: Router::new(&[trigger]).unwrap(), components: BTreeMap::new() });
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (stop, stopped) = watch::channel(false);
        let (running, mut shutdown_complete) = mpsc::channel(1);
        let server = tokio::spawn(serve(listener, app, stopped, running));

        let mut client = TcpStream::connect(address).await.unwrap();
        client.write_all(request.as_bytes()).await.unwrap();
        let mut answer = String::new();
        client.read_to_string(&mut answer).await.unwrap();

        stop.send_replace(true);
        server.await.unwrap().unwrap();
        assert!(shutdown_complete.recv().await.is_none());
        answer
    }

    #[tokio::test]
    async fn answers_health_checks_and_unknown_paths() {
        let health = exchange("GET /.well-known/spin/health HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n").await;
        assert!(health.starts_with("HTTP/1.1 200") && health.ends_with("OK"), "{health}");
        let unknown = exchange("GET /internal HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n").await;
        assert!(unknown.starts_with("HTTP/1.1 404"), "{unknown}");
    }

    #[tokio::test]
    async fn closes_the_connection_on_an_invalid_host() {
        assert_eq!(exchange("GET /oauth/x HTTP/1.1\r\nhost: oauth.spin.internal\r\n\r\n").await, "");
        assert_eq!(exchange("GET http://oauth.spin.internal/oauth/x HTTP/1.1\r\nhost: a\r\n\r\n").await, "");
        assert_eq!(exchange("GET /oauth/x HTTP/1.1\r\n\r\n").await, "");
    }

    #[tokio::test]
    async fn stopping_closes_open_connections() {
        let app = Arc::new(App { router: Router::new(&[]).unwrap(), components: BTreeMap::new() });
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (stop, stopped) = watch::channel(false);
        let (running, mut shutdown_complete) = mpsc::channel(1);
        let server = tokio::spawn(serve(listener, app, stopped, running));
        let mut client = TcpStream::connect(address).await.unwrap();
        client.write_all(b"GET /unfinished").await.unwrap();
        drop(stop);
        server.await.unwrap().unwrap();
        assert!(shutdown_complete.recv().await.is_none());
        assert!(matches!(client.read(&mut [0]).await, Ok(0) | Err(_)));
    }
}
