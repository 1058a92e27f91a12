//! Where the program's members stand. Marketo's membership is the durable ledger: `registrationCode` tells whose
//! registrant a lead is, the status what was written already (DESIGN section 5).

use crate::people::Key;
use crate::sheets::{self, Standing};
use domain::LeadId;
use domain::status::{Channel, Known};
use marketo_client::members::Member;
use std::collections::{HashMap, HashSet};

/// The members that matter: those who were registered or more.
#[derive(Debug, Default)]
pub(super) struct Members {
    standings: HashMap<LeadId, Standing>,
    registrants: HashSet<Key>,
    /// Those who were there. None of them is ever set to No Show (R16).
    attended: HashSet<LeadId>,
    /// Whether Marketo does not list them, so that it has to be asked for each.
    is_unlisted: bool,
}

impl Members {
    /// Members whom Marketo does not list: only those are known who are asked for.
    pub(super) fn unlisted() -> Self {
        Self { is_unlisted: true, ..Self::default() }
    }

    /// Whether Marketo does not list them.
    pub(super) const fn are_unlisted(&self) -> bool {
        self.is_unlisted
    }

    /// A member, and whether the report has them.
    pub(super) fn add(&mut self, member: &sheets::Member, is_present: bool) {
        self.standings.insert(member.lead, member.standing);
        self.registrants.extend(member.registrant.as_ref().map(Key::registrant));
        if is_present {
            self.attended.insert(member.lead);
        }
    }

    /// Whether a member has this registrant's id.
    pub(super) fn have(&self, registrant: Key) -> bool {
        self.registrants.contains(&registrant)
    }

    /// Where a lead stands; `None` for one who was never registered here.
    pub(super) fn standing(&self, lead: LeadId) -> Option<Standing> {
        self.standings.get(&lead).copied()
    }

    /// Whether a lead is known to have been there.
    pub(super) fn attended(&self, lead: LeadId) -> bool {
        self.attended.contains(&lead) || self.standing(lead) == Some(Standing::Attended)
    }

    /// A lead was there, as its address tells. `true` when that is new.
    pub(super) fn add_attended(&mut self, lead: LeadId) -> bool {
        self.attended.insert(lead)
    }

    /// How many were there.
    pub(super) fn count_attended(&self) -> usize {
        self.attended.len()
    }
}

/// What is kept of a member.
pub(crate) fn member(member: Member) -> sheets::Member {
    sheets::Member {
        lead: member.lead_id,
        standing: standing(member.status_name.as_deref().unwrap_or_default()),
        registrant: member.registration_code.filter(|code| !code.as_str().is_empty()),
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
pub(crate) fn relevant(channel: &Channel) -> Vec<&str> {
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
    fn who_was_there_is_known_by_report_by_address_or_by_status() {
        let row = |lead: u64, status: &str, code: &str| {
            let json = serde_json::json!({"leadId": lead, "statusName": status, "registrationCode": code});
            member(serde_json::from_value(json).unwrap())
        };
        let mut members = Members::default();
        members.add(&row(1, "Registered", "r1"), true);
        members.add(&row(2, "Registered", ""), false);
        members.add(&row(3, "Attended", "r3"), false);
        assert!(members.have(Key::registrant(&"r3".into())) && !members.have(Key::registrant(&"".into())));
        let attended = |members: &Members| [1, 2, 3].map(|lead: u64| members.attended(lead.into()));
        assert_eq!(attended(&members), [true, false, true]);
        assert!(members.add_attended(2.into()) && !members.add_attended(2.into()));
        assert_eq!((attended(&members), members.count_attended()), ([true; 3], 2));
    }
}
