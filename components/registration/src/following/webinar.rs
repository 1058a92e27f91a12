//! Compares all registrants of a webinar with the ledger and the memberships, and repairs each difference (R18).
//!
//! The memberships are those of every program that is connected to the webinar. Idempotent: what a run does not finish, the next one finds again.
//!
//! Zoom is read first, so that an outage of it costs no calls of Marketo; after a comparison that Marketo failed, Marketo is,
//! so that an outage of it costs Zoom nothing. No keys are listed: the memberships and Zoom's lists name the people, and the
//! ledger is read by address.

use super::agreement;
use super::person::write_ledger;
use super::repair::{self, News, Repair, code};
use crate::copying::copier::Copied;
use crate::copying::programs::copying;
use crate::registering::target;
use crate::registrants::{Asked, RegistrantLookup, Standing, read_standings};
use crate::state::AppState;
use crate::store::counts as registration_counts;
use crate::store::reconciled::MembershipsRead;
use crate::store::{marks, reconciled};
use domain::records::{ProgramConnection, Reconciled, ReconciliationCounts, Registration, RegistrationKey};
use domain::time::Timestamp;
use domain::{Email, EmailHash, Error, ErrorCode, LeadId, Problem, RegistrantId, WebinarId};
use futures::FutureExt;
use marketo_client::MarketoClient;
use marketo_client::members::Member;
use platform::concurrency::run_bounded;
use platform::store::Stored;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicU32, Ordering};
use zoom_client::ZoomClient;

/// Maximum number of ledger entries read at once. A webinar has thousands of registrants.
const MAX_CONCURRENT_READS: usize = 16;

/// A membership, and the program that it is in.
pub(super) struct Membership {
    /// Index among the connections.
    pub(super) connection: usize,
    pub(super) member: Member,
}

/// A person of the webinar.
pub(super) struct Person {
    pub(super) standing: Standing,
    /// The ledger's entry, if it has the person.
    pub(super) entry: Option<Registration>,
}

/// How much a comparison reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    /// Zoom's lists and the ledger. The memberships only if those differ, because each reading costs calls of Marketo (R23).
    Lists,
    /// The memberships as well.
    Memberships,
}

/// The result of a comparison.
#[derive(Debug)]
pub struct Comparison {
    /// What it found.
    pub counts: ReconciliationCounts,
    /// What it read of the memberships; `None` if nothing.
    memberships: Option<MembershipsRead>,
    /// Why people could not be copied (R10). The other programs and people have what Zoom has.
    problem: Option<Problem>,
    /// Whether people are copied after a pause, because another worker copies.
    is_paused: bool,
}

impl Comparison {
    /// Returns whether no people are left over who are to be copied at once.
    pub fn is_complete(&self) -> bool {
        self.is_paused || self.memberships.is_none_or(|read| read.uncopied.is_some())
    }
}

