//! `GET /healthz`: whether the application can serve, for load balancers. Anybody may call it, so it says nothing else.

use crate::state::AppState;
use axum::extract::State;
use domain::records::{HealthProbeKey, Moment};
use domain::time::SignedDuration;
use domain::{Error, ErrorCode};
use futures::FutureExt;
use futures::future::{Either, select};
use http::StatusCode;
use platform::ApiError;
use platform::http::Json;
use serde::Serialize;
use std::sync::atomic::Ordering;

/// How long the store may take.
const TIMEOUT: SignedDuration = SignedDuration::from_secs(2);

/// Minimum interval between two writes of an instance while the store works, so that nobody fills its limits by
/// calling.
const WRITE_INTERVAL: SignedDuration = SignedDuration::from_secs(3);

/// Answer of `GET /healthz`.
#[derive(Debug, Serialize)]
pub(crate) struct Healthy {
    status: &'static str,
}

pub(crate) async fn show(State(state): State<AppState>) -> Result<Json<Healthy>, ApiError> {
    let probe = match select(probe(&state).boxed(), state.ports.clock.sleep(TIMEOUT)).await {
        Either::Left((probe, _)) => probe,
        Either::Right(((), _)) => Err(Error::Internal("the store did not answer in time".to_owned())),
    };
    state.store_health.is_failing.store(probe.is_err(), Ordering::SeqCst);
    match probe {
        Ok(()) => Ok(Json(Healthy { status: "ok" })),
        Err(error) => {
            platform::log!(Error, "health.probe_failed", error = error);
            Err(ApiError::new(ErrorCode::Internal).with_status(StatusCode::SERVICE_UNAVAILABLE))
        }
    }
}

/// Writes to the store and reads from it. A store that failed is written to again each time.
async fn probe(state: &AppState) -> Result<(), Error> {
    let (now, health) = (state.now(), &state.store_health);
    if health.writes.admit((), now, WRITE_INTERVAL) || health.is_failing.load(Ordering::SeqCst) {
        state.store().put(&HealthProbeKey {}, &Moment::new(now)).await?;
    }
    state.store().exists(&HealthProbeKey {}).await?;
    Ok(())
}
