//! An index of the program's members. Marketo's membership is the durable ledger: `registrationCode` is a member's Zoom
//! registrant id, and the status shows what was already written (docs/STATE.md).

use super::membership::Membership;
use crate::person::PersonKey;
use crate::store::checkpoint::{MemberRow, MemberStanding, MemberStandings};
use domain::LeadId;
use domain::records::ProgramConnection;
use domain::status::Meaning;
use std::collections::{HashMap, HashSet};

/// The members who are registered or further.
#[derive(Debug, Default)]
pub(crate) struct MemberIndex {
    standings: HashMap<LeadId, MemberStanding>,
    registrants: HashSet<PersonKey>,
    /// Members who attended. None of them is ever set to No Show (R16).
    attended: HashSet<LeadId>,
    /// Members in status Registered whose own registrant id does not show whether they attended, and whether they were
    /// never registered. Their address may still match a registrant.
    by_address: HashMap<LeadId, bool>,
    /// Leads with another registration of which Zoom does not say yet whether they attended with it.
    unaccounted: HashSet<LeadId>,
    is_unlisted: bool,
}

impl MemberIndex {
    /// Creates the index of a program whose members Marketo does not list: each has to be looked up by lead.
    pub(crate) fn unlisted() -> Self {
        Self { is_unlisted: true, ..Self::default() }
    }

    /// Returns whether Marketo does not list the members.
    pub(crate) const fn is_unlisted(&self) -> bool {
        self.is_unlisted
    }

    /// Adds a member, given whether the report has them.
    pub(crate) fn add(&mut self, member: &MemberRow, is_present: bool, membership: Membership) {
        self.standings.insert(member.lead, member.standing);
        let is_registered = matches!(membership, Membership::Registered(_));
        if member.standing == MemberStanding::Registered && (!is_registered || self.is_unlisted) {
            self.by_address.insert(member.lead, membership == Membership::NeverRegistered);
        }
        self.registrants.extend(member.registrant.as_ref().map(PersonKey::registrant));
        if is_present {
            self.attended.insert(member.lead);
        }
    }

    /// Returns whether a member has this registrant id.
    pub(crate) fn has_registrant(&self, registrant: PersonKey) -> bool {
        self.registrants.contains(&registrant)
    }

    /// Returns a lead's standing; `None` if it is not an indexed member.
    pub(crate) fn standing(&self, lead: LeadId) -> Option<MemberStanding> {
        self.standings.get(&lead).copied()
    }

    /// Returns whether a lead is known to have attended.
    pub(crate) fn has_attended(&self, lead: LeadId) -> bool {
        self.attended.contains(&lead) || self.standing(lead) == Some(MemberStanding::Attended)
    }

    /// Leaves a lead out of No Show as long as it is not known whether they attended with another registration (R19).
    pub(crate) fn mark_unaccounted(&mut self, lead: LeadId) {
        self.unaccounted.insert(lead);
    }

    /// Returns whether nothing shows that a lead attended or may have done so.
    pub(crate) fn may_be_no_show(&self, lead: LeadId) -> bool {
        !self.has_attended(lead) && !self.unaccounted.contains(&lead)
    }

    /// Takes a member whose address matched a registrant who did not attend. Returns whether they were never registered
    /// otherwise; `None` if their own registrant id decides, if they may have attended, or if they were taken before.
    pub(crate) fn take_by_address(&mut self, lead: LeadId) -> Option<bool> {
        self.by_address.remove(&lead).filter(|_| self.may_be_no_show(lead))
    }

    /// Returns the number of members who were never registered in Zoom and are not known to have attended.
    pub(crate) fn never_registered_count(&self) -> usize {
        self.by_address.iter().filter(|(lead, never)| **never && !self.has_attended(**lead)).count()
    }

    /// Marks a lead as having attended. Returns whether that was not known.
    pub(crate) fn mark_attended(&mut self, lead: LeadId) -> bool {
        self.attended.insert(lead)
    }

    pub(crate) fn attended_count(&self) -> usize {
        self.attended.len()
    }
}

