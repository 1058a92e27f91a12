//! Copies people who registered on Zoom's own page, one worker at a time.
//!
//! Marketo creates two leads when two calls create one address at once. So a lease lets one worker copy, over all webinars. It
//! looks up each address before it creates a lead, and keeps the lease when a call that creates leads may still run.
//!
//! The ledger has a person before the status is set, so that neither the flow step nor the status change registers them again
//! (R23), with a flag until every program has them: after a crash the comparison goes on from there.

use super::members::{self, PersonLead};
use super::person::{self, ZoomPerson};
use super::programs::copying;
use crate::registering::daily_limit;
use crate::state::AppState;
use crate::store::{counts, ledger, reconciled};
use domain::records::{CopyWorkerKey, LeadPartition, ProgramConnection, Record, Registration, RegistrationKey};
use domain::time::{SignedDuration, Timestamp};
use domain::{Email, Error, ErrorCode, LeadId, Upstream, UpstreamError, WebinarId};
use futures::FutureExt;
use marketo_client::find_or_create::{Creation, LeadsByAddress, blank_fields_update};
use marketo_client::leads::NewLead;
use marketo_client::{BATCH, MarketoClient, MarketoError};
use platform::concurrency::run_bounded;
use platform::lease::{AcquiredLease, LeaseTerms};
use platform::store::Stored;
use std::collections::BTreeSet;
use std::sync::atomic::{AtomicU32, Ordering};
use zoom_client::ZoomClient;

/// The terms of the lease. It outlasts a create call whose answer was lost: Marketo may still work on it for 90 seconds.
const LEASE: LeaseTerms =
    LeaseTerms { max_duration: SignedDuration::from_mins(2), settling_time: SignedDuration::from_millis(250) };

/// How long a worker waits for another one to be done. Then the tick copies its people, together with others.
const MAX_WAIT: SignedDuration = SignedDuration::from_secs(8);

/// How often a waiting worker looks at the lease.
const POLL_INTERVAL: SignedDuration = SignedDuration::from_millis(500);

/// Minimum time left to start a batch and a create call. One that is cut off may still run at Marketo.
pub const MIN_CREATE_TIME: SignedDuration = SignedDuration::from_secs(8);

/// Maximum number of ledger entries read or written at once.
const MAX_CONCURRENT: usize = 16;

/// The result of a copy.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Copied {
    /// All are copied but this number of people who cannot be: the own side, and whom Marketo rejects in a program.
    AllBut(usize),
    /// Another worker copies.
    Busy,
    /// There was too little time.
    OutOfTime,
}

/// Copies people of a webinar to the programs that copy. Counts the calls that look up addresses in `lookups` (R23).
///
/// # Errors
/// Marketo, Zoom or the store failed. The next comparison goes on.
pub async fn copy(
    state: &AppState,
    zoom: &ZoomClient,
    webinar: WebinarId,
    connections: &[ProgramConnection],
    people: Vec<ZoomPerson>,
    deadline: Timestamp,
    lookups: &AtomicU32,
) -> Result<Copied, Error> {
    // What is read before anybody is locked out.
    let own_side = person::own_side(zoom, webinar).await?;
    let in_chunks = person::in_chunks(state).await?;
    let (own, mut people): (Vec<_>, Vec<_>) =
        people.into_iter().partition(|person| own_side.contains(&person.email.hash()));
    if !own.is_empty() {
        platform::log!(Info, "registrants.own_side_skipped", webinar = webinar, count = own.len());
    }
    // A chunk writes the ledger. The next comparison copies the people that it does not register.
    people.retain(|person| !in_chunks.contains(&person.email.hash()));
    if people.is_empty() {
        return Ok(Copied::AllBut(own.len()));
    }
    let wait_until = (state.ports.clock.now() + MAX_WAIT).min(deadline);
    let name = CopyWorkerKey {}.to_string();
    let Some(_guard) = state.locks.lock_until(&state.ports, &name, wait_until).await else { return Ok(Copied::Busy) };
    let Some(lease) = acquire(state, wait_until).await? else { return Ok(Copied::Busy) };
    let copier = Copier {
        state,
        webinar,
        connections: copying(state, webinar, connections).await?,
        marketo: state.marketo(deadline),
        lease: &lease,
        deadline,
        lookups,
    };
    let copied = match copier.copy(&people).await {
        // Nothing is left to do for an account that is gone.
        Ok(None) => Ok((!copier.is_connected().await?).then_some(0)),
        copied => copied,
    };
    counts::flush(state).await;
    // A refused call is over. Only the creation of leads may still run at Marketo without an answer.
    let may_create = |error: &UpstreamError| error.upstream == Upstream::Marketo && error.maybe_executed;
    if !matches!(&copied, Err(Error::Upstream(error)) if may_create(error)) {
        lease.release().await?;
    }
    Ok(copied?.map_or(Copied::OutOfTime, |uncopied| Copied::AllBut(uncopied + own.len())))
}

