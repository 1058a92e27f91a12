//! The page of one program: its members, its forms, its My Tokens, and its sent e-mails.

use std::collections::BTreeMap;

use axum::extract::{Path, State};
use axum::response::Response;
use maud::{Markup, html};

use crate::marketo::campaign::definition::FlowStep;
use crate::marketo::campaign::report::{ChunkState, LeadOutcome, Run, RunState};
use crate::marketo::state::{MarketoState, SharedState};
use crate::marketo::subscription::activity::SentEmail;
use crate::marketo::subscription::lead::Lead;
use crate::marketo::subscription::member::Member;
use crate::marketo::subscription::program::Program;
use crate::support::layout::Site;
use crate::support::sync::lock;

/// A consistent snapshot of what the page shows.
struct ProgramView {
    program: Program,
    statuses: Vec<String>,
    members: Vec<(Lead, Member)>,
    others: Vec<Lead>,
    /// The e-mails with their index among all e-mails, newest first.
    emails: Vec<(usize, SentEmail)>,
    /// The last outcome of the flow step for each lead.
    outcomes: BTreeMap<i64, String>,
    installed: Option<FlowStep>,
    in_flight: bool,
}

/// `GET /programs/{id}`
pub(super) async fn one(State(state): State<SharedState>, Path(id): Path<i64>) -> Response {
    let Some(view) = ProgramView::of(&state, id) else { return not_found("No such program") };
    let body = html! {
        p { a href="/" { "All programs" } }
        p { "ID " (id) " · Channel " (view.program.channel) " · Statuses: " (view.statuses.join(", ")) }
        @if view.in_flight { p role="status" { strong { "The smart campaign is running ..." } } }
        (members(&view))
        (add_leads_forms(&view))
        (emails(&view.emails))
        (my_tokens(&view.program))
    };
    if view.in_flight {
        Site::Marketo.auto_refreshing_page(&view.program.name, body)
    } else {
        Site::Marketo.page(&view.program.name, body)
    }
}

impl ProgramView {
    fn of(state: &MarketoState, id: i64) -> Option<Self> {
        let (runs, installed) = {
            let campaigns = lock(&state.campaigns);
            let of_program = campaigns.runs.values().filter(|run| run.campaign.program_id == id);
            (of_program.cloned().collect::<Vec<Run>>(), campaigns.installed.clone())
        };
        let subscription = lock(&state.subscription);
        let program = subscription.programs.get(&id)?.clone();
        let channel = subscription.channels.get(&program.channel)?;
        let statuses = channel.progression_statuses.iter().filter(|status| status.step > 0);
        let member_of = |lead: &Lead| subscription.members.get(&(id, lead.id)).cloned();
        let (mut members, mut others) = (Vec::new(), Vec::new());
        for lead in subscription.leads.by_id.values() {
            match member_of(lead) {
                Some(member) => members.push((lead.clone(), member)),
                None => others.push(lead.clone()),
            }
        }
        let of_program = |email: &SentEmail| runs.iter().any(|run| run.id.0 == email.run);
        let emails = subscription.emails.iter().cloned().enumerate().filter(|(_, email)| of_program(email)).rev();
        Some(Self {
            statuses: statuses.map(|status| status.name.clone()).collect(),
            members,
            others,
            emails: emails.collect(),
            outcomes: runs.iter().flat_map(outcomes).collect(),
            installed,
            in_flight: runs.iter().any(|run| run.state == RunState::Running),
            program,
        })
    }
}

/// Describes the outcome of a run's flow step for each lead.
fn outcomes(run: &Run) -> Vec<(i64, String)> {
    let words = |outcome: &LeadOutcome| match outcome.success {
        true => "done".to_owned(),
        false => format!("{}: {}", outcome.error_code, outcome.reason),
    };
    let mut outcomes = Vec::new();
    for chunk in &run.chunks {
        let of_all = match (&chunk.error, chunk.state) {
            (Some(error), _) => Some(error.as_str()),
            (None, ChunkState::Refused) => Some("the service refused the call"),
            (None, ChunkState::TimedOut) => Some("the service did not call back"),
            (None, ChunkState::Waiting) => Some("under way"),
            (None, ChunkState::CalledBack) => None,
        };
        match of_all {
            Some(words) => outcomes.extend(chunk.lead_ids.iter().map(|&lead| (lead, words.to_owned()))),
            None => outcomes.extend(chunk.outcomes.iter().map(|outcome| (outcome.lead_id, words(outcome)))),
        }
    }
    outcomes
}

