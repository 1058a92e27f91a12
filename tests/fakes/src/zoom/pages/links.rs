//! The pages behind links: the shared join link, a personal join link, Zoom's own registration page.

use std::collections::HashMap;

use axum::extract::{Path, Query, State};
use axum::response::Response;
use maud::html;

use crate::support::layout::Site;
use crate::zoom::fake::Zoom;
use crate::zoom::state::webinar::Webinar;

/// `GET /j/{id}`: the join link of a webinar without registration.
pub(super) async fn shared(State(zoom): State<Zoom>, Path(id): Path<u64>) -> Response {
    match zoom.webinar(id) {
        Some(webinar) => Site::Zoom.page(&webinar.topic, html! { p { "Anyone may join here." } }),
        None => not_found(),
    }
}

/// `GET /w/{id}?tk=`: the personal join link of a registrant.
pub(super) async fn personal(
    State(zoom): State<Zoom>,
    Path(id): Path<u64>,
    Query(query): Query<HashMap<String, String>>,
) -> Response {
    let Some(webinar) = zoom.webinar(id) else { return not_found() };
    let token = query.get("tk").map(String::as_str).unwrap_or_default();
    let ending = format!("tk={token}");
    let holder = webinar.registrants.iter().find(|one| !token.is_empty() && one.join_url.ends_with(&ending));
    let body = match holder {
        Some(one) => html! { p { "The personal link of " (one.first_name) " " (one.last_name) "." } },
        None => html! { p { "This link is not valid: it belongs to no registrant." } },
    };
    Site::Zoom.page(&webinar.topic, body)
}

/// `GET /webinar/register/{id}`: Zoom's own registration page. People who register there reach Marketo after the
/// webinar (R10).
pub(super) async fn registration(State(zoom): State<Zoom>, Path(id): Path<String>) -> Response {
    let id = id.trim_start_matches("WN_").parse().unwrap_or_default();
    match zoom.webinar(id) {
        Some(webinar) if webinar.approval_type != 2 => Site::Zoom.page(&webinar.topic, form(&webinar)),
        Some(webinar) => Site::Zoom.page(&webinar.topic, html! { p { "This webinar needs no registration." } }),
        None => not_found(),
    }
}

fn form(webinar: &Webinar) -> maud::Markup {
    html! {
        section {
            h2 { "Register" }
            form method="post" action=(format!("/_control/page/webinars/{}/register", webinar.id)) {
                label { "First name" input name="first_name" required autocomplete="off"; }
                label { "Last name" input name="last_name" autocomplete="off"; }
                label { "E-mail address" input name="email" type="email" required autocomplete="off"; }
                p { button { "Register" } }
            }
        }
    }
}

fn not_found() -> Response {
    Site::Zoom.page("No such webinar", html! { p { "The link leads nowhere." } })
}