async fn acquire(state: &AppState, wait_until: Timestamp) -> Result<Option<AcquiredLease<'_, CopyWorkerKey>>, Error> {
    loop {
        let until = state.ports.clock.now() + LEASE.max_duration;
        if let Some(lease) = LEASE.acquire(&state.ports, CopyWorkerKey {}, until).await? {
            return Ok(Some(lease));
        }
        if state.ports.clock.now() + POLL_INTERVAL > wait_until {
            return Ok(None);
        }
        state.ports.clock.sleep(POLL_INTERVAL).await;
    }
}

/// A person and the ledger's entry, if a worker left them unfinished.
struct OpenPerson<'p> {
    person: &'p ZoomPerson,
    entry: Option<Registration>,
}

struct Copier<'a> {
    state: &'a AppState,
    webinar: WebinarId,
    connections: Vec<ProgramConnection>,
    marketo: MarketoClient,
    lease: &'a AcquiredLease<'a, CopyWorkerKey>,
    deadline: Timestamp,
    /// Number of calls that looked up addresses.
    lookups: &'a AtomicU32,
}

impl Copier<'_> {
    async fn copy(&self, people: &[ZoomPerson]) -> Result<Option<usize>, Error> {
        let Some(first) = self.connections.first() else { return Ok(Some(0)) };
        let (mut uncopied, mut copied) = (0, 0);
        for batch in people.chunks(BATCH) {
            if !self.can_create().await? {
                return Ok(None);
            }
            let open = self.open(batch).await?;
            if open.is_empty() {
                continue;
            }
            match self.copy_batch(first, &open).await {
                Ok((finished, left)) => {
                    copied += finished;
                    uncopied += left;
                }
                Err(Error::Rejected(problem)) if problem.code == ErrorCode::Busy => return Ok(None),
                Err(error) => return Err(error),
            }
        }
        if copied > 0 {
            platform::log!(Info, "registrants.copied", webinar = self.webinar, count = copied);
        }
        Ok(Some(uncopied))
    }

    /// Returns whether there is time to create leads, the account is still there, and no other worker has the lease. Renews it.
    async fn can_create(&self) -> Result<bool, Error> {
        let now = self.state.ports.clock.now();
        Ok(now + MIN_CREATE_TIME <= self.deadline
            && self.is_connected().await?
            && self.lease.renew(now + LEASE.max_duration).await?)
    }

    /// Returns whether the program that people are counted in has a service that is not gone.
    async fn is_connected(&self) -> Result<bool, Error> {
        reconciled::is_connected(self.state, self.connections.get(..1).unwrap_or_default()).await
    }

    /// Writes an entry. An account that removed the app keeps none (R17): the removal may have deleted the records before this one
    /// is written.
    async fn write(&self, key: &RegistrationKey, entry: &Registration) -> Result<(), Error> {
        ledger::write(self.state, key, entry).await?;
        if self.is_connected().await? {
            return Ok(());
        }
        self.state.ports.store().delete(key).await?;
        Err(ErrorCode::Busy.into())
    }

    /// Returns the people without a ledger entry, or with an unfinished one.
    async fn open<'p>(&self, batch: &'p [ZoomPerson]) -> Result<Vec<OpenPerson<'p>>, Error> {
        let read = async |person: &'p ZoomPerson| -> Result<Option<OpenPerson<'p>>, Error> {
            let entry = match self.state.ports.store().inspect(&ledger::key(self.webinar, &person.email)).await? {
                Stored::Readable(entry) if entry.copy_pending => Some(entry),
                Stored::Absent => None,
                // It may be of a newer version.
                Stored::Readable(_) | Stored::Unreadable => return Ok(None),
            };
            Ok(Some(OpenPerson { person, entry }))
        };
        let reads = batch.iter().map(|person| read(person).boxed()).collect();
        let read: Result<Vec<_>, _> = run_bounded(MAX_CONCURRENT, reads).await.into_iter().collect();
        Ok(read?.into_iter().flatten().collect())
    }

    /// Copies at most a batch of people to every program. Returns the number of those whom each program has, and of those whom
    /// Marketo rejected. A request that registered a person meanwhile writes them to Marketo.
    async fn copy_batch(&self, first: &ProgramConnection, open: &[OpenPerson<'_>]) -> Result<(usize, usize), Error> {
        let mut written: Vec<(&ZoomPerson, Registration)> = Vec::new();
        let mut rejected: Vec<&ZoomPerson> = Vec::new();
        let is_in = |people: &[&ZoomPerson], person: &ZoomPerson| people.iter().any(|one| std::ptr::eq(*one, person));
        for connection in &self.connections {
            let leads = self.leads(connection, open).await?;
            if connection.program == first.program {
                let writes = leads.iter().map(|one| self.write_pending(first, one, open).boxed()).collect();
                for entry in run_bounded(MAX_CONCURRENT, writes).await {
                    written.extend(entry?);
                }
            }
            let has_lead: Vec<_> = leads.iter().map(|one| one.person).collect();
            rejected.extend(open.iter().map(|one| one.person).filter(|person| !is_in(&has_lead, person)));
            let is_written = |one: &PersonLead<'_>| written.iter().any(|(person, _)| std::ptr::eq(*person, one.person));
            let leads: Vec<_> = leads.into_iter().filter(is_written).collect();
            let skipped = members::write(&self.marketo, connection, &leads).await?;
            rejected.extend(leads.iter().filter(|one| skipped.contains(&one.lead)).map(|one| one.person));
        }
        let finished: Vec<_> = written.iter().filter(|(person, _)| !is_in(&rejected, person)).collect();
        let finishes = finished.iter().map(|(person, entry)| self.finish(person, entry).boxed()).collect();
        for result in run_bounded(MAX_CONCURRENT, finishes).await {
            result?;
        }
        let uncopied = open.iter().filter(|one| is_in(&rejected, one.person)).count();
        Ok((finished.len(), uncopied))
    }

    /// Finds or creates the leads of people, for a program. Leaves out those whose lead Marketo rejected.
    async fn leads<'p>(
        &self,
        connection: &ProgramConnection,
        open: &[OpenPerson<'p>],
    ) -> Result<Vec<PersonLead<'p>>, Error> {
        let partition = connection.lead_partition.as_ref();
        let emails: Vec<_> = open.iter().map(|one| &one.person.email).collect();
        let found = self.find_leads(&emails, partition).await?;
        let missing: Vec<_> = open.iter().filter(|one| found.of(&one.person.email).is_empty()).collect();
        let new_lead = |one: &&OpenPerson<'_>| {
            let ZoomPerson { email, fields, .. } = one.person;
            NewLead { email: email.clone(), fields: fields.clone() }
        };
        let new_leads: Vec<_> = missing.iter().map(new_lead).collect();
        let mut leads = Vec::new();
        let mut existing = Vec::new();
        if !new_leads.is_empty() {
            if !self.can_create().await? {
                return Err(ErrorCode::Busy.into());
            }
            let creations = self.marketo.create_missing(&new_leads, partition).await?;
            for (one, creation) in missing.iter().zip(creations) {
                match creation {
                    Creation::Created(lead) => leads.push(PersonLead { person: one.person, lead, is_new: true }),
                    Creation::Exists => existing.push(one.person),
                    Creation::Rejected(_) => {}
                }
            }
        }
        // Another worker created these right before.
        let emails: Vec<_> = existing.iter().map(|person| &person.email).collect();
        let found_late = self.find_leads(&emails, partition).await?;
        let members = self.members_of_duplicates(connection, open, &found).await?;
        let mut updates = Vec::new();
        for OpenPerson { person, entry } in open {
            let mut of_address = found.of(&person.email);
            of_address.extend(found_late.of(&person.email));
            updates.extend(blank_fields_update(&of_address, &person.fields));
            let former = entry.as_ref().map(|entry| entry.lead);
            let has = |wanted: &dyn Fn(LeadId) -> bool| of_address.iter().map(|lead| lead.id).find(|id| wanted(*id));
            let chosen =
                has(&|id| Some(id) == former).or_else(|| has(&|id| members.contains(&id))).or_else(|| has(&|_| true));
            leads.extend(chosen.map(|lead| PersonLead { person, lead, is_new: false }));
        }
        for updates in updates.chunks(BATCH) {
            self.marketo.update_leads(updates).await?;
        }
        Ok(leads)
    }

    async fn find_leads(
        &self,
        emails: &[&Email],
        partition: Option<&LeadPartition>,
    ) -> Result<LeadsByAddress, MarketoError> {
        self.lookups.fetch_add(u32::from(!emails.is_empty()), Ordering::Relaxed);
        self.marketo.find_leads(emails, partition).await
    }

    /// Returns the members among the leads of addresses that several leads have.
    async fn members_of_duplicates(
        &self,
        connection: &ProgramConnection,
        open: &[OpenPerson<'_>],
        found: &LeadsByAddress,
    ) -> Result<BTreeSet<LeadId>, MarketoError> {
        let of_address = open.iter().map(|one| found.of(&one.person.email)).filter(|leads| leads.len() > 1);
        let leads: Vec<_> = of_address.flatten().map(|lead| lead.id).collect();
        let mut members = BTreeSet::new();
        for leads in leads.chunks(BATCH) {
            members
                .extend(self.marketo.members_of(connection.program, leads).await?.into_iter().map(|one| one.lead_id));
        }
        Ok(members)
    }

    /// Writes the entry of a person who is not a member yet. Returns `None` if a request registered the person meanwhile.
    async fn write_pending<'p>(
        &self,
        first: &ProgramConnection,
        one: &PersonLead<'p>,
        open: &[OpenPerson<'p>],
    ) -> Result<Option<(&'p ZoomPerson, Registration)>, Error> {
        let key = ledger::key(self.webinar, &one.person.email);
        let known = open.iter().find(|known| std::ptr::eq(known.person, one.person)).and_then(|one| one.entry.as_ref());
        let now = self.state.ports.clock.now();
        let stored = ledger::read_key(self.state, &key).await?;
        if stored.as_ref() != known {
            return Ok(None);
        }
        let entry = Registration {
            v: Registration::VERSION,
            program: first.program,
            lead: one.lead,
            at: now,
            outcome: one.person.standing.outcome(None),
            adds: daily_limit::add_calls_today(stored.as_ref(), now),
            others_stale: stored.is_some_and(|stored| stored.others_stale),
            copy_pending: true,
            source: Some(first.into()),
        };
        self.write(&key, &entry).await?;
        Ok(Some((one.person, entry)))
    }

    /// Takes the flag from an entry, unless it changed meanwhile.
    async fn finish(&self, person: &ZoomPerson, entry: &Registration) -> Result<(), Error> {
        let key = ledger::key(self.webinar, &person.email);
        match ledger::read_key(self.state, &key).await? {
            Some(stored) if stored == *entry => self.write(&key, &Registration { copy_pending: false, ..stored }).await,
            _ => Ok(()),
        }
    }
}