fn members(view: &ProgramView) -> Markup {
    let lead_name = |lead: &Lead| format!("{} {}", lead.text("firstName"), lead.text("lastName"));
    let action = format!("/_control/page/programs/{}/register", view.program.id);
    html! {
        section {
            h2 #members { "Members" }
            @if view.members.is_empty() {
                p { "No lead is a member of this program yet. Add some below." }
            } @else {
                form method="post" action=(action) {
                    div .scroll {
                        table aria-labelledby="members" {
                            thead {
                                tr { th { "Lead" } th { "E-mail address" } th { "Status" } th { "Flow step" } th { "Webinar URL" } }
                            }
                            tbody {
                                @for (lead, member) in &view.members {
                                    tr data-lead=(lead.id) {
                                        td {
                                            label {
                                                input type="checkbox" name="lead" value=(lead.id)
                                                    checked[member.status_name == "Invited"];
                                                " " (lead_name(lead))
                                            }
                                        }
                                        td { (lead.text("email")) }
                                        td { (member.status_name) }
                                        td { (view.outcomes.get(&lead.id).map(String::as_str).unwrap_or_default()) }
                                        td { (if member.text("webinarUrl").is_empty() { "" } else { "written" }) }
                                    }
                                }
                            }
                        }
                    }
                    @if view.installed.is_some() {
                        p { button { "Set the ticked ones Registered" } }
                        p .quiet {
                            "Runs the smart campaign over them: Change Program Status to Registered, Register for Zoom \
                             Webinar (registerForZoomWebinar), Send Email."
                        }
                    } @else {
                        p { "Install the flow step service first: " a href="/" { "Service provider" } "." }
                    }
                }
            }
        }
    }
}

fn add_leads_forms(view: &ProgramView) -> Markup {
    let path = format!("/_control/page/programs/{}", view.program.id);
    html! {
        section {
            h2 { "Add leads" }
            @if !view.others.is_empty() {
                form method="post" action=(format!("{path}/members")) {
                    label {
                        "How many of the " (view.others.len()) " leads that are not in the program"
                        input name="count" type="number" min="1" max=(view.others.len()) value=(view.others.len().min(5)) required;
                    }
                    p { button { "Add them" } }
                }
            }
            form method="post" action=(format!("{path}/lead")) {
                fieldset {
                    legend { "A new lead" }
                    label { "First name" input name="firstName" autocomplete="off"; }
                    label { "Last name" input name="lastName" autocomplete="off"; }
                    label { "E-mail address" input name="email" required autocomplete="off"; }
                    label { "Company" input name="company" autocomplete="off"; }
                    label { "Phone" input name="phone" autocomplete="off"; }
                    p { button { "Add the lead" } }
                }
            }
        }
    }
}

fn emails(emails: &[(usize, SentEmail)]) -> Markup {
    html! {
        section {
            h2 { "Confirmation e-mails" }
            @if emails.is_empty() { p { "None has gone out yet." } } @else {
                ul {
                    @for (number, email) in emails {
                        li {
                            a href=(format!("/emails/{number}")) { "To " (email.to) }
                            @if email.member_webinar_url.is_empty() { ": without a link" }
                        }
                    }
                }
            }
        }
    }
}

fn my_tokens(program: &Program) -> Markup {
    html! {
        section {
            h2 #tokens { "My Tokens" }
            @if program.my_tokens.is_empty() { p { "None yet: the program is not connected." } } @else {
                div .scroll {
                    table aria-labelledby="tokens" {
                        thead { tr { th { "Token" } th { "Value" } } }
                        tbody {
                            @for (name, token) in &program.my_tokens {
                                tr { td { code { "{{my." (name) "}}" } } td .mail { (token.value) } }
                            }
                        }
                    }
                }
            }
        }
    }
}

/// Renders the page for a program or an e-mail that does not exist.
pub(super) fn not_found(title: &str) -> Response {
    Site::Marketo.page(title, html! { p { a href="/" { "All programs" } } })
}
