//! The handle's methods over HTTP: `/_control/...`. JSON in, JSON out; 400 with `error` where a method fails.
//!
//! | call | method |
//! |---|---|
//! | `GET /_control/state` | [`Zoom::state`] |
//! | `POST /_control/accounts` | [`Zoom::put_account`] |
//! | `POST /_control/users`, `PATCH`, `DELETE /_control/users/{id or e-mail}` | [`Zoom::add_user`], [`Zoom::change_user`], [`Zoom::remove_user`] |
//! | `POST /_control/users/{id or e-mail}/scopes` | [`Zoom::change_scopes`] |
//! | `POST /_control/sign-in` | [`Zoom::set_sign_in`] |
//! | `POST /_control/app` | [`Zoom::disable_app`] |
//! | `POST /_control/tokens/expire` | [`Zoom::expire_access_tokens`] |
//! | `POST /_control/api-url` | [`Zoom::set_api_url`] |
//! | `GET /_control/secrets`, `/_control/personal` | [`Zoom::secrets`], [`Zoom::personal`] |
//! | `POST /_control/accounts/{id}/revoke`, `/deauthorize`, `/exhaust` | [`Zoom::revoke_authorizations`], [`Zoom::deauthorize`], [`Zoom::exhaust_heavy_calls`] |
//! | `POST /_control/webinars`, `GET`, `PATCH`, `DELETE /_control/webinars/{id}` | [`Zoom::add_webinar`], [`Zoom::webinar`], [`Zoom::update_webinar`], [`Zoom::delete_webinar`] |
//! | `POST /_control/webinars/{id}/recover` | [`Zoom::recover_webinar`] |
//! | `POST /_control/webinars/{id}/transfer` | [`Zoom::transfer_webinar`] |
//! | `POST /_control/webinars/{id}/panelists` | [`Zoom::add_panelist`] |
//! | `POST /_control/webinars/{id}/registrants`, `/registration` | [`Zoom::register_on_zoom`], [`Zoom::set_registration`] |
//! | `POST /_control/webinars/{id}/start`, `/practice`, `/join`, `/leave`, `/end`, `/hold` | [`Zoom::start_webinar`], [`Zoom::start_practice`], [`Zoom::join`], [`Zoom::leave`], [`Zoom::end_webinar`], [`Zoom::hold_webinar`] |
//! | `POST /_control/report-timing` | [`Zoom::set_report_timing`] |
//! | `POST /_control/event-url` | [`Zoom::set_events`] |
//! | `POST /_control/validate-endpoint` | [`Zoom::validate_endpoint`] |
//! | `POST /_control/events`, `GET /_control/deliveries`, `POST /_control/deliveries/{seq}/resend` | [`Zoom::send_event`], [`Zoom::deliveries`], [`Zoom::resend`] |

mod answer;
mod app;
mod webinars;

use axum::Router;

use crate::zoom::fake::Zoom;

/// Returns every control call of the fake Zoom, except those that both fakes share.
pub(crate) fn router() -> Router<Zoom> {
    app::router().merge(webinars::router())
}
