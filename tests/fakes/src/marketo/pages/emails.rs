//! A sent e-mail.

use axum::extract::{Path, State};
use axum::response::Response;
use maud::html;

use crate::marketo::campaign::email::{SUBJECT, TEXT};
use crate::marketo::pages::program::not_found;
use crate::marketo::state::SharedState;
use crate::support::layout;
use crate::support::layout::Site;
use crate::support::sync::lock;

/// `GET /emails/{number}`: the index among the sent e-mails, from 0.
pub(super) async fn one(State(state): State<SharedState>, Path(number): Path<usize>) -> Response {
    let found = lock(&state.subscription).emails.get(number).cloned();
    let Some(email) = found else { return not_found("No such e-mail") };
    let program =
        lock(&state.campaigns).runs.values().find(|run| run.id.0 == email.run).map(|run| run.campaign.program_id);
    let link = email.member_webinar_url.as_str();
    // Without a link there is nothing to split the text at.
    let (before, after) = Some(link)
        .filter(|link| !link.is_empty())
        .and_then(|link| email.text.split_once(link))
        .unwrap_or((&email.text, ""));
    let body = html! {
        @if let Some(id) = program { p { a href=(format!("/programs/{id}")) { "The program" } } }
        section {
            h2 { (email.subject) }
            p .quiet { "To " (email.to) }
            p .mail #mail { (before) @if !link.is_empty() { (layout::web_link(link)) } (after) }
            @if link.is_empty() {
                p role="alert" { "{{member.webinar url}} was blank when this went out: the lead had no link." }
            }
        }
        section {
            h2 { "As the marketer wrote it" }
            p { (SUBJECT) }
            p .mail { (TEXT) }
        }
    };
    Site::Marketo.page("Confirmation e-mail", body)
}
