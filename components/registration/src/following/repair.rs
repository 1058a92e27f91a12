//! What a membership lacks to agree with Zoom, and writing it. Pure but for the writing, which is idempotent.

use super::statuses::{can_move, meaning_of};
use crate::registrants::Standing;
use domain::records::{ProgramConnection, Registration, RegistrationOutcome};
use domain::status::{Meaning, ProgressionStatus};
use domain::time::Timestamp;
use domain::{ErrorCode, LeadId, RegistrantId, WebinarId};
use marketo_client::members::{Member, MemberData, MemberOutcome};
use marketo_client::{BATCH, MarketoClient, MarketoError};

/// What a membership lacks.
#[derive(Debug, Clone)]
pub struct Repair {
    /// The lead.
    pub lead: LeadId,
    /// Join link and registrant id, if they differ.
    pub data: Option<MemberData>,
    /// The status to set, if it differs and Marketo allows it (R16).
    pub status: Option<ProgressionStatus>,
}

/// How a registration ended that does not stand any more. Zoom has one status for both.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    /// Cancelled.
    Cancelled,
    /// Denied by the host.
    Denied,
}

impl Ending {
    /// Returns how a registration most likely ended, by what the ledger had before: a host denies who is pending, and
    /// cancels who is approved.
    pub fn after(before: &RegistrationOutcome) -> Self {
        match before {
            RegistrationOutcome::Pending { .. } => Self::Denied,
            RegistrationOutcome::Failed { problem, .. } if problem.code == ErrorCode::RegistrantDenied => Self::Denied,
            RegistrationOutcome::Registered { .. } | RegistrationOutcome::Failed { .. } => Self::Cancelled,
        }
    }

    /// Returns the meanings of statuses that may be set, the better one first. Nobody who cancelled is called denied.
    const fn meanings(self) -> &'static [Meaning] {
        match self {
            Self::Cancelled => &[Meaning::Cancelled],
            Self::Denied => &[Meaning::Denied, Meaning::Cancelled],
        }
    }
}

/// What the ledger had before, next to a standing.
#[derive(Debug, Clone, Copy)]
pub struct News {
    /// How the registration ended, if it did.
    pub ending: Ending,
    /// Whether the standing has not reached every membership yet. Otherwise a membership that is cancelled, of a person who
    /// is registered, was cancelled by a marketer.
    pub is_news: bool,
}

impl News {
    /// Compares a standing with the ledger's entry. `ending`: what an event says.
    pub fn of(standing: &Standing, entry: Option<&Registration>, ending: Option<Ending>) -> Self {
        let before = entry.map(|entry| &entry.outcome);
        let is_news = entry.is_some_and(|entry| entry.others_stale || !standing.agrees_with(&entry.outcome));
        Self { ending: ending.or(before.map(Ending::after)).unwrap_or(Ending::Cancelled), is_news }
    }
}

/// Returns what a membership lacks to agree with the standing of its registrant; `None` if it agrees.
///
/// Statuses that do not belong to registration, such as Attended, stay. So do the statuses of people whose registration ended after the webinar:
/// it stood when that ended (R19).
pub fn repair_of(
    connection: &ProgramConnection,
    member: &Member,
    standing: &Standing,
    news: News,
    now: Timestamp,
) -> Option<Repair> {
    if !standing.is_registered() && connection.snapshot.end_time() <= now {
        return None;
    }
    let status = wanted_status(connection, member, standing, news);
    let data = wanted_data(member, standing);
    (data.is_some() || status.is_some()).then(|| Repair { lead: member.lead_id, data, status: status.cloned() })
}

fn wanted_data(member: &Member, standing: &Standing) -> Option<MemberData> {
    let (registrant, join_url) = match standing {
        Standing::Approved { registrant, join_url } => (registrant, Some(join_url)),
        Standing::Pending { registrant } => (registrant, None),
        // The id stays, so that the next approval finds the membership.
        Standing::Denied { .. } | Standing::Gone => return None,
    };
    let agrees = member.registration_code.as_ref() == Some(registrant)
        && join_url.is_none_or(|url| member.webinar_url.as_ref() == Some(url));
    (!agrees).then(|| MemberData {
        lead_id: member.lead_id,
        webinar_url: join_url.cloned(),
        registration_code: registrant.clone(),
    })
}

