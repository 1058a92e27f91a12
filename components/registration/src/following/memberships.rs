//! What a comparison reads in Marketo, each call of which counts in the budget (R23).

use super::repair::{self, code};
use super::statuses::of_registration;
use super::webinar::{Membership, Reconciliation};
use crate::registrants::RegistrantLookup;
use domain::{Email, Error, LeadId};
use marketo_client::BATCH;
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU32, Ordering};

impl Reconciliation<'_> {
    /// Reads the memberships whose status belongs to registration.
    pub(super) async fn memberships(&self, calls: &AtomicU32) -> Result<Vec<Membership>, Error> {
        let mut memberships = Vec::new();
        for (index, connection) in self.connections.iter().enumerate() {
            let names: Vec<_> = of_registration(connection).iter().map(|status| status.name.as_str()).collect();
            if names.is_empty() {
                continue;
            }
            let (statuses, mut token) = (names.join(","), None::<String>);
            loop {
                calls.fetch_add(1, Ordering::Relaxed);
                let page = self.marketo.members_with_status(connection.program, &statuses, token.as_deref()).await?;
                memberships.extend(page.members.into_iter().map(|member| Membership { connection: index, member }));
                if page.next_page_token.is_none() || page.next_page_token == token {
                    break;
                }
                token = page.next_page_token;
            }
        }
        Ok(memberships)
    }

    /// Reads the addresses of the leads whose registrant id Zoom does not have, or who have none.
    pub(super) async fn addresses(
        &self,
        memberships: &[Membership],
        lookup: &RegistrantLookup,
        calls: &AtomicU32,
    ) -> Result<BTreeMap<LeadId, Email>, Error> {
        let is_missing = |membership: &&Membership| match code(&membership.member) {
            Some(code) => {
                lookup.find_id(code).is_none() && !repair::is_of_other_webinar(&membership.member, self.webinar)
            }
            None => true,
        };
        let mut leads: Vec<_> =
            memberships.iter().filter(is_missing).map(|membership| membership.member.lead_id).collect();
        leads.sort_unstable();
        leads.dedup();
        let mut addresses = BTreeMap::new();
        for batch in leads.chunks(BATCH) {
            calls.fetch_add(1, Ordering::Relaxed);
            for lead in self.marketo.leads_by_id(batch).await? {
                if let Some(email) = lead.email.as_ref().and_then(|email| Email::parse(email.expose())) {
                    addresses.insert(lead.id, email);
                }
            }
        }
        Ok(addresses)
    }
}