/// Compares and repairs a webinar, records the result, and removes the mark that the webinar had before.
///
/// People whose copy fails are left to the next comparison of Zoom's lists, so that a lasting refusal costs no reading each minute.
///
/// # Errors
/// Zoom, Marketo or the store failed, or the deadline passed. What was repaired stays repaired, and the mark stays; it is due
/// after a pause.
pub async fn reconcile(
    state: &AppState,
    webinar: WebinarId,
    connections: &[ProgramConnection],
    scope: Scope,
    deadline: Timestamp,
) -> Result<Comparison, Error> {
    let mark = marks::read(state, webinar).await?;
    let scope = if mark.is_some() { Scope::Memberships } else { scope };
    let token = mark.as_ref().map(|mark| mark.token);
    let last = reconciled::read(state, webinar).await?;
    let calls = AtomicU32::new(0);
    let result = compare(state, webinar, connections, scope, deadline, (token, last.as_ref(), &calls)).await;
    let problem = match &result {
        Ok(Comparison { counts, problem, .. }) => {
            let (memberships, ledger) = (counts.memberships_repaired, counts.ledger_corrected);
            if memberships + ledger > 0 {
                platform::log!(
                    Info,
                    "webinar.reconciled",
                    webinar = webinar,
                    memberships = memberships,
                    ledger = ledger
                );
            }
            problem.clone()
        }
        Err(error) => {
            let problem = error.problem();
            platform::log!(Warn, "webinar.reconcile_failed", webinar = webinar, code = problem.code);
            Some(problem)
        }
    };
    // A webinar that Zoom does not have has no registrants to follow. Once it is restored, the next comparison does.
    let is_over = result.is_ok() || problem.as_ref().is_some_and(|problem| problem.code == ErrorCode::WebinarNotFound);
    let (counts, memberships) = match &result {
        Ok(Comparison { counts, memberships: Some(read), .. }) => (*counts, Some(*read)),
        // What only the memberships show is as it was.
        Ok(Comparison { counts, .. }) => {
            let withdrawn = last.map_or(0, |last| last.counts.withdrawn);
            (ReconciliationCounts { withdrawn, ..*counts }, None)
        }
        Err(_) => {
            let read = MembershipsRead { at: None, calls: calls.into_inner(), uncopied: None };
            (last.map(|last| last.counts).unwrap_or_default(), Some(read))
        }
    };
    reconciled::write(state, webinar, connections, counts, problem, memberships).await?;
    match mark {
        Some(mark) if is_over => marks::clear_token(state, webinar, mark.token).await?,
        Some(mark) => marks::pause(state, webinar, mark.token).await?,
        None => {}
    }
    result.map(|comparison| Comparison { counts, ..comparison })
}

/// Compares and repairs a webinar.
async fn compare(
    state: &AppState,
    webinar: WebinarId,
    connections: &[ProgramConnection],
    scope: Scope,
    deadline: Timestamp,
    (mark, last, calls): (Option<u32>, Option<&Reconciled>, &AtomicU32),
) -> Result<Comparison, Error> {
    let mut counts = ReconciliationCounts::default();
    if connections.is_empty() {
        return Ok(Comparison { counts, memberships: None, problem: None, is_paused: false });
    }
    let target = target::resolve_any(state, connections, webinar).await?;
    let run = Reconciliation {
        state,
        webinar,
        connections,
        zoom: state.zoom(&target.source.service, deadline),
        marketo: state.marketo(deadline),
        began: state.ports.clock.now(),
        deadline,
        mark,
    };
    if scope == Scope::Lists {
        let lookup = RegistrantLookup::read_all(&run.zoom, webinar, false).await?;
        let uncopied = last.map_or(0, |last| last.uncopied);
        if agreement::holds(state, webinar, connections, &lookup, uncopied).await? {
            lookup.people().for_each(|(_, standing)| count_standing(standing, &mut counts));
            return Ok(Comparison { counts, memberships: None, problem: None, is_paused: false });
        }
    }
    let last_code = last.and_then(|last| last.problem.as_ref()).map(|problem| problem.code);
    let is_marketo_first = matches!(
        last_code,
        Some(ErrorCode::MarketoUnavailable | ErrorCode::MarketoQuota | ErrorCode::MarketoAccessDenied)
    );
    run.run(counts, is_marketo_first, calls).await
}

pub(super) struct Reconciliation<'a> {
    pub(super) state: &'a AppState,
    pub(super) webinar: WebinarId,
    pub(super) connections: &'a [ProgramConnection],
    pub(super) zoom: ZoomClient,
    pub(super) marketo: MarketoClient,
    began: Timestamp,
    pub(super) deadline: Timestamp,
    /// The mark that the webinar had before.
    pub(super) mark: Option<u32>,
}

