//! Where the program's members stand. Marketo's membership is the durable ledger: `registrationCode` tells whose
//! registrant a lead is, the status what was written already (DESIGN section 5).

use domain::status::{Channel, Known};
use domain::{Error, LeadId, ProgramId, RegistrantId};
use marketo_client::Marketo;
use marketo_client::members::Member;
use std::collections::HashMap;

/// Where a member stands, as far as attendance cares.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Standing {
    /// Waits to be accounted for.
    Registered,
    /// Set before.
    NoShow,
    /// Set before; or watched the recording, which is attendance too.
    Attended,
    /// Anything else, like Registration Error.
    Other,
}

/// The members that matter: those who were registered or more.
#[derive(Debug, Default)]
pub(super) struct Members {
    standings: HashMap<LeadId, Standing>,
    by_registrant: HashMap<RegistrantId, LeadId>,
}

impl Members {
    /// Reads them.
    pub(super) async fn read(marketo: &Marketo, program: ProgramId, channel: &Channel) -> Result<Self, Error> {
        let mut members = Self::default();
        let statuses = relevant(channel).join(",");
        if statuses.is_empty() {
            return Ok(members);
        }
        let mut next: Option<String> = None;
        loop {
            let page = marketo.members_with_status(program, &statuses, next.as_deref()).await?;
            page.members.into_iter().for_each(|member| members.add(member));
            next = page.next_page_token;
            if next.is_none() {
                return Ok(members);
            }
        }
    }

    fn add(&mut self, member: Member) {
        let standing = standing(member.status_name.as_deref().unwrap_or_default());
        self.standings.insert(member.lead_id, standing);
        if let Some(code) = member.registration_code.filter(|code| !code.as_str().is_empty()) {
            self.by_registrant.insert(code, member.lead_id);
        }
    }

    /// The lead of a registrant.
    pub(super) fn of_registrant(&self, id: &RegistrantId) -> Option<LeadId> {
        self.by_registrant.get(id).copied()
    }

    /// Where a lead stands; `None` for one who was never registered here.
    pub(super) fn standing(&self, lead: LeadId) -> Option<Standing> {
        self.standings.get(&lead).copied()
    }

    /// The leads that stand somewhere.
    pub(super) fn that_are(&self, standing: Standing) -> impl Iterator<Item = LeadId> {
        self.standings.iter().filter(move |(_, there)| **there == standing).map(|(lead, _)| *lead)
    }

    /// The registrant of a lead, for those who have one.
    pub(super) fn registrants(&self) -> HashMap<LeadId, &RegistrantId> {
        self.by_registrant.iter().map(|(registrant, lead)| (*lead, registrant)).collect()
    }
}

fn standing(status: &str) -> Standing {
    match status {
        _ if Known::Registered.is(status) => Standing::Registered,
        _ if Known::NoShow.is(status) => Standing::NoShow,
        _ if is_attendance(status) => Standing::Attended,
        _ => Standing::Other,
    }
}

/// "Attended", and "Attended On-demand" in any spelling.
fn is_attendance(status: &str) -> bool {
    status.trim().to_ascii_lowercase().starts_with("attended")
}

/// The statuses of those who were registered or more: the invited may be a hundred times as many. Without a status
/// Registered nobody can tell, and all are read. Marketo separates names by commas, so a name with one cannot be
/// asked for.
fn relevant(channel: &Channel) -> Vec<&str> {
    let least = channel.find(Known::Registered).map_or(1, |registered| registered.step);
    let matters =
        |name: &str, step: i64| step >= least || Known::PendingApproval.is(name) || standing(name) != Standing::Other;
    let statuses = channel.statuses.iter().filter(|status| matters(&status.name, status.step));
    statuses.map(|status| status.name.as_str()).filter(|name| !name.contains(',')).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::status::ProgressionStatus;
    use std::collections::HashSet;

    fn channel(statuses: &[(&str, i64)]) -> Channel {
        let status = |(name, step): &(&str, i64)| ProgressionStatus { name: (*name).to_owned(), step: *step };
        Channel { name: "Webinar".into(), statuses: statuses.iter().map(status).collect() }
    }

    #[test]
    fn the_invited_are_not_read() {
        let channel = channel(&[
            ("Not in Program", 0),
            ("Invited", 10),
            ("Pending Approval", 20),
            ("No-Show", 30),
            ("Registered", 40),
            ("Registration Error", 40),
            ("Attended On-demand", 60),
        ]);
        let expected = ["Pending Approval", "No-Show", "Registered", "Registration Error", "Attended On-demand"];
        assert_eq!(relevant(&channel), expected);
    }

    #[test]
    fn watching_the_recording_is_attendance() {
        assert_eq!(standing("ATTENDED on demand"), Standing::Attended);
        assert_eq!(standing("No-show"), Standing::NoShow);
        assert_eq!(standing("registered"), Standing::Registered);
        assert_eq!(standing("Wait Listed"), Standing::Other);
    }

    #[test]
    fn members_are_found_by_their_registrant() {
        let member = |lead: u64, status: &str, code: &str| {
            serde_json::from_value::<Member>(
                serde_json::json!({"leadId": lead, "statusName": status, "registrationCode": code}),
            )
        };
        let mut members = Members::default();
        for member in [member(1, "Registered", "r1"), member(2, "Registered", ""), member(3, "Attended", "r3")] {
            members.add(member.unwrap());
        }
        assert_eq!(members.of_registrant(&"r3".into()), Some(3.into()));
        assert_eq!(members.of_registrant(&"".into()), None);
        assert_eq!(members.that_are(Standing::Registered).collect::<HashSet<_>>(), [1.into(), 2.into()].into());
    }
}
