//! The authorization page of a sign-in.

use std::collections::HashMap;

use axum::extract::{Query, RawQuery, State};
use axum::response::{IntoResponse, Response};
use http::{HeaderValue, StatusCode, header};
use maud::html;
use url::Url;

use crate::support::layout::Site;
use crate::support::request_log::RefusalReason;
use crate::support::sync::lock;
use crate::zoom::fake::Zoom;
use crate::zoom::state::accounts::User;
use crate::zoom::state::authorizations::{AuthorizationCode, Decision, SignIn};

/// An invalid authorization request. The error is shown as a page, because the redirect URI cannot be trusted.
struct InvalidAuthorizationRequest(&'static str);

impl IntoResponse for InvalidAuthorizationRequest {
    fn into_response(self) -> Response {
        let body = Site::Zoom.page("This app cannot be authorized", html! { p { (self.0) } });
        let mut response = (StatusCode::BAD_REQUEST, body).into_response();
        response.extensions_mut().insert(RefusalReason(self.0.to_owned()));
        response
    }
}

/// `GET /oauth/authorize`: applies the decision of [`SignIn`], or shows the consent page if it is enabled.
pub(super) async fn authorize(
    State(zoom): State<Zoom>,
    RawQuery(raw): RawQuery,
    Query(query): Query<HashMap<String, String>>,
) -> Response {
    decide(&zoom, &raw.unwrap_or_default(), &query).unwrap_or_else(IntoResponse::into_response)
}

fn decide(zoom: &Zoom, raw: &str, query: &HashMap<String, String>) -> Result<Response, InvalidAuthorizationRequest> {
    let given = |name: &str| query.get(name).map(String::as_str).unwrap_or_default();
    if given("client_id") != zoom.options.client_id {
        return Err(InvalidAuthorizationRequest("Invalid client id. (4,702)"));
    }
    let registered = zoom.options.redirect_uri.as_deref();
    let redirect =
        Url::parse(given("redirect_uri")).map_err(|_| InvalidAuthorizationRequest("Invalid redirect. (4,700)"))?;
    if registered.is_some_and(|registered| registered != given("redirect_uri")) {
        return Err(InvalidAuthorizationRequest("Redirect URI mismatch. (4,709)"));
    }
    if given("response_type") != "code" {
        return Err(InvalidAuthorizationRequest("response_type must be code."));
    }
    // Zoom also accepts `plain` or no challenge; the fake requires S256.
    if given("code_challenge_method") != "S256" || given("code_challenge").len() != 43 {
        return Err(InvalidAuthorizationRequest("code_challenge must be given, with code_challenge_method S256."));
    }

    let mut state = lock(&zoom.state);
    let state = &mut *state;
    let sign_in = state.authorizations.sign_in.clone();
    let user = state.user(&sign_in.user).cloned().ok_or(InvalidAuthorizationRequest("No one is signed in to Zoom."))?;
    let scopes = sign_in.scopes.clone().unwrap_or_else(|| zoom.options.scopes.clone());
    let asks_admin = scopes.iter().any(|scope| scope.ends_with(":admin"));
    if asks_admin && !user.admin && sign_in.scopes.is_none() {
        return Err(InvalidAuthorizationRequest("Your role does not have the permissions that this app asks for."));
    }
    let decision = match (zoom.options.consent_page, given("decision")) {
        (true, "allow") => Decision::Allow,
        (true, "refuse") => Decision::Refuse,
        (true, _) => return Ok(consent(raw, &user, &sign_in, &scopes)),
        (false, _) => sign_in.decision,
    };
    let mut back = redirect;
    match decision {
        Decision::Refuse => {
            back.query_pairs_mut().append_pair("error", "access_denied");
        }
        Decision::Allow => {
            let code = state.ids.short();
            back.query_pairs_mut().append_pair("code", &code);
            state.authorizations.add_code(AuthorizationCode {
                code,
                user_id: user.id,
                scopes,
                redirect_uri: given("redirect_uri").to_owned(),
                challenge: given("code_challenge").to_owned(),
                created: zoom.clock().now(),
            });
        }
    }
    if let Some(value) = query.get("state") {
        back.query_pairs_mut().append_pair("state", value);
    }
    let location =
        HeaderValue::from_str(back.as_str()).map_err(|_| InvalidAuthorizationRequest("Invalid redirect. (4,700)"))?;
    Ok((StatusCode::FOUND, [(header::LOCATION, location)]).into_response())
}

fn consent(raw: &str, user: &User, sign_in: &SignIn, scopes: &[String]) -> Response {
    let body = html! {
        p { "You are " (user.display_name()) " (" (sign_in.user) ")." }
        p {
            a .button href=(format!("?{raw}&decision=allow")) { "Allow" } " "
            a .button href=(format!("?{raw}&decision=refuse")) { "Decline" }
        }
        details {
            summary { "What it may do" }
            ul { @for scope in scopes { li { code { (scope) } } } }
        }
    };
    Site::Zoom.page("Zoom for Marketo wants to reach your Zoom account", body)
}
