//! Both fakes mounted in the in-memory ports of a component under test: no sockets, simulated time.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use axum::{Json, Router};
use http::StatusCode;
use platform::Ports;
use platform::internal_api::{TokenRequest, ZoomToken};
use platform::testing::in_memory::InMemoryPorts;
use platform::url_origin::UrlOrigin;

use crate::marketo::Marketo;
use crate::support::in_memory::InMemoryRuntime;
use crate::support::runtime::SharedRuntime;
use crate::zoom::{ADMIN, Zoom};
use crate::{marketo, zoom};

/// Host of the fake Zoom.
pub const ZOOM_HOST: &str = "zoom.test";
/// Host of the fake Marketo.
pub const MARKETO_HOST: &str = "marketo.test";
/// Host of the application, to which the fakes send events and chunks. A test serves the component's router there.
pub const APP_HOST: &str = "app.test";
/// Host of the component `oauth`, from which other components get access tokens. A test serves [`token_router`] there.
pub const OAUTH_HOST: &str = "oauth.spin.internal";
/// Public URL of the application.
pub const APP_URL: &str = "https://app.test";

/// A fake Zoom and a fake Marketo that answer for their hosts until this is dropped.
pub struct MountedFakes {
    /// The fake Zoom.
    pub zoom: Zoom,
    /// The fake Marketo.
    pub marketo: Marketo,
    /// Their clock, outbound requests and tasks.
    pub runtime: InMemoryRuntime,
    memory: InMemoryPorts,
}

impl MountedFakes {
    /// Mounts both fakes with default options and sets the variables with which a component uses them.
    #[must_use]
    pub fn mount(memory: &InMemoryPorts) -> Self {
        Self::mount_with(memory, memory.ports(), zoom::Options::default(), marketo::Options::in_memory())
    }

    /// Mounts both fakes. They take the clock and the outbound HTTP of `ports`, which are those of the memory or of a
    /// simulation over it. The fake Zoom sends its events to the application at [`APP_URL`].
    ///
    /// # Panics
    /// If the default user of the fake Zoom cannot be added.
    #[must_use]
    #[expect(clippy::expect_used, reason = "a test must not continue")]
    pub fn mount_with(memory: &InMemoryPorts, ports: Ports, zoom: zoom::Options, marketo: marketo::Options) -> Self {
        let runtime = InMemoryRuntime::over(ports);
        let shared: SharedRuntime = Arc::new(runtime.clone());
        let zoom = zoom::Options {
            redirect_uri: Some(format!("{APP_URL}/oauth/callback")),
            event_url: Some(format!("{APP_URL}/zoom/events")),
            deauthorization_url: Some(format!("{APP_URL}/oauth/zoom-events")),
            ..zoom
        };
        let zoom_url = format!("http://{ZOOM_HOST}");
        let marketo_url = format!("http://{MARKETO_HOST}");
        for (name, value) in [
            ("public_url", APP_URL),
            ("zoom_client_id", &zoom.client_id),
            ("zoom_client_secret", &zoom.client_secret),
            ("zoom_webhook_secret", &zoom.webhook_secret),
            ("zoom_oauth_url", &zoom_url),
            ("zoom_api_url", &zoom_url),
            ("marketo_url", &marketo_url),
            ("marketo_client_id", &marketo.client_id),
            ("marketo_client_secret", &marketo.client_secret),
            ("marketo_callback_url", &marketo_url),
        ] {
            memory.set(name, value);
        }
        let zoom = Zoom::new(zoom, &zoom_url, shared.clone()).expect("the default user is valid");
        let marketo = Marketo::new(marketo, &marketo_url, shared);
        memory.serve(ZOOM_HOST, zoom.router());
        memory.serve(MARKETO_HOST, marketo.router());
        Self { zoom, marketo, runtime, memory: memory.clone() }
    }

    /// Runs a future to completion. Meanwhile the tasks of the fakes and the background work of the component run (see
    /// [`InMemoryRuntime::drive`]).
    pub async fn drive<T>(&self, future: impl Future<Output = T>) -> T {
        self.runtime.drive(&self.memory, future).await
    }
}

/// Unmounts the fakes, the application and [`token_router`], and drops tasks that have not run. They hold the ports that
/// hold them, so they would never be freed.
impl Drop for MountedFakes {
    fn drop(&mut self) {
        for host in [ZOOM_HOST, MARKETO_HOST, APP_HOST, OAUTH_HOST] {
            self.memory.serve(host, Router::new());
        }
        self.runtime.drop_tasks();
    }
}

/// Returns a router that answers for the component `oauth`: it hands out access tokens of the admin [`ADMIN`] for any
/// service, and accepts problems of services.
pub fn token_router(zoom: &Zoom) -> Router {
    token_router_of(zoom, |_| ADMIN.to_owned())
}

/// Returns the same for services of several admins. `admin_of` returns the e-mail address of the admin of a service.
pub fn token_router_of(zoom: &Zoom, admin_of: impl Fn(&str) -> String + Clone + Send + Sync + 'static) -> Router {
    let token = async move |State(zoom): State<Zoom>, Path(service): Path<String>, body: Bytes| {
        token(&zoom, &admin_of(&service), &body)
    };
    Router::new()
        .route("/internal/token/{service}", post(token))
        .route("/internal/problem/{service}", post(async |Path(_): Path<String>| StatusCode::NO_CONTENT))
        .with_state(zoom.clone())
}

#[expect(clippy::expect_used, reason = "a test must not continue")]
fn token(zoom: &Zoom, admin: &str, body: &[u8]) -> Response {
    let request: TokenRequest = serde_json::from_slice(body).unwrap_or_default();
    if let Some(refused) = request.refused {
        zoom.expire_access_token(&refused);
    }
    match zoom.access_token(admin) {
        Ok((access_token, expires_at)) => {
            let api_base = UrlOrigin::parse(&zoom.api_url()).expect("the fake Zoom has an origin");
            let token = ZoomToken { access_token: access_token.into(), api_base, expires_at };
            Json(token).into_response()
        }
        Err(error) => (StatusCode::BAD_GATEWAY, error.to_string()).into_response(),
    }
}
