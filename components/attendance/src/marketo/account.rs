//! Accounting for everybody: Attended first, then No Show for the rest (R11). Everything here may be done again; what
//! was done before is seen in the membership and left alone.

use super::elsewhere::Elsewhere;
use super::leads::Leads;
use super::members::{Members, Standing};
use super::statuses::{self, Written};
use crate::app::App;
use crate::people::{Missing, Person, Roll};
use crate::run::Progress;
use domain::records::{Connection, Phase};
use domain::status::Known;
use domain::time::Timestamp;
use domain::{Code, Error, LeadId, Problem};
use marketo_client::{BATCH, Marketo};
use std::collections::HashSet;

/// How far the accounting came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Accounting {
    /// To its end.
    Whole,
    /// The run's time was over. What was written stays.
    CutOff,
}

/// One accounting.
pub(crate) struct Account<'r> {
    app: &'r App,
    marketo: &'r Marketo,
    connection: &'r Connection,
    members: Members,
    elsewhere: Elsewhere,
    leads: Leads<'r>,
    /// The leads of all attendees. None of them is ever set to No Show.
    attended: HashSet<LeadId>,
    deadline: Timestamp,
}

impl<'r> Account<'r> {
    /// Reads what Marketo knows.
    pub(crate) async fn open(
        app: &'r App,
        marketo: &'r Marketo,
        connection: &'r Connection,
        deadline: Timestamp,
    ) -> Result<Self, Error> {
        Ok(Self {
            app,
            marketo,
            connection,
            members: Members::read(marketo, connection.program, &connection.channel).await?,
            elsewhere: Elsewhere::of(app, connection).await?,
            leads: Leads::new(app, marketo),
            attended: HashSet::new(),
            deadline,
        })
    }

    /// Accounts for everybody of the program, and notes in `progress` what was found.
    pub(crate) async fn write(
        &mut self,
        roll: &Roll,
        missing: &Missing<'_>,
        progress: &mut Progress<'_>,
    ) -> Result<Accounting, Error> {
        progress.record.phase = Phase::Writing;
        progress.record.counts.refused = 0;
        progress.save().await?;

        let attendees: Vec<_> = roll.attendees.iter().collect();
        let Some(attended) = self.tie(Known::Attended, &attendees, HashSet::new(), progress).await? else {
            return Ok(Accounting::CutOff);
        };
        self.attended = attended;
        let rest = self.registered_rest(missing);
        let Some(absent) = self.tie(Known::NoShow, &missing.absent, rest, progress).await? else {
            return Ok(Accounting::CutOff);
        };
        self.note(roll, missing, absent, progress);
        Ok(Accounting::Whole)
    }

    /// The members who are still Registered and did not come, whether or not Zoom knows them.
    fn registered_rest(&self, missing: &Missing<'_>) -> HashSet<LeadId> {
        let registrants = self.members.registrants();
        let may_come = |lead: &LeadId| registrants.get(lead).is_some_and(|id| missing.unaccounted.contains(id));
        self.members.that_are(Standing::Registered).filter(|lead| !may_come(lead)).collect()
    }

    /// Ties people, and some leads besides, to the program with a status. Returns the leads of all; `None` when the
    /// time was over.
    async fn tie(
        &mut self,
        known: Known,
        people: &[&Person],
        besides: HashSet<LeadId>,
        progress: &mut Progress<'_>,
    ) -> Result<Option<HashSet<LeadId>>, Error> {
        let (mut tied, mut strangers) = (besides, Vec::new());
        for &person in people {
            match self.member(person) {
                Some(lead) => _ = tied.insert(lead),
                None => strangers.push(person),
            }
        }
        if self.set(known, &tied, progress).await? == Accounting::CutOff {
            return Ok(None);
        }
        let strangers = self.elsewhere.without(self.app, strangers).await?;
        for batch in strangers.chunks(BATCH) {
            if !self.app.has_time(self.deadline) {
                return Ok(None);
            }
            let (created, refused) = (self.leads.created, self.leads.refused);
            let found = self.leads.of(batch, &self.members).await;
            // Counted at once, also when a later call fails: the next run will find these leads and not make them.
            progress.record.counts.new_leads += self.leads.created - created;
            progress.record.counts.refused += self.leads.refused - refused;
            progress.save().await?;
            let found: HashSet<_> = found?.into_iter().flatten().collect();
            if self.set(known, &found, progress).await? == Accounting::CutOff {
                return Ok(None);
            }
            tied.extend(found);
        }
        Ok(Some(tied))
    }

    /// The member that a person is, by registrant id.
    fn member(&self, person: &Person) -> Option<LeadId> {
        self.members.of_registrant(person.registrant.as_ref()?)
    }

    /// Sets a status for those who do not have it and are not past it. A channel without the status has nothing to
    /// set, which is told at the end.
    async fn set(
        &self,
        known: Known,
        leads: &HashSet<LeadId>,
        progress: &mut Progress<'_>,
    ) -> Result<Accounting, Error> {
        let Connection { program, channel, .. } = self.connection;
        let Some(status) = channel.find(known) else { return Ok(Accounting::Whole) };
        let mut leads: Vec<_> = leads.iter().copied().filter(|&lead| self.wants(known, lead)).collect();
        leads.sort_unstable();
        match statuses::set(self.app, self.marketo, *program, status, &leads, self.deadline).await? {
            Written::All { refused } => {
                progress.record.counts.refused += refused;
                Ok(Accounting::Whole)
            }
            Written::CutOff => Ok(Accounting::CutOff),
        }
    }

    /// Whether a lead should get a status. Who attended is not set to No Show, not even where a channel's order would
    /// let Marketo do it (R16).
    fn wants(&self, known: Known, lead: LeadId) -> bool {
        let standing = self.members.standing(lead);
        match known {
            Known::NoShow => {
                !self.attended.contains(&lead) && !matches!(standing, Some(Standing::Attended | Standing::NoShow))
            }
            _ => standing != Some(Standing::Attended),
        }
    }

    fn note(&self, roll: &Roll, missing: &Missing<'_>, absent: HashSet<LeadId>, progress: &mut Progress<'_>) {
        let is_absent =
            |lead: &LeadId| !self.attended.contains(lead) && self.members.standing(*lead) != Some(Standing::Attended);
        let no_show: HashSet<_> = self.members.that_are(Standing::NoShow).chain(absent).filter(is_absent).collect();
        let has_no_identity = |person: &&Person| self.member(person).is_none() && person.email.is_none();
        let counts = &mut progress.record.counts;
        counts.attended = self.attended.len();
        counts.no_show = no_show.len();
        counts.unmatched = roll.unmatched + roll.attendees.iter().filter(has_no_identity).count();
        counts.unaccounted = missing.unaccounted.len();
        counts.minutes = roll.minutes;
        progress.record.problem = self.problem(counts.refused);
    }

    /// What people should know although the accounting is whole.
    fn problem(&self, refused: usize) -> Option<Problem> {
        let lacks = |known: &Known| self.connection.channel.find(*known).is_none();
        if let Some(lacking) = [Known::Attended, Known::NoShow].into_iter().find(lacks) {
            let what = format_args!("The channel has no status {}, so it was set for nobody.", lacking.usual_name());
            return Some(Problem::because(Code::ProgramNotWebinarChannel, what));
        }
        let detail = format!("Marketo did not take {refused} people; the log tells their ids and Marketo's codes.");
        (refused > 0).then_some(Problem { code: Code::MarketoUnavailable, detail })
    }
}
