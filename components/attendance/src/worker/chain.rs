//! One worker after the other. A request lasts 25 seconds at most, a large webinar takes minutes, and the scheduler calls
//! once a minute: so a worker that leaves something calls the next one, by service chaining to this component. If that
//! call gets lost, the tick goes on.

use super::lease::Lease;
use super::work_with;
use crate::app::App;
use axum::extract::State;
use domain::Error;
use domain::time::SignedDuration;
use http::StatusCode;
use platform::peers::{self, Component};
use platform::{ApiError, Body};
use serde::de::IgnoredAny;
use serde::{Deserialize, Serialize};

/// The next worker says at once that it has heard.
const ANSWER_LIMIT: SignedDuration = SignedDuration::from_secs(2);

/// What the next worker is told.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Follow {
    /// Whose lease it takes over.
    of: u32,
}

/// Calls the next worker.
pub(super) async fn hand_over(app: &App, lease: Lease<'_>) {
    let follow = Follow { of: lease.by };
    let heard: Result<IgnoredAny, Error> =
        peers::call(&app.ports, Component::Attendance, "/internal/work", &follow, ANSWER_LIMIT).await;
    if let Err(error) = heard {
        platform::log!("attendance.not_followed", error = error);
        if let Err(error) = lease.give_back().await {
            platform::log!("attendance.lease_kept", error = error);
        }
    }
}

/// `POST /internal/work`, by service chaining only: answers at once and goes on where another worker left off.
pub(crate) async fn follow(State(app): State<App>, Body(follow): Body<Follow>) -> Result<StatusCode, ApiError> {
    let task = app.clone();
    app.ports.background.spawn(Box::pin(async move {
        let deadline = task.deadline();
        let worked = match Lease::take(&task, deadline, Some(follow.of)).await {
            Ok(Some(lease)) => work_with(lease, &task, deadline, None).await.map(|_| ()),
            Ok(None) => Ok(()),
            Err(error) => Err(error),
        };
        if let Err(error) = worked {
            platform::log!("attendance.work_failed", error = error);
        }
    }));
    Ok(StatusCode::ACCEPTED)
}
