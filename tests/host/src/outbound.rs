//! Requests that components send: checked against their allowed hosts, then to another component or to the network.

use std::sync::{Arc, Weak};

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::BodyExt;
use wasmtime_wasi_http::{Error, RequestOptions, WasiBody, WasiHttpHooks, default_send_request};

use crate::allowed_hosts::{AllowedHosts, chained_component};
use crate::app::App;
use crate::logs::ComponentLogs;

/// What becomes of the rest of an exchange once the response's head is there.
type Rest = Box<dyn Future<Output = Result<(), Error>> + Send>;

/// The way out for one instance.
pub(crate) struct Outbound {
    caller: Arc<str>,
    allowed: Arc<AllowedHosts>,
    logs: ComponentLogs,
    app: Weak<App>,
}

impl Outbound {
    /// The way out for an instance of the component `caller`.
    pub(crate) fn new(caller: Arc<str>, allowed: Arc<AllowedHosts>, logs: ComponentLogs, app: Weak<App>) -> Self {
        Self { caller, allowed, logs, app }
    }
}

impl WasiHttpHooks for Outbound {
    fn send_request(
        &mut self,
        request: Request<WasiBody>,
        options: Option<RequestOptions>,
        _consumed: Rest,
    ) -> Box<dyn Future<Output = Result<(Response<WasiBody>, Rest), Error>> + Send> {
        if !self.allowed.allow(request.uri()) {
            let uri = request.uri();
            // Scheme and authority only: paths and queries can hold what no log may show.
            let target =
                format!("{}://{}", uri.scheme_str().unwrap_or("?"), uri.authority().map_or("?", |a| a.as_str()));
            self.logs.host_says(&format!(
                "denied: {} may not send requests to {target}; see its allowed_outbound_hosts",
                self.caller
            ));
            return Box::new(std::future::ready(Err(Error::HttpRequestDenied)));
        }
        match request.uri().host().and_then(chained_component).map(str::to_owned) {
            Some(target) => Box::new(chain(self.app.clone(), target, request)),
            None => Box::new(send(request, options)),
        }
    }
}

async fn chain(
    app: Weak<App>,
    target: String,
    request: Request<WasiBody>,
) -> Result<(Response<WasiBody>, Rest), Error> {
    // The application is gone when the host stops, and then nobody waits for an answer.
    let app = app.upgrade().ok_or(Error::ConnectionTerminated)?;
    let response = app.answer_component(&target, request).await.ok_or(Error::DestinationNotFound)?;
    Ok((response, Box::new(std::future::ready(Ok(())))))
}

/// Sends over the network. Where the guest gives no timeouts, wasmtime's 600 seconds hold, which are Spin's too.
async fn send(
    request: Request<WasiBody>,
    options: Option<RequestOptions>,
) -> Result<(Response<WasiBody>, Rest), Error> {
    let (response, rest) = default_send_request(request, options).await?;
    Ok((response.map(BodyExt::boxed_unsync), Box::new(rest)))
}

/// An empty body.
pub(crate) fn empty() -> WasiBody {
    full(Bytes::new())
}

/// A body that is all there.
pub(crate) fn full(bytes: impl Into<Bytes>) -> WasiBody {
    http_body_util::Full::new(bytes.into()).map_err(Error::from).boxed_unsync()
}
