//! An e-mail as its reader got it.

use axum::extract::{Path, State as Extract};
use axum::response::Response;
use maud::html;

use super::{nothing, small};
use crate::marketo::campaign::{SUBJECT, TEXT};
use crate::marketo::shared::State;
use crate::support::{lock, page};

/// `GET /emails/{number}`: numbered from 0, in the order in which they went out.
pub(super) async fn one(Extract(state): Extract<State>, Path(number): Path<usize>) -> Response {
    let found = lock(&state.world).emails.get(number).cloned();
    let Some(email) = found else { return nothing("No such e-mail") };
    let program =
        lock(&state.campaigns).runs.values().find(|run| run.id.0 == email.run).map(|run| run.campaign.program_id);
    let link = email.member_webinar_url.as_str();
    // Without a link there is nothing to cut the text at.
    let (before, after) = Some(link)
        .filter(|link| !link.is_empty())
        .and_then(|link| email.text.split_once(link))
        .unwrap_or((&email.text, ""));
    let body = html! {
        @if let Some(id) = program { p { a href=(format!("/programs/{id}")) { "The program" } } }
        section {
            h2 { (email.subject) }
            p .quiet { "To " (email.to) }
            p .mail #mail { (before) @if !link.is_empty() { (page::web_link(link)) } (after) }
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
    small("Confirmation e-mail", body)
}
