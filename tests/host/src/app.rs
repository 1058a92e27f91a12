//! The running application: who answers which request.

use std::collections::BTreeMap;
use std::net::SocketAddr;

use http::{Request, Response, StatusCode};
use wasmtime_wasi_http::WasiBody;
use wasmtime_wasi_http::handler::TrapOrPanicError;

use crate::component::{Peak, Workers};
use crate::logs::ComponentLogs;
use crate::outbound::{empty, full};
use crate::request::{self, Refused};
use crate::routes::{RouteMatch, Router};

/// Below this, Spin answers itself.
const WELL_KNOWN: &str = "/.well-known/spin/";

/// The application's routes and components.
pub(crate) struct App {
    pub(crate) router: Router,
    /// By id.
    pub(crate) components: BTreeMap<String, Component>,
}

/// A component that takes requests.
pub(crate) struct Component {
    pub(crate) workers: Workers,
    pub(crate) logs: ComponentLogs,
    pub(crate) peak: Peak,
}

impl App {
    /// Answers a request from outside.
    ///
    /// # Errors
    /// The request is one that is not answered at all.
    pub(crate) async fn answer_outside(
        &self,
        mut request: Request<WasiBody>,
        client: SocketAddr,
    ) -> Result<Response<WasiBody>, Refused> {
        if let Some(name) = request.uri().path().strip_prefix(WELL_KNOWN) {
            return Ok(if name == "health" { Response::new(full("OK")) } else { only(StatusCode::NOT_FOUND) });
        }
        let Some(found) = self.router.find(request.uri().path()) else { return Ok(only(StatusCode::NOT_FOUND)) };
        request::from_outside(&mut request, &found, client)?;
        match self.components.get(&found.component) {
            Some(component) => Ok(component.answer(request).await),
            None => Ok(only(StatusCode::NOT_FOUND)),
        }
    }

    /// Answers a request that a component sent to the component `target`; none if there is no such component.
    pub(crate) async fn answer_component(
        &self,
        target: &str,
        mut request: Request<WasiBody>,
    ) -> Option<Response<WasiBody>> {
        let component = self.components.get(target)?;
        let found = RouteMatch::chained(target, request.uri().path());
        request::from_component(&mut request, &found);
        Some(component.answer(request).await)
    }
}

impl Component {
    /// The component's response, or 500 if it failed; why it failed is in its log.
    async fn answer(&self, request: Request<WasiBody>) -> Response<WasiBody> {
        match self.workers.handle((), request).await {
            Ok(response) => response,
            Err(error) => {
                // The worker that trapped has told why.
                if !error.is::<TrapOrPanicError>() {
                    self.logs.host_says(&format!("a request failed: {error:#}"));
                }
                only(StatusCode::INTERNAL_SERVER_ERROR)
            }
        }
    }
}

fn only(status: StatusCode) -> Response<WasiBody> {
    let mut response = Response::new(empty());
    *response.status_mut() = status;
    response
}
