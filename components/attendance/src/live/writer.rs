//! Sets a batch of people who joined to Attended, in each program that watches the webinar. Marketo moves nobody back
//! (R16). Creates no leads: the run after the webinar does.

use super::people::{JoinedPerson, PeopleLookup, identity};
use super::watch::{self, WatchingPrograms};
use crate::state::AppState;
use domain::records::{LiveJoin, ProgramConnection};
use domain::status::Meaning;
use domain::time::{SignedDuration, Timestamp};
use domain::{Error, LeadId, ProgramId, Retry, WebinarId};
use marketo_client::members::MemberOutcome;
use marketo_client::{BATCH, MarketoClient};
use std::collections::{BTreeMap, HashSet};

/// How long a batch waits for Zoom. People who are not recognised by then are left to the next scan, so that look-ups do not
/// delay the others.
const LOOKUP_TIME: SignedDuration = SignedDuration::from_secs(8);

/// How long after a join an outage of Zoom is waited for. The run after the webinar finds people who are not recognised by
/// then.
const GIVE_UP_AFTER: SignedDuration = SignedDuration::from_mins(5);

/// The people whom some program has and another one, whose calls fail, does not: when their batch is repeated, only the
/// others are written.
pub(crate) type PartlyWritten = HashSet<(ProgramId, u64)>;

/// What became of a batch.
pub(crate) struct WrittenBatch {
    /// The identities of the people who need no further call.
    pub(crate) people: Vec<u64>,
    /// Whether Zoom did not answer.
    pub(crate) is_zoom_down: bool,
    /// Whether the batch is to be written again later.
    pub(crate) has_failed: bool,
}

/// Writes a batch of joins. A program that fails does not stop the others. While Zoom is down nobody is looked up.
pub(crate) async fn write(
    state: &AppState,
    webinar: WebinarId,
    joins: &[LiveJoin],
    deadline: Timestamp,
    is_zoom_down: bool,
    partly_written: &mut PartlyWritten,
) -> Result<WrittenBatch, Error> {
    let WatchingPrograms { programs, has_unusable: has_failed } = watch::programs(state, webinar).await?;
    let Some(first) = programs.first() else {
        let people = if has_failed { Vec::new() } else { joins.iter().map(identity).collect() };
        return Ok(WrittenBatch { people, is_zoom_down, has_failed });
    };
    let lookup_time = if is_zoom_down { SignedDuration::ZERO } else { LOOKUP_TIME };
    let lookups_end = deadline.min(state.now() + lookup_time);
    let lookup = PeopleLookup { state, webinar, service: &first.service, deadline: lookups_end };
    let mut people = lookup.recognise(joins).await?;
    let is_zoom_down = is_zoom_down || people.iter().any(|(_, person)| matches!(person, JoinedPerson::Unanswered));
    let oldest = state.now() - GIVE_UP_AFTER;
    people.retain(|(join, person)| {
        let is_recognised = !matches!(person, JoinedPerson::Unanswered | JoinedPerson::Postponed);
        is_recognised || (is_zoom_down && join.at < oldest)
    });
    let people: Vec<_> = people.into_iter().map(|(join, person)| (identity(join), person)).collect();
    let (marketo, mut has_failed) = (state.live_marketo(deadline), false);
    let mut written = Vec::new();
    for connection in &programs {
        let program = connection.program;
        let open = people.iter().filter(|(identity, _)| !partly_written.contains(&(program, *identity)));
        match write_to(&marketo, connection, open.map(|(_, person)| person)).await {
            Ok(()) => written.push(program),
            Err(error) => {
                platform::log!(Warn, "live.program_failed", program = program, error = error);
                // What a retry would not change is left to the run after the webinar.
                match error.retry() {
                    Retry::Never => written.push(program),
                    _ => has_failed = true,
                }
            }
        }
    }
    let mut people: Vec<_> = people.into_iter().map(|(identity, _)| identity).collect();
    if has_failed {
        partly_written.extend(written.iter().flat_map(|program| people.iter().map(|identity| (*program, *identity))));
        people.clear();
    }
    Ok(WrittenBatch { people, is_zoom_down, has_failed })
}

