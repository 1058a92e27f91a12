//! Makes leads members of a program, with status, link and registrant id. Idempotent.

use super::person::ZoomPerson;
use crate::registering::write_back::write_data;
use crate::registrants::Standing;
use domain::LeadId;
use domain::records::ProgramConnection;
use domain::status::{Meaning, ProgressionStatus};
use marketo_client::members::{MemberData, MemberOutcome};
use marketo_client::{MarketoClient, MarketoError};
use std::collections::BTreeSet;

/// A person with their lead.
pub struct PersonLead<'p> {
    /// The person.
    pub person: &'p ZoomPerson,
    /// The lead.
    pub lead: LeadId,
    /// Whether the lead was just created, so that it is no member yet.
    pub is_new: bool,
}

impl PersonLead<'_> {
    fn data(&self) -> Option<MemberData> {
        let (registrant, join_url) = match &self.person.standing {
            Standing::Approved { registrant, join_url } => (registrant, Some(join_url.clone())),
            standing => (standing.registrant()?, None),
        };
        Some(MemberData { lead_id: self.lead, webinar_url: join_url, registration_code: registrant.clone() })
    }

    /// Returns the status for the standing. Where the channel has none for who waits for approval, they are Registered too.
    fn status<'c>(&self, connection: &'c ProgramConnection) -> Option<&'c ProgressionStatus> {
        let pending = match self.person.standing {
            Standing::Pending { .. } => connection.status_for(Meaning::Pending),
            _ => None,
        };
        pending.or_else(|| connection.status_for(Meaning::Registered))
    }
}

/// Writes at most a batch of people to a program. Members get their data first, so that a smart campaign that listens to the status
/// finds the link. Returns the leads whose status Marketo did not take.
pub async fn write(
    marketo: &MarketoClient,
    connection: &ProgramConnection,
    people: &[PersonLead<'_>],
) -> Result<BTreeSet<LeadId>, MarketoError> {
    let program = connection.program;
    let mut skipped = BTreeSet::new();
    let data = |is_new: bool| people.iter().filter(move |one| one.is_new == is_new).filter_map(PersonLead::data);
    let mut non_members = write_data(marketo, program, &data(false).collect::<Vec<_>>()).await?;
    non_members.extend(data(true));
    for status in &connection.channel.statuses {
        let has_status = |one: &&PersonLead<'_>| one.status(connection) == Some(status);
        let leads: Vec<_> = people.iter().filter(has_status).map(|one| one.lead).collect();
        for (lead, outcome) in leads.iter().zip(marketo.set_status(program, status, &leads).await?) {
            match outcome {
                MemberOutcome::Skipped(code) => {
                    skipped.insert(*lead);
                    platform::log!(Warn, "member_status.skipped", program = program, lead = lead, code = code);
                }
                // R16.
                MemberOutcome::Done | MemberOutcome::KeptStatus => {}
            }
        }
    }
    non_members.retain(|member| !skipped.contains(&member.lead_id));
    write_data(marketo, program, &non_members).await?;
    Ok(skipped)
}
