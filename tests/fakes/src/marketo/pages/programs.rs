//! All programs, and the flow step service that is installed.

use axum::extract::State as Extract;
use axum::response::Response;
use maud::{Markup, html};

use super::small;
use crate::marketo::campaign::FlowStep;
use crate::marketo::shared::State;
use crate::marketo::world::Program;
use crate::support::lock;

/// `GET /`
pub(super) async fn all(Extract(state): Extract<State>) -> Response {
    let programs: Vec<(Program, usize)> = {
        let world = lock(&state.world);
        let count = |id: i64| world.members.keys().filter(|(program, _)| *program == id).count();
        world.programs.values().map(|program| (program.clone(), count(program.id))).collect()
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
            "For engineers: " a href="/_control/state" { "everything it holds" } ", "
            a href="/_control/requests" { "what it was asked" } "."
        }
    };
    small("Programs", body)
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
