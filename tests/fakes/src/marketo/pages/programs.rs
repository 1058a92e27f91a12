//! The list of programs, and the installed flow step service.

use axum::extract::State;
use axum::response::Response;
use maud::{Markup, html};

use crate::marketo::campaign::definition::FlowStep;
use crate::marketo::state::SharedState;
use crate::marketo::subscription::program::Program;
use crate::support::layout::Site;
use crate::support::sync::lock;

/// `GET /`
pub(super) async fn all(State(state): State<SharedState>) -> Response {
    let programs: Vec<(Program, usize)> = {
        let subscription = lock(&state.subscription);
        let count = |id: i64| subscription.members.keys().filter(|(program, _)| *program == id).count();
        subscription.programs.values().map(|program| (program.clone(), count(program.id))).collect()
    };
    let installed = lock(&state.campaigns).installed.clone();
    let body = html! {
        section {
            h2 #programs { "Choose one to add leads to it and to register them" }
            div .scroll {
                table aria-labelledby="programs" {
                    thead { tr { th { "Program" } th { "ID" } th { "Channel" } th { "Members" } } }
                    tbody {
                        @for (program, members) in &programs {
                            tr {
                                td { a href=(format!("/programs/{}", program.id)) { (program.name) } }
                                td { (program.id) }
                                td { (program.channel) }
                                td { (members) }
                            }
                        }
                    }
                }
            }
        }
        (service(installed.as_ref()))
        p .quiet {
            "For engineers: " a href="/_control/state" { "the whole state" } ", "
            a href="/_control/requests" { "the request log" } "."
        }
    };
    Site::Marketo.page("Programs", body)
}

/// Admin > Service Providers.
fn service(installed: Option<&FlowStep>) -> Markup {
    html! {
        section {
            h2 { "Service provider" }
            @if let Some(step) = installed {
                p { "The flow step service at " code { (step.base_url) } " is installed." }
            } @else {
                p { "No flow step service is installed yet." }
            }
            form method="post" action="/_control/page/install" {
                label { "Service URL" input name="url" required autocomplete="off"; }
                label { "API key (header x-api-key)" input name="api_key" required autocomplete="off"; }
                p { button { "Install the service" } }
            }
        }
    }
}
