//! Deletes what the store has of a person.
//!
//! A page of a list that has the person is deleted as a whole, and a run under way fetches it again: what Zoom and Marketo still
//! have of the person comes back with it.

use super::checkpoint::{List, MatchedLead, MemberRow, ParticipantRow, PresenceRow, RegistrantRow, Row, page_key};
use crate::live::people;
use crate::person::{PersonKey, PersonPresence};
use crate::state::AppState;
use domain::records::{AnyKey, LiveDoneKey, LiveJoin, LiveJoins, LiveJoinsKey, PageKey};
use domain::{EmailHash, Error};
use platform::forget_person::{ForgetPersonReport, ForgetPersonRequest};

/// Deletes the joins, the presences and the pages that have a person, until the deadline.
pub(crate) async fn forget_person(
    state: &AppState,
    request: &ForgetPersonRequest,
) -> Result<ForgetPersonReport, Error> {
    let person = ForgottenPerson { request, hash: request.email.hash(), key: PersonKey::email(&request.email) };
    let mut report = ForgetPersonReport { is_complete: true, ..ForgetPersonReport::default() };
    for key in state.store().list::<AnyKey>().await? {
        if !state.has_time(request.deadline) {
            report.is_complete = false;
            break;
        }
        match key {
            AnyKey::LiveJoins(key) => person.forget_joins(state, &key, &mut report).await?,
            AnyKey::LiveDone(key) => person.forget_done(state, &key).await?,
            AnyKey::Page(key) => person.forget_page(state, key, &mut report).await?,
            _ => {}
        }
    }
    Ok(report)
}

struct ForgottenPerson<'a> {
    request: &'a ForgetPersonRequest,
    hash: EmailHash,
    key: PersonKey,
}

impl ForgottenPerson<'_> {
    fn has_joined(&self, join: &LiveJoin) -> bool {
        let ForgetPersonRequest { registrants, leads, .. } = self.request;
        join.email.as_ref() == Some(&self.hash)
            || join.registrant.as_ref().is_some_and(|registrant| registrants.contains(registrant))
            || join.leads.iter().any(|lead| leads.contains(lead))
    }

    /// Removes the joins of a slot. Its owner may write those once more that it has in memory.
    async fn forget_joins(
        &self,
        state: &AppState,
        key: &LiveJoinsKey,
        report: &mut ForgetPersonReport,
    ) -> Result<(), Error> {
        let Some(stored) = state.store().get_readable(key).await? else { return Ok(()) };
        let (found, joins): (Vec<_>, Vec<_>) = stored.joins.into_iter().partition(|join| self.has_joined(join));
        if found.is_empty() {
            return Ok(());
        }
        state.store().put(key, &LiveJoins { joins, ..stored }).await?;
        report.joins += found.len() as u64;
        report.webinars.insert(key.webinar);
        report.is_complete &= stored.until <= state.now();
        Ok(())
    }

    /// Replaces the person's digests among the people who need no further call. Their number decides which page is the last, so
    /// it stays.
    async fn forget_done(&self, state: &AppState, key: &LiveDoneKey) -> Result<(), Error> {
        let Some(mut stored) = state.store().get_readable(key).await? else { return Ok(()) };
        let by_registrant = self.request.registrants.iter().map(|id| people::digest(&format!("r:{id}")));
        let by_lead = self.request.leads.iter().map(|lead| people::digest(&format!("l:{:?}", [lead])));
        let by_address = [people::digest(&format!("e:{}", self.hash))];
        let digests: Vec<_> = by_registrant.chain(by_lead).chain(by_address).collect();
        let mut is_found = false;
        for person in stored.people.iter_mut().filter(|person| digests.contains(person)) {
            *person = 0;
            is_found = true;
        }
        if is_found {
            state.store().put(key, &stored).await?;
        }
        Ok(())
    }

    async fn forget_page(&self, state: &AppState, key: PageKey, report: &mut ForgetPersonReport) -> Result<(), Error> {
        let ForgetPersonRequest { email, leads, registrants, .. } = self.request;
        let is_registrant = |id: &Option<_>| id.as_ref().is_some_and(|id| registrants.contains(id));
        let program = key.program;
        let found = match key.list {
            List::Presences => {
                let removed = self.forget_presences(state, key).await?;
                report.presences += removed;
                removed > 0
            }
            List::Report => {
                delete_if(state, key, report, |row: &ParticipantRow| {
                    row.email.as_ref() == Some(email) || is_registrant(&row.registrant)
                })
                .await?
            }
            List::Registrants | List::Denied | List::Absentees => {
                delete_if(state, key, report, |row: &RegistrantRow| {
                    row.email.as_ref() == Some(email) || is_registrant(&row.registrant)
                })
                .await?
            }
            List::Members => {
                delete_if(state, key, report, |row: &MemberRow| {
                    leads.contains(&row.lead) || is_registrant(&row.registrant)
                })
                .await?
            }
            List::MatchedLeads => delete_if(state, key, report, |row: &MatchedLead| leads.contains(&row.lead)).await?,
            List::PendingLookups => {
                delete_if(state, key, report, |(person, _): &PersonPresence| {
                    person.email.as_ref() == Some(email) || is_registrant(&person.registrant)
                })
                .await?
            }
        };
        if found {
            report.programs.insert(program);
        }
        Ok(())
    }

    /// Removes the person from a page of presences, which no run reads in order. Returns the number of rows.
    async fn forget_presences(&self, state: &AppState, key: PageKey) -> Result<u64, Error> {
        let key = page_key::<PresenceRow>(key);
        let Some(mut page) = state.store().get_readable(&key).await? else { return Ok(0) };
        let before = page.rows.len();
        page.rows.retain(|row| row.key != self.key);
        let removed = before - page.rows.len();
        if removed > 0 {
            state.store().put(&key, &page).await?;
        }
        Ok(removed as u64)
    }
}

/// Deletes a part of a page if it has a row. Returns whether it does.
async fn delete_if<R: Row>(
    state: &AppState,
    key: PageKey,
    report: &mut ForgetPersonReport,
    is_row: impl Fn(&R) -> bool,
) -> Result<bool, Error> {
    let key = page_key::<R>(key);
    let Some(page) = state.store().get_readable(&key).await? else { return Ok(false) };
    if !page.rows.iter().any(is_row) {
        return Ok(false);
    }
    state.store().delete(&key).await?;
    report.pages += 1;
    Ok(true)
}
