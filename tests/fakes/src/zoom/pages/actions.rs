//! The actions of the pages' forms.

use anyhow::{Context, ensure};
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::response::Response;
use maud::html;

use crate::support::layout;
use crate::support::layout::{Form, Site};
use crate::zoom::fake::Zoom;
use crate::zoom::state::registrant::NewRegistrant;
use crate::zoom::state::session::{Attendance, HeldSession, Person};

/// Starts the webinar.
pub(super) async fn start(State(zoom): State<Zoom>, Path(id): Path<u64>) -> Response {
    shown(id, zoom.start_webinar(id).await)
}

/// Ends the webinar with the participants and the length that the form gives. It then counts as planned for that time
/// and over for 40 minutes, so that its attendance need not be waited for.
pub(super) async fn end(State(zoom): State<Zoom>, Path(id): Path<u64>, body: Bytes) -> Response {
    let form = Form::of(&body);
    let held = held(&form);
    shown(id, async { zoom.end_as_planned(id, held?).await }.await)
}

fn held(form: &Form) -> anyhow::Result<HeldSession> {
    let minutes = form.text("minutes").parse().context("how many minutes did it run?")?;
    ensure!((1..=600).contains(&minutes), "a webinar runs 1 to 600 minutes here");
    let registrants = form.all("registrant").map(|id| Person::Registrant(id.to_owned()));
    let panelists = form.all("panelist").map(|email| Person::Panelist(email.to_owned()));
    let caller = Some(form.text("phone")).filter(|number| !number.is_empty());
    let caller = caller.map(|number| Person::DialIn(number.to_owned()));
    let attendance = registrants.chain(panelists).chain(caller).map(Attendance::throughout).collect();
    Ok(HeldSession { start_time: None, minutes, attendance })
}

/// Registers a person on Zoom's own page.
pub(super) async fn register(State(zoom): State<Zoom>, Path(id): Path<u64>, body: Bytes) -> Response {
    let form = Form::of(&body);
    let [email, first_name, last_name] = ["email", "first_name", "last_name"].map(|name| form.text(name).to_owned());
    let is_complete = email.contains('@') && !first_name.is_empty();
    let new = NewRegistrant { email, first_name, last_name, ..NewRegistrant::default() };
    let registered = async {
        ensure!(is_complete, "A first name and an e-mail address are needed.");
        zoom.register_on_zoom(id, new).await
    };
    match registered.await {
        Ok(registrant) => Site::Zoom.page(
            "You are registered",
            html! {
                p { "Status: " (registrant.status.as_str()) "." }
                p { a href=(format!("/webinars/{id}")) { "The webinar" } }
            },
        ),
        Err(error) => Site::Zoom.error_page(&format!("{error:#}"), &format!("/webinars/{id}")),
    }
}

/// Approves a registration.
pub(super) async fn approve(State(zoom): State<Zoom>, Path(id): Path<u64>, body: Bytes) -> Response {
    shown(id, zoom.set_registration(id, Form::of(&body).text("email"), "approve").await)
}

/// Denies a registration.
pub(super) async fn deny(State(zoom): State<Zoom>, Path(id): Path<u64>, body: Bytes) -> Response {
    shown(id, zoom.set_registration(id, Form::of(&body).text("email"), "deny").await)
}

fn shown<T>(id: u64, outcome: anyhow::Result<T>) -> Response {
    let path = format!("/webinars/{id}");
    match outcome {
        Ok(_) => layout::redirect_to(&path),
        Err(error) => Site::Zoom.error_page(&format!("{error:#}"), &path),
    }
}
