//! The running application: sends each request to the component that its route names.

use std::collections::BTreeMap;
use std::net::SocketAddr;

use bytes::Bytes;
use http::{Request, Response, StatusCode};
use http_body_util::{BodyExt, Full};
use wasmtime_wasi_http::handler::TrapOrPanicError;
use wasmtime_wasi_http::{Error, WasiBody};

use crate::component::{PeakMemory, Workers};
use crate::logs::ComponentLogs;
use crate::outbound::ServiceChain;
use crate::request::{self, RequestRejection};
use crate::routes::{RouteMatch, Router};

/// The path prefix that Spin answers itself.
const WELL_KNOWN: &str = "/.well-known/spin/";

/// The application's routes and components.
pub(crate) struct App {
    pub(crate) router: Router,
    /// The components by id.
    pub(crate) components: BTreeMap<String, ComponentHandle>,
}

/// A component that takes requests.
pub(crate) struct ComponentHandle {
    pub(crate) workers: Workers,
    pub(crate) logs: ComponentLogs,
    pub(crate) peak_memory: PeakMemory,
}

impl App {
    /// Answers a request from a client.
    ///
    /// # Errors
    /// The request's host is not acceptable; the server closes the connection without an answer.
    pub(crate) async fn answer_client(
        &self,
        mut request: Request<WasiBody>,
        client: SocketAddr,
    ) -> Result<Response<WasiBody>, RequestRejection> {
        if let Some(name) = request.uri().path().strip_prefix(WELL_KNOWN) {
            let healthy = name == "health";
            return Ok(if healthy { Response::new(body("OK")) } else { status_only(StatusCode::NOT_FOUND) });
        }
        let Some(found) = self.router.find(request.uri().path()) else {
            return Ok(status_only(StatusCode::NOT_FOUND));
        };
        request::prepare_client_request(&mut request, &found, client)?;
        match self.components.get(&found.component) {
            Some(component) => Ok(component.answer(request).await),
            None => Ok(status_only(StatusCode::NOT_FOUND)),
        }
    }
}

#[async_trait::async_trait]
impl ServiceChain for App {
    async fn call_component(&self, target: &str, mut request: Request<WasiBody>) -> Option<Response<WasiBody>> {
        let component = self.components.get(target)?;
        let found = RouteMatch::chained(target, request.uri().path());
        request::prepare_chained_request(&mut request, &found);
        Some(component.answer(request).await)
    }
}

impl ComponentHandle {
    /// Returns the component's response, or 500 if it failed. The component's log has the reason.
    async fn answer(&self, request: Request<WasiBody>) -> Response<WasiBody> {
        match self.workers.handle((), request).await {
            Ok(response) => response,
            Err(error) => {
                // The worker has already logged a trap.
                if !error.is::<TrapOrPanicError>() {
                    self.logs.host_line(&format!("a request failed: {error:#}"));
                }
                status_only(StatusCode::INTERNAL_SERVER_ERROR)
            }
        }
    }
}

fn status_only(status: StatusCode) -> Response<WasiBody> {
    let mut response = Response::new(body(Bytes::new()));
    *response.status_mut() = status;
    response
}

fn body(bytes: impl Into<Bytes>) -> WasiBody {
    Full::new(bytes.into()).map_err(Error::from).boxed_unsync()
}
