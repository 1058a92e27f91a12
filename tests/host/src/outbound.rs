//! Outbound requests of components: checks the allowed hosts, then sends to another component or to the network.

use std::sync::{Arc, Weak};
use std::time::Duration;

use http::uri::Scheme;
use http::{Request, Response};
use http_body_util::BodyExt;
use hyper_util::client::legacy::{self, Client, connect::HttpConnector};
use hyper_util::rt::{TokioExecutor, TokioTimer};
use wasmtime_wasi_http::{Error, RequestOptions, WasiBody, WasiHttpHooks, default_send_request};

use crate::allowed_hosts::{AllowedHosts, chained_component};
use crate::logs::ComponentLogs;

/// How long a server may take until its response begins.
const TIMEOUT: Duration = Duration::from_secs(600);

/// Service chaining: answers requests that one component sends to another. The running application implements it.
#[async_trait::async_trait]
pub(crate) trait ServiceChain: Send + Sync {
    /// Sends `request` to the component `target`. Returns `None` if there is no such component.
    async fn call_component(&self, target: &str, request: Request<WasiBody>) -> Option<Response<WasiBody>>;
}

/// Open connections to servers of the network, which all components share, as in Spin.
#[derive(Clone)]
pub(crate) struct ConnectionPool(Client<HttpConnector, WasiBody>);

impl ConnectionPool {
    /// Creates an empty pool.
    pub(crate) fn new() -> Self {
        let mut connector = HttpConnector::new();
        connector.set_nodelay(true);
        Self(Client::builder(TokioExecutor::new()).pool_timer(TokioTimer::new()).build(connector))
    }

    /// Sends a request without TLS over an idle or a new connection.
    async fn send(&self, request: Request<WasiBody>) -> Result<Response<WasiBody>, Error> {
        let response = self.0.request(request).await.map_err(|error| send_error(&error))?;
        Ok(response.map(|body| body.map_err(Error::from).boxed_unsync()))
    }
}

/// Converts the pool's error. A server that was not reached is distinct from one that may have executed the request.
fn send_error(error: &legacy::Error) -> Error {
    if error.is_connect() { Error::ConnectionRefused } else { Error::ConnectionTerminated }
}

/// The I/O that remains of an exchange once the response's head has arrived.
type RemainingIo = Box<dyn Future<Output = Result<(), Error>> + Send>;

/// Sends the outbound requests of one instance.
pub(crate) struct OutboundHttp {
    caller: Arc<str>,
    allowed: Arc<AllowedHosts>,
    logs: ComponentLogs,
    chain: Weak<dyn ServiceChain>,
    pool: ConnectionPool,
}

impl OutboundHttp {
    /// Creates the sender for an instance of the component `caller`.
    pub(crate) fn new(
        caller: Arc<str>,
        allowed: Arc<AllowedHosts>,
        logs: ComponentLogs,
        chain: Weak<dyn ServiceChain>,
        pool: ConnectionPool,
    ) -> Self {
        Self { caller, allowed, logs, chain, pool }
    }
}

impl WasiHttpHooks for OutboundHttp {
    fn send_request(
        &mut self,
        request: Request<WasiBody>,
        options: Option<RequestOptions>,
        _consumed: RemainingIo,
    ) -> Box<dyn Future<Output = Result<(Response<WasiBody>, RemainingIo), Error>> + Send> {
        if !self.allowed.allow(request.uri()) {
            let uri = request.uri();
            // Logs the scheme and the authority only: paths and queries can hold secrets and personal data.
            let target =
                format!("{}://{}", uri.scheme_str().unwrap_or("?"), uri.authority().map_or("?", |a| a.as_str()));
            self.logs.host_line(&format!(
                "denied: {} may not send requests to {target}; see its allowed_outbound_hosts",
                self.caller
            ));
            return Box::new(std::future::ready(Err(Error::HttpRequestDenied)));
        }
        match request.uri().host().and_then(chained_component).map(str::to_owned) {
            Some(target) => Box::new(send_to_component(self.chain.clone(), target, request)),
            None => Box::new(send_to_network(self.pool.clone(), request, options)),
        }
    }
}

