//! The list of webinars, and the page of one webinar with its host's controls.

use axum::extract::{Path, State};
use axum::response::Response;
use maud::{Markup, html};

use crate::support::layout::Site;
use crate::support::sync::lock;
use crate::zoom::fake::Zoom;
use crate::zoom::format;
use crate::zoom::format::zoom_time;
use crate::zoom::state::registrant::{Registrant, RegistrantStatus};
use crate::zoom::state::session::Session;
use crate::zoom::state::webinar::Webinar;

/// Default length of a session in the form, in minutes.
const DEFAULT_MINUTES: i64 = 45;

/// `GET /`
pub(super) async fn all(State(zoom): State<Zoom>) -> Response {
    let webinars: Vec<Webinar> = lock(&zoom.state).webinars.values().filter(|one| !one.deleted).cloned().collect();
    let body = html! {
        section {
            h2 #webinars { "Choose one to start and end it" }
            div .scroll {
                table aria-labelledby="webinars" {
                    thead { tr { th { "Topic" } th { "Start" } th { "Kind" } th { "Registrants" } th { "State" } } }
                    tbody {
                        @for webinar in &webinars {
                            tr {
                                td { a href=(format!("/webinars/{}", webinar.id)) { (webinar.topic) } }
                                td { (start_of(webinar)) }
                                td { (kind_of(webinar)) }
                                td { (webinar.registrants.len()) }
                                td { (state_of(webinar)) }
                            }
                        }
                    }
                }
            }
        }
        p .quiet {
            "For engineers: " a href="/_control/state" { "the whole state" } ", "
            a href="/_control/requests" { "the request log" } "."
        }
    };
    Site::Zoom.page("Webinars", body)
}

/// `GET /webinars/{id}`
pub(super) async fn one(State(zoom): State<Zoom>, Path(id): Path<u64>) -> Response {
    let Some(webinar) = zoom.webinar(id).filter(|webinar| !webinar.deleted) else {
        return Site::Zoom.page("No such webinar", html! { p { a href="/" { "All webinars" } } });
    };
    let host = zoom.user(&webinar.host_id).map(|user| user.email).unwrap_or_default();
    let body = html! {
        p { a href="/" { "All webinars" } }
        section {
            h2 { "The webinar" }
            p { (webinar.id) " · " (start_of(&webinar)) " · " (webinar.duration) " minutes · " (kind_of(&webinar)) }
            p { "Hosted by " (host) ". State: " strong #state { (state_of(&webinar)) } "." }
            @if webinar.approval_type != 2 {
                p {
                    a href=(format::registration_link("", &webinar)) { "Zoom's own registration page" }
                    ": people who register there reach Marketo after the webinar."
                }
            }
        }
        (running(&webinar))
        (registrants(&webinar))
        (sessions(&webinar.sessions))
    };
    Site::Zoom.page(&webinar.topic, body)
}

/// The form that starts the webinar, or ends it with its participants.
fn running(webinar: &Webinar) -> Markup {
    let action = |what: &str| format!("/_control/page/webinars/{}/{what}", webinar.id);
    let approved: Vec<&Registrant> =
        webinar.registrants.iter().filter(|one| one.status == RegistrantStatus::Approved).collect();
    html! {
        section {
            h2 { "Run the webinar" }
            @if webinar.live().is_none() {
                form method="post" action=(action("start")) { button { "Start the webinar" } }
            } @else {
                form method="post" action=(action("end")) {
                    fieldset {
                        legend { "Participants" }
                        @for one in &approved {
                            label {
                                input type="checkbox" name="registrant" value=(one.id) checked;
                                " " (one.first_name) " " (one.last_name)
                            }
                        }
                        @for one in &webinar.panelists {
                            label {
                                input type="checkbox" name="panelist" value=(one.email) checked;
                                " " (one.name) " (panelist)"
                            }
                        }
                        @if approved.is_empty() && webinar.panelists.is_empty() { p { "No one is registered." } }
                        label { "A participant by phone" input name="phone" autocomplete="off" placeholder="+15550100"; }
                    }
                    p { "It then counts as planned for that time, and as over for 40 minutes: Zoom completes its report within half an hour." }
                    label { "Minutes it ran" input name="minutes" type="number" min="1" max="600" value=(DEFAULT_MINUTES); }
                    p { button { "End the webinar" } }
                }
            }
        }
    }
}

fn registrants(webinar: &Webinar) -> Markup {
    let rule = |what: &str, one: &Registrant| {
        let (label, path) = (format!("{what} {} {}", one.first_name, one.last_name), what.to_lowercase());
        html! {
            form method="post" action=(format!("/_control/page/webinars/{}/{path}", webinar.id)) {
                input type="hidden" name="email" value=(one.email);
                button aria-label=(label) { (what) }
            }
        }
    };
    html! {
        section {
            h2 #registrants { "Registrants" }
            @if webinar.registrants.is_empty() { p { "No one has registered yet." } } @else {
                div .scroll {
                    table aria-labelledby="registrants" {
                        thead { tr { th { "Name" } th { "E-mail address" } th { "Status" } th { "Host's word" } } }
                        tbody {
                            @for one in &webinar.registrants {
                                tr {
                                    td { (one.first_name) " " (one.last_name) }
                                    td { (one.email) }
                                    td { (one.status.as_str()) }
                                    td {
                                        @if one.status == RegistrantStatus::Pending {
                                            (rule("Approve", one)) (rule("Deny", one))
                                        }
                                    }
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}

fn sessions(sessions: &[Session]) -> Markup {
    html! {
        @if !sessions.is_empty() {
            section {
                h2 { "When it ran" }
                ul {
                    @for session in sessions {
                        li {
                            (zoom_time(session.start)) " to "
                            (session.end.map_or_else(|| "now".to_owned(), zoom_time)) ", "
                            (session.presences.len()) " stays"
                        }
                    }
                }
            }
        }
    }
}

fn start_of(webinar: &Webinar) -> String {
    webinar.start_time.map_or_else(|| "any time".to_owned(), zoom_time)
}

fn kind_of(webinar: &Webinar) -> &'static str {
    match (webinar.kind, webinar.approval_type) {
        (6 | 9, _) => "recurring",
        (_, 0) => "registration required",
        (_, 1) => "registration required, approved by hand",
        _ => "no registration",
    }
}

fn state_of(webinar: &Webinar) -> &'static str {
    if webinar.live().is_some() {
        "running"
    } else if webinar.last_ended().is_some() {
        "ended"
    } else {
        "not started"
    }
}
