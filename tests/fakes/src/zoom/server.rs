//! Starts the fake Zoom and routes its requests.

use std::sync::{Arc, Mutex};

use anyhow::Context;
use axum::Router;
use axum::routing::any;
use tokio::net::TcpListener;

use crate::support::control::Control;
use crate::support::server::serve_on;
use crate::zoom::fake::Zoom;
use crate::zoom::options::{ADMIN, Options};
use crate::zoom::state::accounts::NewUser;
use crate::zoom::state::zoom_state::ZoomState;
use crate::zoom::{api, control, oauth, pages};

impl Zoom {
    /// Starts a fake Zoom with the account [`ACCOUNT`](crate::zoom::ACCOUNT) and its admin [`ADMIN`].
    ///
    /// # Errors
    /// Returns an error if the address cannot be bound.
    pub async fn start(options: Options) -> anyhow::Result<Self> {
        let listener =
            TcpListener::bind(options.listen).await.with_context(|| format!("cannot listen on {}", options.listen))?;
        let url = format!("http://{}", listener.local_addr()?);
        let control = Control::default();
        let state = ZoomState::new(&options, control.clock.now());
        let mut zoom = Self {
            state: Arc::new(Mutex::new(state)),
            options: Arc::new(options),
            control,
            url: url.into(),
            http: reqwest::Client::new(),
            served: None,
        };
        zoom.add_user(NewUser {
            first_name: "Alice".to_owned(),
            last_name: "Admin".to_owned(),
            admin: true,
            ..NewUser::named(ADMIN)
        })?;
        let served = serve_on(listener, zoom.router(), zoom.control.clone())?;
        zoom.served = Some(Arc::new(served));
        Ok(zoom)
    }

    fn router(&self) -> Router {
        Router::new()
            .route("/v2/{*rest}", any(api::answer))
            .merge(oauth::router())
            .merge(pages::router())
            .merge(control::router())
            .with_state(self.clone())
            .merge(self.control.routes())
    }
}