impl Reconciliation<'_> {
    async fn run(
        &self,
        mut counts: ReconciliationCounts,
        is_marketo_first: bool,
        calls: &AtomicU32,
    ) -> Result<Comparison, Error> {
        let copies = !copying(self.state, self.webinar, self.connections).await?.is_empty();
        let read_zoom = || RegistrantLookup::read_all(&self.zoom, self.webinar, copies);
        // In both orders, a person whom somebody worked on meanwhile is left alone, and who is in one list only is looked up.
        let (memberships, lookup) = if is_marketo_first {
            (self.memberships(calls).await?, read_zoom().await?)
        } else {
            let lookup = read_zoom().await?;
            (self.memberships(calls).await?, lookup)
        };
        let addresses = self.addresses(&memberships, &lookup, calls).await?;
        let people = self.people(&lookup, &memberships, &addresses).await?;
        people.values().for_each(|person| count_standing(&person.standing, &mut counts));

        let mut repairs: Vec<Vec<Repair>> = self.connections.iter().map(|_| Vec::new()).collect();
        for membership in &memberships {
            let Some(person) = self.person_of(membership, &lookup, &addresses, &people) else { continue };
            let news = News::of(&person.standing, person.entry.as_ref(), None);
            counts.withdrawn += u32::from(!person.standing.is_registered());
            let connection = &self.connections[membership.connection];
            let repair =
                repair::repair_of(connection, &membership.member, &person.standing, news, self.state.ports.clock.now());
            repairs[membership.connection].extend(repair);
        }
        for (connection, repairs) in self.connections.iter().zip(&repairs) {
            repair::write(&self.marketo, connection, repairs).await?;
            counts.memberships_repaired += u32::try_from(repairs.len()).unwrap_or(u32::MAX);
        }
        // The ledger is written last, so that after a crash the difference is still there.
        for (email, person) in &people {
            if let Some(entry) = person.entry.as_ref()
                && News::of(&person.standing, Some(entry), None).is_news
                && self.is_settled(person)
            {
                let key = RegistrationKey { webinar: self.webinar, email: email.clone() };
                counts.ledger_corrected += u32::from(write_ledger(self.state, &key, entry, &person.standing).await?);
            }
        }
        // An entry that was corrected is counted by its change.
        if counts.ledger_corrected == 0 {
            let entries: Vec<_> = people.values().filter_map(|person| person.entry.as_ref()).collect();
            let programs: Vec<_> = self.connections.iter().map(|connection| connection.program).collect();
            registration_counts::correct(self.state, self.webinar, &programs, &entries).await?;
        }
        self.notice_missed(&memberships, &lookup, &addresses).await?;
        let copied = match copies {
            true => self.copy_missing(&lookup, &people, calls).await,
            false => Ok(Copied::AllBut(0)),
        };
        let (uncopied, problem) = match &copied {
            Ok(Copied::AllBut(uncopied)) => (Some(*uncopied), None),
            Ok(Copied::Busy | Copied::OutOfTime) => (None, None),
            Err(error) => {
                let problem = error.problem();
                platform::log!(Warn, "registrants.copy_failed", webinar = self.webinar, code = problem.code);
                (Some(0), Some(problem))
            }
        };
        let read = MembershipsRead { at: Some(self.began), calls: calls.load(Ordering::Relaxed), uncopied };
        let is_paused = matches!(copied, Ok(Copied::Busy));
        Ok(Comparison { counts, memberships: Some(read), problem, is_paused })
    }

    /// Returns the people of Zoom's lists, and those of the memberships who are gone.
    async fn people(
        &self,
        lookup: &RegistrantLookup,
        memberships: &[Membership],
        addresses: &BTreeMap<LeadId, Email>,
    ) -> Result<BTreeMap<EmailHash, Person>, Error> {
        let mut missing: BTreeMap<EmailHash, Email> = BTreeMap::new();
        for membership in memberships.iter().filter(|membership| code(&membership.member).is_some()) {
            if let Some(email) = addresses.get(&membership.member.lead_id)
                && lookup.find(&email.hash()).is_none()
            {
                missing.insert(email.hash(), email.clone());
            }
        }
        let listed = lookup.people().map(|(email, standing)| (email.clone(), standing.clone()));
        let hashes: Vec<_> = listed.collect();
        let reads = hashes.iter().map(|(email, _)| email).chain(missing.keys());
        let reads = reads.map(|email| self.read_ledger(email.clone()).boxed()).collect();
        let (mut entries, mut unreadable) = (BTreeMap::new(), BTreeSet::new());
        for read in run_bounded(MAX_CONCURRENT_READS, reads).await {
            match read? {
                (email, Stored::Readable(entry)) => _ = entries.insert(email, entry),
                (_, Stored::Absent) => {}
                // It may be of a newer version. The person is left alone.
                (email, Stored::Unreadable) => _ = unreadable.insert(email),
            }
        }
        let mut people: BTreeMap<_, _> = hashes
            .into_iter()
            .filter(|(email, _)| !unreadable.contains(email))
            .map(|(email, standing)| {
                let entry = entries.remove(&email);
                (email, Person { standing, entry })
            })
            .collect();
        // A person is gone whose registrant the ledger has at this webinar. Another one may be registered to another webinar.
        let mut asked = Vec::new();
        for (hash, email) in missing {
            if let Some(entry) = entries.remove(&hash)
                && let Some(registrant) = entry.outcome.registrant().cloned()
            {
                asked.push((hash, entry, Asked { email, registrants: vec![registrant] }));
            }
        }
        let questions: Vec<_> = asked.iter().map(|(_, _, asked)| asked.clone()).collect();
        let standings = read_standings(&self.zoom, self.webinar, &questions).await?;
        for ((hash, entry, _), standing) in asked.into_iter().zip(standings) {
            people.extend(standing.map(|standing| (hash, Person { standing, entry: Some(entry) })));
        }
        Ok(people)
    }

    pub(super) async fn read_ledger(&self, email: EmailHash) -> Result<(EmailHash, Stored<Registration>), Error> {
        let key = RegistrationKey { webinar: self.webinar, email: email.clone() };
        Ok((email, self.state.ports.store().inspect(&key).await?))
    }

    /// Returns the person of a membership, if the membership is to follow that person now.
    fn person_of<'p>(
        &self,
        membership: &Membership,
        lookup: &RegistrantLookup,
        addresses: &BTreeMap<LeadId, Email>,
        people: &'p BTreeMap<EmailHash, Person>,
    ) -> Option<&'p Person> {
        let member = &membership.member;
        let listed = code(member).and_then(|code| lookup.find_id(code));
        let person = match (listed, addresses.get(&member.lead_id)) {
            (Some(listed), _) => people.get(&listed.email)?,
            (None, Some(email)) => {
                let person = people.get(&email.hash())?;
                let entry = person.entry.as_ref()?;
                let known: Vec<RegistrantId> =
                    [entry.outcome.registrant(), person.standing.registrant()].into_iter().flatten().cloned().collect();
                if !repair::is_concerned(
                    &self.connections[membership.connection],
                    member,
                    self.webinar,
                    &known,
                    &person.standing,
                    true,
                ) {
                    return None;
                }
                person
            }
            (None, None) => return None,
        };
        self.is_settled(person).then_some(person)
    }

    /// Returns whether nobody else worked on a person since this run began: it would know better.
    fn is_settled(&self, person: &Person) -> bool {
        person.entry.as_ref().is_none_or(|entry| entry.at <= self.began)
    }
}

const fn count_standing(standing: &Standing, counts: &mut ReconciliationCounts) {
    match standing {
        Standing::Approved { .. } => counts.approved += 1,
        Standing::Pending { .. } => counts.pending += 1,
        Standing::Denied { .. } => counts.denied += 1,
        Standing::Gone => {}
    }
}
