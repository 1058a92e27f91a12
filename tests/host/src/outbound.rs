//! Outbound requests of components: checks the allowed hosts, then sends to another component or to the network.

use std::sync::{Arc, Weak};

use http::{Request, Response};
use http_body_util::BodyExt;
use wasmtime_wasi_http::{Error, RequestOptions, WasiBody, WasiHttpHooks, default_send_request};

use crate::allowed_hosts::{AllowedHosts, chained_component};
use crate::logs::ComponentLogs;

/// Service chaining: answers requests that one component sends to another. The running application implements it.
#[async_trait::async_trait]
pub(crate) trait ServiceChain: Send + Sync {
    /// Sends `request` to the component `target`. Returns `None` if there is no such component.
    async fn call_component(&self, target: &str, request: Request<WasiBody>) -> Option<Response<WasiBody>>;
}

/// The I/O that remains of an exchange once the response's head has arrived.
type RemainingIo = Box<dyn Future<Output = Result<(), Error>> + Send>;

/// Sends the outbound requests of one instance.
pub(crate) struct OutboundHttp {
    caller: Arc<str>,
    allowed: Arc<AllowedHosts>,
    logs: ComponentLogs,
    chain: Weak<dyn ServiceChain>,
}

impl OutboundHttp {
    /// Creates the sender for an instance of the component `caller`.
    pub(crate) fn new(
        caller: Arc<str>,
        allowed: Arc<AllowedHosts>,
        logs: ComponentLogs,
        chain: Weak<dyn ServiceChain>,
    ) -> Self {
        Self { caller, allowed, logs, chain }
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
            None => Box::new(send_to_network(request, options)),
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

/// Sends a request over the network. Without timeouts from the guest, wasmtime's default of 600 seconds applies, which
/// is also Spin's.
async fn send_to_network(
    request: Request<WasiBody>,
    options: Option<RequestOptions>,
) -> Result<(Response<WasiBody>, RemainingIo), Error> {
    let (response, remaining_io) = default_send_request(request, options).await?;
    Ok((response.map(BodyExt::boxed_unsync), Box::new(remaining_io)))
}
