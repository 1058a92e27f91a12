//! The pages that people see: where links lead, and what there is.

use std::collections::HashMap;

use axum::Router;
use axum::extract::{Path, Query, State};
use axum::response::Html;
use axum::routing::get;

use super::model::Webinar;
use super::{Zoom, zoom_time};
use crate::support::lock;

/// The pages outside sign-in.
pub(crate) fn router() -> Router<Zoom> {
    Router::new()
        .route("/", get(overview))
        .route("/j/{id}", get(shared_link))
        .route("/w/{id}", get(personal_link))
        .route("/webinar/register/{id}", get(registration))
}

/// What there is, webinar by webinar.
async fn overview(State(zoom): State<Zoom>) -> Html<String> {
    let webinars: String = {
        let state = lock(&zoom.state);
        state.webinars.values().filter(|webinar| !webinar.deleted).map(section).collect()
    };
    page(
        "Zoom",
        &format!(
            "<h1>Zoom</h1><p>A stand-in. <a href=/_control/state>Everything it holds</a> · \
             <a href=/_control/requests>what it was asked</a></p>{webinars}<script>{SCRIPT}</script>"
        ),
    )
}

fn section(webinar: &Webinar) -> String {
    let registration = ["registration", "registration, approved by hand", "no registration"];
    let mode = registration.get(usize::from(webinar.approval_type)).copied().unwrap_or_default();
    let start = webinar.start_time.map(zoom_time).unwrap_or_else(|| "any time".to_owned());
    let registrants: String = webinar
        .registrants
        .iter()
        .map(|one| {
            format!(
                "<tr><td>{} {}<td data-email>{}<td>{}",
                escape(&one.first_name),
                escape(&one.last_name),
                escape(&one.email),
                one.status.as_str(),
            )
        })
        .collect();
    let sessions: String = webinar
        .sessions
        .iter()
        .map(|session| {
            let end = session.end.map_or_else(|| "running".to_owned(), zoom_time);
            format!("<p>Ran {} to {end}, {} stays", zoom_time(session.start), session.presences.len())
        })
        .collect();
    format!(
        "<section data-id={id}><h2>{topic}</h2><p>{id} · {start} · {duration} min · {mode}</p>\
         <table>{registrants}</table>{sessions}\
         <p><button data-call=start>Start</button> <button data-call=end>End</button> \
         <button data-call=hold>Hold it now, with every other registrant and a stranger</button></section>",
        id = webinar.id,
        topic = escape(&webinar.topic),
        duration = webinar.duration,
    )
}

/// Makes the buttons call the control API.
const SCRIPT: &str = "document.onclick = async event => {
    const call = event.target.dataset.call;
    if (!call) return;
    const section = event.target.closest('section');
    const people = [...section.querySelectorAll('[data-email]')].filter((_, place) => place % 2 == 0);
    const attendance = people.map(one => ({ person: { registrant: one.textContent }, stayed_seconds: 1800 }));
    attendance.push({ person: { guest: 'Sam Stranger' }, stayed_seconds: 600 });
    const answer = await fetch(`/_control/webinars/${section.dataset.id}/${call}`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: call == 'hold' ? JSON.stringify({ attendance }) : undefined,
    });
    if (!answer.ok) alert(await answer.text());
    location.reload();
};";

async fn shared_link(State(zoom): State<Zoom>, Path(id): Path<u64>) -> Html<String> {
    let topic = zoom.webinar(id).map(|webinar| webinar.topic);
    page("Zoom", &format!("<h1>{}</h1><p>Anyone may join here.", shown(topic)))
}

async fn personal_link(
    State(zoom): State<Zoom>,
    Path(id): Path<u64>,
    Query(query): Query<HashMap<String, String>>,
) -> Html<String> {
    let token = query.get("tk").cloned().unwrap_or_default();
    let webinar = zoom.webinar(id);
    let holder = webinar.as_ref().and_then(|webinar| {
        let ending = format!("tk={token}");
        webinar.registrants.iter().find(|one| !token.is_empty() && one.join_url.ends_with(&ending))
    });
    let who = holder
        .map_or_else(|| "nobody: it is not valid".to_owned(), |one| format!("{} {}", one.first_name, one.last_name));
    let topic = webinar.as_ref().map(|webinar| webinar.topic.clone());
    page("Zoom", &format!("<h1>{}</h1><p>The personal link of {}.", shown(topic), escape(&who)))
}

async fn registration(State(zoom): State<Zoom>, Path(id): Path<String>) -> Html<String> {
    let id = id.trim_start_matches("WN_").parse().unwrap_or_default();
    let topic = zoom.webinar(id).map(|webinar| webinar.topic);
    page("Zoom", &format!("<h1>{}</h1><p>Zoom's own registration page.", shown(topic)))
}

fn shown(topic: Option<String>) -> String {
    topic.map_or_else(|| "No such webinar".to_owned(), |topic| escape(&topic))
}

/// A small page.
pub(crate) fn page(title: &str, body: &str) -> Html<String> {
    Html(format!(
        "<!doctype html><html lang=en><meta charset=utf-8><title>{title}</title>\
         <meta name=viewport content=\"width=device-width\"><style>\
         body{{font:16px/1.5 system-ui,sans-serif;max-width:46rem;margin:3rem auto;padding:0 1rem;color:#222}}\
         h1{{color:#0b5cff}}td{{padding:0 1rem 0 0}}\
         .button{{background:#0b5cff;color:#fff;padding:.5rem 1.5rem;border-radius:.5rem;text-decoration:none}}\
         </style><body>{body}"
    ))
}

/// Text made safe to stand in a page.
pub(crate) fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
