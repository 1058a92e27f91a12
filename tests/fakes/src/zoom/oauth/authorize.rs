//! The page where a user lets the app in.

use std::collections::HashMap;

use axum::extract::{Query, RawQuery, State};
use axum::response::{IntoResponse, Response};
use http::{HeaderValue, StatusCode, header};
use maud::html;
use url::Url;

use super::authorizations::{Code, Decision, SignIn};
use crate::support::{Refusal, lock};
use crate::zoom::Zoom;
use crate::zoom::model::User;
use crate::zoom::pages::small;

/// What was wrong with a sign-in before anybody could decide: shown to the person, since no redirect can be trusted.
struct Wrong(&'static str);

impl IntoResponse for Wrong {
    fn into_response(self) -> Response {
        let body = small("This app cannot be authorized", html! { p { (self.0) } });
        let mut response = (StatusCode::BAD_REQUEST, body).into_response();
        response.extensions_mut().insert(Refusal(self.0.to_owned()));
        response
    }
}

/// `GET /oauth/authorize`: decides as the next sign-in says, or asks the person where there is a consent page.
pub(super) async fn authorize(
    State(zoom): State<Zoom>,
    RawQuery(raw): RawQuery,
    Query(query): Query<HashMap<String, String>>,
) -> Response {
    decide(&zoom, &raw.unwrap_or_default(), &query).unwrap_or_else(IntoResponse::into_response)
}

fn decide(zoom: &Zoom, raw: &str, query: &HashMap<String, String>) -> Result<Response, Wrong> {
    let given = |name: &str| query.get(name).map(String::as_str).unwrap_or_default();
    if given("client_id") != zoom.options.client_id {
        return Err(Wrong("Invalid client id. (4,702)"));
    }
    let registered = zoom.options.redirect_uri.as_deref();
    let redirect = Url::parse(given("redirect_uri")).map_err(|_| Wrong("Invalid redirect. (4,700)"))?;
    if registered.is_some_and(|registered| registered != given("redirect_uri")) {
        return Err(Wrong("Redirect URI mismatch. (4,709)"));
    }
    if given("response_type") != "code" {
        return Err(Wrong("response_type must be code."));
    }
    // Zoom would take `plain`, its default, or none at all; ours must be S256.
    if given("code_challenge_method") != "S256" || given("code_challenge").len() != 43 {
        return Err(Wrong("code_challenge must be given, with code_challenge_method S256."));
    }

    let mut state = lock(&zoom.state);
    let state = &mut *state;
    let sign_in = state.authorizations.sign_in.clone();
    let user = state.user(&sign_in.user).cloned().ok_or(Wrong("Nobody is signed in to Zoom."))?;
    let scopes = sign_in.scopes.clone().unwrap_or_else(|| zoom.options.scopes.clone());
    let asks_admin = scopes.iter().any(|scope| scope.ends_with(":admin"));
    if asks_admin && !user.admin && sign_in.scopes.is_none() {
        return Err(Wrong("Your role does not have the permissions that this app asks for."));
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
            state.authorizations.remember(Code {
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
    let location = HeaderValue::from_str(back.as_str()).map_err(|_| Wrong("Invalid redirect. (4,700)"))?;
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
    small("Zoom for Marketo wants to reach your Zoom account", body)
}