/// Returns the statuses whose members are fetched: Registered and further. The invited are left out because they may be
/// a hundred times as many. A channel without Registered has no such order, so all its statuses are fetched. Marketo
/// separates names by commas, so a name with a comma cannot be used as a filter.
pub(crate) fn fetched_statuses(connection: &ProgramConnection) -> Vec<&str> {
    let min_step = connection.status_for(Meaning::Registered).map_or(1, |registered| registered.step);
    let standings = MemberStandings::of(connection);
    let is_fetched = |name: &str, step: i64| {
        step >= min_step
            || connection.is_status(Meaning::Pending, name)
            || standings.standing(name) != MemberStanding::Other
    };
    let statuses = connection.channel.statuses.iter().filter(|status| is_fetched(&status.name, status.step));
    statuses.map(|status| status.name.as_str()).filter(|name| !name.contains(',')).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::testing::connection;
    use serde_json::json;

    #[test]
    fn invited_members_are_not_fetched() {
        let connection = connection(&[
            ("Not in Program", 0),
            ("Invited", 10),
            ("Pending Approval", 20),
            ("No-Show", 30),
            ("Registered", 40),
            ("Registration Error", 40),
            ("Attended On-demand", 60),
        ]);
        let expected = ["Pending Approval", "No-Show", "Registered", "Registration Error", "Attended On-demand"];
        assert_eq!(fetched_statuses(&connection), expected);
    }

    #[test]
    fn r21_the_statuses_of_another_language_are_fetched_from_registered_on() {
        let connection = connection(&[
            ("Kein Mitglied", 0),
            ("Eingeladen", 10),
            ("Storniert", 15),
            ("Registriert", 20),
            ("Nicht erschienen", 30),
            ("Teilgenommen", 40),
        ]);
        assert_eq!(fetched_statuses(&connection), ["Storniert", "Registriert", "Nicht erschienen", "Teilgenommen"]);
    }

    #[test]
    fn an_attendee_is_known_by_report_by_address_or_by_status() {
        let standings = MemberStandings::of(&connection(&[("Registered", 20), ("Attended", 30)]));
        let row = |lead: u64, status: &str, code: &str| {
            let json = json!({"leadId": lead, "statusName": status, "registrationCode": code});
            MemberRow::of(serde_json::from_value(json).unwrap(), &standings, 9.into())
        };
        let registered = |id: &str| Membership::Registered(PersonKey::registrant(&id.into()));
        let mut members = MemberIndex::default();
        members.add(&row(1, "Registered", "r1"), true, registered("r1"));
        members.add(&row(2, "Registered", ""), false, Membership::NeverRegistered);
        members.add(&row(3, "Attended", "r3"), false, registered("r3"));
        assert_eq!(members.never_registered_count(), 1);
        assert!(
            members.has_registrant(PersonKey::registrant(&"r3".into()))
                && !members.has_registrant(PersonKey::registrant(&"".into()))
        );
        let attended = |members: &MemberIndex| [1, 2, 3].map(|lead: u64| members.has_attended(lead.into()));
        assert_eq!(attended(&members), [true, false, true]);
        assert!(members.mark_attended(2.into()) && !members.mark_attended(2.into()));
        assert_eq!((attended(&members), members.attended_count()), ([true; 3], 2));
        assert_eq!((members.never_registered_count(), members.take_by_address(2.into())), (0, None));
    }

    #[test]
    fn r19_a_member_who_is_decided_by_address_is_taken_once() {
        let row = |lead: u64| MemberRow {
            lead: lead.into(),
            standing: MemberStanding::Registered,
            registrant: None,
            is_of_other_webinar: false,
        };
        let mut members = MemberIndex::default();
        members.add(&row(1), false, Membership::NeverRegistered);
        members.add(&row(2), false, Membership::Cancelled);
        members.add(&row(3), false, Membership::Registered(PersonKey::name("x")));
        let taken = [1, 2, 3, 1].map(|lead: u64| members.take_by_address(lead.into()));
        assert_eq!(taken, [Some(true), Some(false), None, None]);
    }
}