/// Writes people to a program.
async fn write_to(
    marketo: &MarketoClient,
    connection: &ProgramConnection,
    people: impl Iterator<Item = &JoinedPerson> + Clone,
) -> Result<(), Error> {
    let leads = ProgramLeads { marketo, connection }.of(people).await?;
    for leads in leads.chunks(BATCH) {
        set_attended(marketo, connection, leads).await?;
    }
    Ok(())
}

/// Sets the status. Members who are in or past it keep theirs, which is success.
async fn set_attended(marketo: &MarketoClient, connection: &ProgramConnection, leads: &[LeadId]) -> Result<(), Error> {
    let program = connection.program;
    let Some(status) = connection.status_for(Meaning::Attended) else { return Ok(()) };
    for (lead, outcome) in leads.iter().zip(marketo.set_status(program, status, leads).await?) {
        // The run after the webinar tries again, and counts them.
        if let MemberOutcome::Skipped(code) = outcome {
            platform::log!(Warn, "member.set_status_failed", program = program, lead = lead, code = code);
        }
    }
    platform::log!(Info, "live.batch_written", program = program, count = leads.len());
    Ok(())
}

/// Finds the leads of people in one program.
struct ProgramLeads<'a> {
    marketo: &'a MarketoClient,
    connection: &'a ProgramConnection,
}

impl ProgramLeads<'_> {
    /// Returns the leads whose status is to be set, each once.
    async fn of(&self, people: impl Iterator<Item = &JoinedPerson> + Clone) -> Result<Vec<LeadId>, Error> {
        let addresses = people.clone().filter_map(|person| match person {
            JoinedPerson::Address(email) => Some(email),
            _ => None,
        });
        let found =
            self.marketo.find_leads(&addresses.collect::<Vec<_>>(), self.connection.lead_partition.as_ref()).await?;
        let mut due = Vec::new();
        // Whose membership decides: the leads, and whether the first one is taken if none is a member.
        let mut undecided: Vec<(Vec<LeadId>, bool)> = Vec::new();
        for person in people {
            let leads = match person {
                JoinedPerson::Registered { program, lead } if *program == self.connection.program => {
                    due.push(*lead);
                    continue;
                }
                // A person registered by a sibling counts here too if they are a member.
                JoinedPerson::Registered { lead, .. } => {
                    undecided.push((vec![*lead], false));
                    continue;
                }
                JoinedPerson::Address(email) => found.of(email).iter().map(|lead| lead.id).collect(),
                JoinedPerson::Leads(leads) => leads.clone(),
                JoinedPerson::Unknown | JoinedPerson::Postponed | JoinedPerson::Unanswered => continue,
            };
            match *leads {
                [] => {}
                [lead] => due.push(lead),
                _ => undecided.push((leads, true)),
            }
        }
        due.extend(self.decide(&undecided).await?);
        due.sort_unstable();
        due.dedup();
        Ok(due)
    }

    /// Selects the lead that is a member, unless it is Attended already; else the first, where one is taken anyway.
    async fn decide(&self, undecided: &[(Vec<LeadId>, bool)]) -> Result<Vec<LeadId>, Error> {
        let mut leads: Vec<_> = undecided.iter().flat_map(|(leads, _)| leads).copied().collect();
        leads.sort_unstable();
        leads.dedup();
        let mut attended = BTreeMap::new();
        for leads in leads.chunks(BATCH) {
            for member in self.marketo.members_of(self.connection.program, leads).await? {
                let status = member.status_name.unwrap_or_default();
                attended.insert(member.lead_id, self.connection.is_status(Meaning::Attended, &status));
            }
        }
        let select = |(leads, takes_any): &(Vec<LeadId>, bool)| {
            let member = leads.iter().find_map(|lead| Some((*lead, *attended.get(lead)?)));
            match member {
                Some((lead, has_attended)) => (!has_attended).then_some(lead),
                None => leads.first().copied().filter(|_| *takes_any),
            }
        };
        Ok(undecided.iter().filter_map(select).collect())
    }
}
