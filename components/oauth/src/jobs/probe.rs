//! Probes a service that Zoom rejects: its grant was refused, or calls with a new token were, as Zoom's gateway does for a
//! while at times. The service can be used again as soon as a probe succeeds.

use crate::state::AppState;
use crate::store::{service_problems, services};
use crate::tokens::{access, renewal};
use domain::records::{Rejection, Service, ServiceState};
use domain::time::{SignedDuration, Timestamp};
use domain::{Error, ServiceId};
use zoom_client::{ZoomClient, ZoomError};

/// Interval of probes in the first hour of a rejection.
const INTERVAL: SignedDuration = SignedDuration::from_mins(5);

/// How long the rejection is probed at [`INTERVAL`].
const FREQUENT_FOR: SignedDuration = SignedDuration::from_hours(1);

/// Interval of later probes.
const LATER_INTERVAL: SignedDuration = SignedDuration::from_hours(1);

/// How long a probe waits for Zoom's answer. The tick has other work.
const ANSWER_TIMEOUT: SignedDuration = SignedDuration::from_secs(2);

/// Minimum time left to start a probe: a renewal that Zoom refuses waits for the tokens of another instance.
const MIN_TIME_LEFT: SignedDuration = SignedDuration::from_secs(4);

/// Probes a service if Zoom rejects it and a probe is due.
pub(super) async fn run(app: &AppState, id: &ServiceId, deadline: Timestamp) -> Result<(), Error> {
    let Some(service) = services::get(app, id).await? else { return Ok(()) };
    if !is_due(&service, app.now()) || app.now() + MIN_TIME_LEFT > deadline {
        return Ok(());
    }
    let rejection = service.rejection.unwrap_or_else(|| Rejection { since: app.now(), probed_at: app.now() });
    let since = rejection.since;
    // A grant that was refused is tried again. Otherwise the present token is, as long as it is valid.
    let is_token_tried = service.state == ServiceState::Active;
    let renewed = renewal::renew_rejected_unless(app, id, |_, tokens| is_token_tried && app.now() < tokens.expires_at);
    let (service, tokens) = renewed.await?;
    let until = deadline.min(app.now() + ANSWER_TIMEOUT);
    let client = ZoomClient::with_token(&app.ports, access::zoom_token(&service, &tokens)?).until(until);
    let answer = client.me().await;
    let _guard = app.lock_service(id).await;
    match answer {
        Err(ZoomError::Api(error)) if error.is_bad_token() => {
            service_problems::record_failed_probe(app, id, since).await
        }
        // Whatever else Zoom says, it accepts the token.
        Ok(_) | Err(ZoomError::Api(_)) => service_problems::end_rejection(app, id).await,
        // It does not say. The rejection goes on, also if a renewal took it back, and the next tick asks again.
        Err(error) => {
            service_problems::keep_rejection(app, id, rejection).await?;
            Err(error.into())
        }
    }
}

fn is_due(service: &Service, now: Timestamp) -> bool {
    match (service.state, service.rejection) {
        (ServiceState::NeedsSignIn, None) => true,
        (ServiceState::NeedsSignIn | ServiceState::Active, Some(Rejection { since, probed_at })) => {
            let is_recent = now.duration_since(since) <= FREQUENT_FOR;
            now.duration_since(probed_at) >= if is_recent { INTERVAL } else { LATER_INTERVAL }
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::json;
    use serde_json::json;

    #[test]
    fn a_rejected_service_is_probed_every_five_minutes_and_after_an_hour_every_hour() {
        let start = Timestamp::UNIX_EPOCH;
        let service = |state: &str| -> Service {
            json::from_value(&json!({
                "v": 1, "id": "s", "name": "S", "account_id": "a", "admin_user_id": "u", "admin_email": "a@x.test",
                "scopes": [], "api_base": "https://api.zoom.us", "users": [], "state": state, "created_at": start,
                "problem": null,
            }))
            .unwrap()
        };
        for state in ["active", "superseded", "deauthorized"] {
            assert!(!is_due(&service(state), start), "{state}");
        }
        assert!(is_due(&service("needs-sign-in"), start), "a record of an earlier build");
        let minutes = SignedDuration::from_mins;
        let mut service = service("active");
        for (since, probed, is_probed) in [(4, 4, false), (5, 5, true), (60, 5, true), (61, 5, false), (999, 60, true)]
        {
            let rejection = Rejection { since: start - minutes(since), probed_at: start - minutes(probed) };
            service.rejection = Some(rejection);
            assert_eq!(is_due(&service, start), is_probed, "{since} {probed}");
        }
    }
}
