//! Creates the fake Zoom, starts its server and routes its requests.

use std::sync::{Arc, Mutex};

use axum::Router;
use axum::routing::any;

use crate::support::control::Control;
use crate::support::interception::intercepted;
use crate::support::runtime::SharedRuntime;
use crate::zoom::fake::Zoom;
use crate::zoom::options::{ADMIN, Options};
use crate::zoom::state::accounts::NewUser;
use crate::zoom::state::zoom_state::ZoomState;
use crate::zoom::{api, control, oauth, pages};

impl Zoom {
    /// Creates a fake Zoom with the account [`ACCOUNT`](crate::zoom::ACCOUNT) and its admin [`ADMIN`]. It serves no port:
    /// [`Zoom::router`] is to answer for its base URL, which has no trailing slash.
    ///
    /// # Errors
    /// Returns an error if the default user cannot be added.
    pub fn new(options: Options, url: &str, runtime: SharedRuntime) -> anyhow::Result<Self> {
        let control = Control::new(runtime);
        let state = ZoomState::new(&options, control.clock.now());
        let zoom = Self {
            state: Arc::new(Mutex::new(state)),
            options: Arc::new(options),
            control,
            url: url.into(),
            _served: None,
        };
        zoom.add_user(NewUser {
            first_name: "Alice".to_owned(),
            last_name: "Admin".to_owned(),
            admin: true,
            ..NewUser::named(ADMIN)
        })?;
        Ok(zoom)
    }

    /// Starts a fake Zoom that serves a port, on the wall clock.
    ///
    /// # Errors
    /// Returns an error if the address cannot be bound.
    #[cfg(feature = "server")]
    pub async fn start(options: Options) -> anyhow::Result<Self> {
        use anyhow::Context;
        let listen = options.listen;
        let listener =
            tokio::net::TcpListener::bind(listen).await.with_context(|| format!("cannot listen on {listen}"))?;
        let url = format!("http://{}", listener.local_addr()?);
        let runtime = Arc::new(crate::support::tokio_runtime::TokioRuntime::default());
        let mut zoom = Self::new(options, &url, runtime)?;
        let served = crate::support::server::serve_on(listener, zoom.router())?;
        zoom._served = Some(Arc::new(served));
        Ok(zoom)
    }

    /// Returns the router of everything that Zoom serves, with the control calls. It logs requests and applies faults.
    pub fn router(&self) -> Router {
        let unserved = Self { _served: None, ..self.clone() };
        let router = Router::new()
            .route("/v2/{*rest}", any(api::answer))
            .merge(oauth::router())
            .merge(pages::router())
            .merge(control::router())
            .with_state(unserved)
            .merge(self.control.routes());
        intercepted(router, self.control.clone())
    }
}