async fn send_to_component(
    chain: Weak<dyn ServiceChain>,
    target: String,
    request: Request<WasiBody>,
) -> Result<(Response<WasiBody>, RemainingIo), Error> {
    // The application is dropped when the host stops; the caller's instance is dropped with it.
    let chain = chain.upgrade().ok_or(Error::ConnectionTerminated)?;
    let response = chain.call_component(&target, request).await.ok_or(Error::DestinationNotFound)?;
    Ok((response, Box::new(std::future::ready(Ok(())))))
}

/// Sends a request over the network. Requests with TLS or with timeouts of the guest get a connection of their own.
/// Without timeouts, wasmtime's default of 600 seconds applies, which is also Spin's.
async fn send_to_network(
    pool: ConnectionPool,
    request: Request<WasiBody>,
    options: Option<RequestOptions>,
) -> Result<(Response<WasiBody>, RemainingIo), Error> {
    if options.is_none() && request.uri().scheme() == Some(&Scheme::HTTP) {
        let response = tokio::time::timeout(TIMEOUT, pool.send(request)).await;
        let response = response.map_err(|_elapsed| Error::ConnectionReadTimeout)??;
        return Ok((response, Box::new(std::future::ready(Ok(())))));
    }
    let (response, remaining_io) = default_send_request(request, options).await?;
    Ok((response.map(BodyExt::boxed_unsync), Box::new(remaining_io)))
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use http_body_util::Full;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::TcpListener;

    use super::*;

    async fn send(pool: &ConnectionPool, url: String) -> Result<Bytes, Error> {
        let body = Full::new(Bytes::from("{}")).map_err(Error::from).boxed_unsync();
        let request = Request::post(url).body(body).unwrap();
        let (response, _) = send_to_network(pool.clone(), request, None).await?;
        Ok(response.into_body().collect().await?.to_bytes())
    }

    #[tokio::test]
    async fn requests_share_a_connection_until_the_server_closes_it() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/", listener.local_addr().unwrap());
        // Answers two requests on each connection, with the number of the connection.
        let server = tokio::spawn(async move {
            for number in 1..=2 {
                let (mut stream, _) = listener.accept().await.unwrap();
                for _ in 0..2 {
                    let mut request = Vec::new();
                    while !request.ends_with(b"{}") {
                        assert_ne!(stream.read_buf(&mut request).await.unwrap(), 0);
                    }
                    let answer = format!("HTTP/1.1 200 OK\r\ncontent-length: 1\r\n\r\n{number}");
                    stream.write_all(answer.as_bytes()).await.unwrap();
                }
            }
        });
        let pool = ConnectionPool::new();
        for number in ["1", "1"] {
            assert_eq!(send(&pool, url.clone()).await.unwrap(), number);
        }
        // The pool learns of the closed connection.
        tokio::time::sleep(Duration::from_millis(50)).await;
        for number in ["2", "2"] {
            assert_eq!(send(&pool, url.clone()).await.unwrap(), number);
        }
        server.await.unwrap();
    }

    #[tokio::test]
    async fn a_server_that_was_not_reached_differs_from_one_that_closed_the_connection() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/", listener.local_addr().unwrap());
        let pool = ConnectionPool::new();
        let answer = tokio::spawn({
            let (pool, url) = (pool.clone(), url.clone());
            async move { send(&pool, url).await }
        });
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut request = Vec::new();
        while !request.ends_with(b"{}") {
            assert_ne!(stream.read_buf(&mut request).await.unwrap(), 0);
        }
        drop((stream, listener));
        assert!(matches!(answer.await.unwrap(), Err(Error::ConnectionTerminated)));
        assert!(matches!(send(&pool, url).await, Err(Error::ConnectionRefused)));
    }
}
