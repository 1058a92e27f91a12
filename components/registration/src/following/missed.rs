//! Whom a comparison finds that events and activities missed: registrations of Zoom's own page that are to be copied
//! (R10), and members whose status registers or cancels them (R23).

use super::repair::code;
use super::webinar::{Membership, Person, Reconciliation};
use crate::copying::copier::{Copied, copy};
use crate::copying::person::ZoomPerson;
use crate::registrants::RegistrantLookup;
use crate::status_changes::notice;
use crate::store::marks;
use domain::records::ProgramConnection;
use domain::{Email, EmailHash, Error, LeadId};
use platform::store::Stored;
use std::collections::BTreeMap;
use std::sync::atomic::AtomicU32;

impl Reconciliation<'_> {
    /// Copies people who registered on Zoom's own page and whose event was lost, or whose copy was interrupted (R10).
    /// Marks the webinar if the copy is left over.
    pub(super) async fn copy_missing(
        &self,
        lookup: &RegistrantLookup,
        people: &BTreeMap<EmailHash, Person>,
        calls: &AtomicU32,
    ) -> Result<Copied, Error> {
        let is_missing = |person: &Person| person.entry.as_ref().is_none_or(|entry| entry.copy_pending);
        let missing = people.iter().filter(|(_, person)| is_missing(person)).filter_map(|(email, person)| {
            let listed = lookup.find_listed(email)?;
            ZoomPerson::of(listed.row.as_ref()?, person.standing.clone())
        });
        let missing: Vec<_> = missing.collect();
        if missing.is_empty() {
            return Ok(Copied::AllBut(0));
        }
        let copied =
            copy(self.state, &self.zoom, self.webinar, self.connections, missing, self.deadline, calls).await?;
        match copied {
            Copied::AllBut(_) => {}
            Copied::Busy => marks::write_paused(self.state, self.webinar, self.mark).await?,
            // A long run or the next tick compares again.
            Copied::OutOfTime => _ = marks::write(self.state, self.webinar).await?,
        }
        Ok(copied)
    }

    /// Notices members whose status registers or cancels them and whom neither the ledger nor Zoom has so (R23): flow
    /// step, webhook and activities missed them.
    pub(super) async fn notice_missed(
        &self,
        memberships: &[Membership],
        lookup: &RegistrantLookup,
        addresses: &BTreeMap<LeadId, Email>,
    ) -> Result<(), Error> {
        for (index, connection) in self.connections.iter().enumerate() {
            // A program whose leads chose this webinar may be connected to another one, which would get them.
            let own = self.state.ports.connections().find(connection.program).await?;
            let is_own = |own: ProgramConnection| {
                own.snapshot.id == self.webinar && notice::is_watched(&own, self.state.ports.clock.now())
            };
            if !own.is_some_and(is_own) {
                continue;
            }
            let mut missed = Vec::new();
            for Membership { member, .. } in memberships.iter().filter(|membership| membership.connection == index) {
                let is_missed = notice::is_to_attempt(connection, member)
                    && match code(member) {
                        Some(code) => lookup.find_id(code).is_some_and(|listed| listed.standing.is_registered()),
                        None => !self.is_known(addresses.get(&member.lead_id)).await?,
                    };
                if is_missed {
                    missed.push(member.lead_id);
                }
            }
            notice::record(self.state, connection, &missed, false).await?;
        }
        Ok(())
    }

    /// Returns whether the ledger knows an address. A lead without one fails, which is told.
    async fn is_known(&self, email: Option<&Email>) -> Result<bool, Error> {
        match email {
            Some(email) => Ok(!matches!(self.read_ledger(email.hash()).await?.1, Stored::Absent)),
            None => Ok(false),
        }
    }
}
