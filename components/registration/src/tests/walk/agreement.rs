//! Whether Zoom, the ledger and every membership agree, by the state of the fakes.

use super::super::fixture::{PROGRAM, WEBINAR, lead_id};
use super::super::following::OTHER_PROGRAM;
use super::{Channel, LEADS, Walk, address};
use crate::store::ledger;
use domain::Email;
use domain::records::RegistrationOutcome;
use fakes::marketo::subscription::Member;
use fakes::zoom::{Registrant, RegistrantStatus};

/// Returns what does not agree.
pub(super) async fn differences(walk: &Walk) -> Vec<String> {
    let mut differences = Vec::new();
    if walk.fixture.is_marked() {
        differences.push("the webinar is marked".to_owned());
    }
    for number in 1..=LEADS {
        let email = address(number);
        let webinar = walk.fixture.zoom.webinar(WEBINAR).unwrap();
        let registrant = webinar.registrant(&email).filter(|one| !one.status.is_gone());
        let entry = ledger::read(&walk.fixture.state(), WEBINAR.into(), &Email::parse(&email).unwrap()).await.unwrap();
        // Whom the ledger does not have was never registered here.
        let Some(entry) = entry else { continue };
        if !ledger_agrees(&entry.outcome, registrant) {
            differences.push(format!("the ledger has {:?} of {email}, and Zoom {registrant:?}", entry.outcome));
        }
        for program in [PROGRAM, OTHER_PROGRAM] {
            let (id, lead) = (program.try_into().unwrap(), lead_id(number).try_into().unwrap());
            let Some(member) = walk.fixture.marketo.member(id, lead) else { continue };
            if let Some(difference) = membership_difference(walk.channel, &member, registrant, &entry.outcome) {
                differences.push(format!("lead {number} in {program}: {difference}: {member:?}, Zoom {registrant:?}"));
            }
        }
    }
    differences
}

fn ledger_agrees(outcome: &RegistrationOutcome, registrant: Option<&Registrant>) -> bool {
    match (outcome, registrant.map(|one| (one, one.status))) {
        (RegistrationOutcome::Registered { registrant, join_url }, Some((one, RegistrantStatus::Approved))) => {
            registrant.as_str() == one.id && *join_url.expose() == one.join_url
        }
        (RegistrationOutcome::Pending { registrant }, Some((one, RegistrantStatus::Pending))) => {
            registrant.as_str() == one.id
        }
        (RegistrationOutcome::Failed { .. }, None | Some((_, RegistrantStatus::Denied))) => true,
        _ => false,
    }
}

fn membership_difference(
    channel: Channel,
    member: &Member,
    registrant: Option<&Registrant>,
    outcome: &RegistrationOutcome,
) -> Option<&'static str> {
    let status = &*member.status_name;
    let step = |name: &str| channel.iter().find(|(known, _)| *known == name).map(|(_, step)| *step);
    let can_become = |name: &str| step(name).is_some_and(|to| step(status).is_some_and(|from| from <= to));
    let standing = registrant.map(|one| one.status).unwrap_or(RegistrantStatus::Denied);
    let is_unlinked = member.text("registrationCode").is_empty();
    let has_id = registrant.is_some_and(|one| member.text("registrationCode") == one.id);
    // Failed for a cause that has nothing to do with the registrant, such as the daily limit.
    let is_failure = matches!(outcome, RegistrationOutcome::Failed { .. }) && !outcome.is_withdrawn();
    match standing {
        // Never registered through this program.
        _ if is_unlinked && status == "Cancelled" => None,
        RegistrantStatus::Approved if !has_id => Some("another registrant id"),
        RegistrantStatus::Approved if Some(member.text("webinarUrl")) != registrant.map(|one| &*one.join_url) => {
            Some("another link")
        }
        RegistrantStatus::Approved if status != "Registered" && can_become("Registered") => Some("not Registered"),
        RegistrantStatus::Pending if !has_id => Some("another registrant id"),
        RegistrantStatus::Pending if status != "Pending Approval" && can_become("Pending Approval") => {
            Some("not Pending Approval")
        }
        RegistrantStatus::Pending if status == "Cancelled" && can_become("Registered") => Some("still Cancelled"),
        RegistrantStatus::Denied if is_failure || is_unlinked => None,
        RegistrantStatus::Denied if ["Registered", "Pending Approval"].contains(&status) && can_become("Cancelled") => {
            Some("not Cancelled")
        }
        _ => None,
    }
}