fn wanted_status<'c>(
    connection: &'c ProgramConnection,
    member: &Member,
    standing: &Standing,
    news: News,
) -> Option<&'c ProgressionStatus> {
    use Meaning::{Cancelled, Denied, Pending, Registered, RegistrationError};
    let present = member.status_name.as_deref()?;
    let reachable = |meaning: Meaning| {
        connection.status_for(meaning).filter(|status| can_move(&connection.channel, present, status))
    };
    match (standing, meaning_of(&connection.mapping(), present)?) {
        // A marketer cancelled the person, who is to be cancelled in Zoom.
        (Standing::Approved { .. } | Standing::Pending { .. }, Cancelled | Denied) if !news.is_news => None,
        (Standing::Approved { .. }, Pending | RegistrationError | Cancelled | Denied) => reachable(Registered),
        (Standing::Pending { .. }, Registered) => reachable(Pending),
        (Standing::Pending { .. }, RegistrationError | Cancelled | Denied) => {
            reachable(Pending).or_else(|| reachable(Registered))
        }
        // A channel may have the status for denied people at a step that Marketo does not go back to.
        (Standing::Denied { .. } | Standing::Gone, Registered | Pending) => {
            news.ending.meanings().iter().find_map(|&meaning| reachable(meaning))
        }
        _ => None,
    }
}

/// Returns whether a membership is of a person whom the ledger has at a webinar.
///
/// `known`: the ids that the person's
/// registrants have or had. `has_address`: whether the lead has the registrant's address now.
pub fn is_concerned(
    connection: &ProgramConnection,
    member: &Member,
    webinar: WebinarId,
    known: &[RegistrantId],
    standing: &Standing,
    has_address: bool,
) -> bool {
    let linked = member.webinar_url.as_ref().and_then(|link| linked_webinar(link.expose()));
    match member.registration_code.as_ref().filter(|code| !code.as_str().is_empty()) {
        Some(code) if known.contains(code) => true,
        // The flow step may have registered the lead for another webinar.
        Some(_) => has_address && linked.is_none_or(|linked| linked == webinar),
        // The write of the registrant id was lost. Somebody who is not registered may just be on the way to Zoom; somebody
        // who is cancelled never was registered through this program.
        None => {
            use Meaning::{Pending, Registered, RegistrationError};
            let meaning = member.status_name.as_deref().and_then(|status| meaning_of(&connection.mapping(), status));
            let is_requested = matches!(meaning, Some(Registered | Pending | RegistrationError));
            standing.is_registered() && has_address && is_requested
        }
    }
}

/// Returns the webinar of a join link, such as `https://zoom.us/w/81234567890?tk=...`.
pub fn linked_webinar(link: &str) -> Option<WebinarId> {
    let (_, rest) = link.split_once("/w/")?;
    rest.split(['?', '/', '#']).next()?.parse().ok()
}

/// Writes repairs of a program's memberships, data first: a smart campaign that listens to the status finds the link.
pub async fn write(
    marketo: &MarketoClient,
    connection: &ProgramConnection,
    repairs: &[Repair],
) -> Result<(), MarketoError> {
    let program = connection.program;
    let data: Vec<_> = repairs.iter().filter_map(|repair| repair.data.clone()).collect();
    for batch in data.chunks(BATCH) {
        let written = marketo.set_member_data(program, batch).await?;
        for (row, outcome) in batch.iter().zip(written) {
            if let MemberOutcome::Skipped(code) = outcome {
                platform::log!(Warn, "member_data.skipped", program = program, lead = row.lead_id, code = code);
            }
        }
    }
    for status in &connection.channel.statuses {
        let to_set = repairs.iter().filter(|repair| repair.status.as_ref() == Some(status));
        let leads: Vec<_> = to_set.map(|repair| repair.lead).collect();
        for batch in leads.chunks(BATCH) {
            for (lead, outcome) in batch.iter().zip(marketo.set_status(program, status, batch).await?) {
                if let MemberOutcome::Skipped(code) = outcome {
                    platform::log!(Warn, "member_status.skipped", program = program, lead = lead, code = code);
                }
            }
        }
    }
    Ok(())
}

/// Returns a member's registrant id.
pub fn code(member: &Member) -> Option<&RegistrantId> {
    member.registration_code.as_ref().filter(|code| !code.as_str().is_empty())
}

/// Returns whether a member's link leads to another webinar.
pub fn is_of_other_webinar(member: &Member, webinar: WebinarId) -> bool {
    let linked = member.webinar_url.as_ref().and_then(|link| linked_webinar(link.expose()));
    linked.is_some_and(|linked| linked != webinar)
}
