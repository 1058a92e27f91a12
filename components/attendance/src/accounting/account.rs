//! Accounting for everybody: Attended first, then No Show for the rest (R11). After each batch it is noted how far it
//! came; what was written and not noted is written again, which changes nothing.

use super::desk::{Desk, each};
use super::elsewhere::{Elsewhere, Parted};
use super::queue::{Queue, Who};
use super::{fields, leads, statuses};
use crate::app::App;
use crate::people::{Key, Presence};
use crate::sheets::{CARRIED, List, Matched, Member, Queued, Sheet, Shelf, Stage, Standing, Stayed, Tied, Work};
use domain::records::Connection;
use domain::status::Known;
use domain::time::{SignedDuration, Timestamp};
use domain::{Code, Error, LeadId, Problem};
use marketo_client::{BATCH, Marketo};

/// How far the accounting came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Accounting {
    /// To its end.
    Whole,
    /// The run's time was over. What was written stays.
    CutOff,
}

/// So many people's stays are kept on one sheet: about 48 kB.
const STAYS_A_SHEET: usize = 500;

/// Leads are not sent to be created with less time than this: a call that is cut off may go on at Marketo, and one that is
/// sent again meanwhile makes duplicates. Marketo takes some seconds for a batch.
const TIME_TO_MAKE: SignedDuration = SignedDuration::from_secs(8);

/// One run's accounting.
pub(crate) struct Account<'r> {
    pub(super) app: &'r App,
    pub(super) marketo: &'r Marketo,
    pub(super) connection: &'r Connection,
    pub(super) desk: Desk<'r>,
    pub(super) work: &'r mut Work,
    /// Strangers of whom Marketo said that there is a lead already, until there are enough of them for a call.
    known: Vec<Queued>,
    /// Whether the sheet with them is out of date.
    is_known_new: bool,
    elsewhere: Elsewhere,
    deadline: Timestamp,
}

impl<'r> Account<'r> {
    /// At a desk.
    pub(crate) async fn open(
        app: &'r App,
        marketo: &'r Marketo,
        connection: &'r Connection,
        desk: Desk<'r>,
        work: &'r mut Work,
        deadline: Timestamp,
    ) -> Result<Self, Error> {
        let elsewhere = Elsewhere::of(app, connection).await?;
        let mut known = Vec::new();
        if let Some((page, (shelf, _))) = work.carried.zip(work.shelf(app, connection.program, List::Carried)) {
            known = shelf.pages(page, page + 1).await?.into_iter().flat_map(|sheet| sheet.rows).collect();
        }
        Ok(Self { app, marketo, connection, desk, work, known, is_known_new: false, elsewhere, deadline })
    }

    /// Accounts for everybody of the program who is not accounted for yet.
    pub(crate) async fn write(&mut self) -> Result<Accounting, Error> {
        loop {
            let (accounting, next) = match self.work.stage {
                Stage::Reading => (Accounting::Whole, Stage::AttendedMembers),
                Stage::AttendedMembers => (self.members(Known::Attended).await?, Stage::AttendedStrangers),
                Stage::AttendedStrangers => {
                    (self.strangers(Known::Attended, Who::AttendedStrangers).await?, Stage::NoShowMembers)
                }
                Stage::NoShowMembers => (self.members(Known::NoShow).await?, Stage::NoShowStrangers),
                Stage::NoShowStrangers => (self.strangers(Known::NoShow, Who::NoShowStrangers).await?, Stage::Stays),
                Stage::Stays => return self.keep_stays().await,
            };
            if accounting == Accounting::CutOff {
                return Ok(accounting);
            }
            (self.work.stage, self.work.done) = (next, 0);
            self.begin(next).await?;
        }
    }

    /// Counts what a stage's people are among the members, and notes that the stage has begun.
    async fn begin(&mut self, stage: Stage) -> Result<(), Error> {
        match stage {
            Stage::AttendedMembers => {
                let counts = &mut self.work.counts;
                counts.attended = self.desk.members.count_attended();
                counts.unmatched = self.desk.roll.unmatched;
                counts.unaccounted = self.desk.count_unaccounted();
                counts.minutes = self.desk.roll.minutes;
            }
            Stage::NoShowMembers => {
                let mut missed = 0;
                let shelf = self.work.shelf(self.app, self.connection.program, List::Members);
                each(shelf, |member: &Member| missed += usize::from(self.desk.missed(member))).await?;
                self.work.counts.no_show = missed;
            }
            _ => {}
        }
        self.save().await
    }

    /// Sets the status of members.
    async fn members(&mut self, known: Known) -> Result<Accounting, Error> {
        let mut leads = Vec::new();
        let shelf = self.work.shelf(self.app, self.connection.program, List::Members);
        let Self { desk, .. } = self;
        let has_fields = !self.connection.member_fields.is_empty();
        each(shelf, |member: &Member| {
            let presence = desk.presence(member);
            let is_due = match known {
                Known::NoShow => member.standing == Standing::Registered && desk.missed(member),
                _ => presence.is_some() && (member.standing != Standing::Attended || has_fields),
            };
            if is_due {
                leads.push(Tied { lead: member.lead, presence });
            }
        })
        .await?;
        // Whom Marketo lists on two pages, since the list moved meanwhile, is one member.
        leads.sort_unstable_by_key(|tied| tied.lead);
        leads.dedup_by_key(|tied| tied.lead);
        let done = usize::try_from(self.work.done).unwrap_or(usize::MAX).min(leads.len());
        for batch in leads[done..].chunks(BATCH) {
            if !self.app.has_time(self.deadline) {
                return Ok(Accounting::CutOff);
            }
            self.set(known, batch).await?;
            self.work.done += batch.len() as u64;
            self.step().await?;
        }
        Ok(Accounting::Whole)
    }

    /// Makes leads of strangers where there are none, and sets their status.
    async fn strangers(&mut self, known: Known, who: Who) -> Result<Accounting, Error> {
        let mut queue = Queue::after(&self.desk, self.work, who, self.work.done).await?;
        loop {
            if self.app.now() + TIME_TO_MAKE >= self.deadline {
                return Ok(Accounting::CutOff);
            }
            let people = queue.take(&self.desk, self.work, BATCH).await?;
            let is_end = people.is_empty();
            if !is_end {
                self.make(known, people).await?;
            }
            if self.flush(known, is_end).await? == Accounting::CutOff {
                return Ok(Accounting::CutOff);
            }
            if is_end {
                return Ok(Accounting::Whole);
            }
        }
    }

    /// Makes leads of people.
    async fn make(&mut self, known: Known, people: Vec<Queued>) -> Result<(), Error> {
        let count = people.len() as u64;
        let Parted { ours: people, theirs } = self.elsewhere.part(self.app, people).await?;
        for (lead, presence) in theirs {
            // Whoever another program registered is tied to this one if they are its member too.
            if self.desk.members.standing(lead).is_some()
                && let Some(matched) = self.tie(known, lead, presence)
            {
                self.keep_matched(vec![matched]).await?;
            }
        }
        let (people, nameless): (Vec<_>, Vec<_>) = people.into_iter().partition(|(person, _)| person.email.is_some());
        self.work.counts.unmatched += nameless.len();
        if !people.is_empty() {
            let made = leads::make(self.marketo, people).await?;
            self.work.counts.new_leads += made.created.len();
            self.work.counts.refused += made.refused;
            for (lead, (_, presence)) in made.created {
                self.tie(known, lead, presence);
            }
            self.is_known_new |= !made.known.is_empty();
            self.known.extend(made.known);
        }
        self.work.done += count;
        self.step().await
    }

    /// Does what waits for more of its kind, once there is enough of it or it `is_all`.
    async fn flush(&mut self, known: Known, is_all: bool) -> Result<Accounting, Error> {
        loop {
            let is_enough = |count: usize| count >= BATCH || (is_all && count > 0);
            let finds = is_enough(self.known.len());
            if !finds && !is_enough(self.work.leads.len()) {
                return Ok(Accounting::Whole);
            }
            if !self.app.has_time(self.deadline) {
                return Ok(Accounting::CutOff);
            }
            if finds {
                self.find(known).await?;
            } else {
                let batch = self.work.leads.len().min(BATCH);
                let leads = self.work.leads[..batch].to_vec();
                self.set(known, &leads).await?;
                self.work.leads.drain(..batch);
            }
            self.step().await?;
        }
    }

    /// Finds the leads of strangers whom Marketo knows.
    async fn find(&mut self, known: Known) -> Result<(), Error> {
        let batch = self.known.len().min(BATCH);
        let found =
            leads::find(self.marketo, &self.known[..batch], self.connection.program, &mut self.desk.members).await?;
        self.is_known_new = true;
        let rest = self.known.split_off(batch);
        let mut matched = Vec::new();
        for ((_, presence), lead) in std::mem::replace(&mut self.known, rest).into_iter().zip(found) {
            match lead {
                Some(lead) => matched.extend(self.tie(known, lead, presence)),
                None => self.work.counts.refused += 1,
            }
        }
        self.keep_matched(matched).await
    }

    /// Keeps which members were found by their address.
    async fn keep_matched(&mut self, matched: Vec<Matched>) -> Result<(), Error> {
        if !matched.is_empty()
            && let Some((shelf, page)) = self.work.shelf(self.app, self.connection.program, List::Matched)
        {
            shelf.put(page, &Sheet::new(matched, 0, None, None)).await?;
            self.work.matched += 1;
        }
        Ok(())
    }

    /// Ties the lead of a stranger to the program. Returns it when it is a member who was there: the next run has to
    /// know.
    fn tie(&mut self, known: Known, lead: LeadId, presence: Option<Presence>) -> Option<Matched> {
        let standing = self.desk.members.standing(lead);
        let counts = &mut self.work.counts;
        let mut matched = None;
        let is_due = match (known, standing) {
            (Known::NoShow, None | Some(Standing::Other)) if !self.desk.members.attended(lead) => {
                counts.no_show += 1;
                true
            }
            // Nobody's status was set before whom Marketo did not list.
            (Known::NoShow, Some(Standing::Registered)) if self.desk.members.are_unlisted() => {
                let is_due = !self.desk.members.attended(lead);
                counts.no_show += usize::from(is_due);
                is_due
            }
            // A member's status was set before, or is not to be.
            (Known::NoShow, _) => false,
            (_, None) => {
                counts.attended += 1;
                true
            }
            (_, Some(standing)) => {
                let is_new = self.desk.members.add_attended(lead);
                if is_new {
                    counts.attended += 1;
                    matched = Some(Matched { lead });
                }
                is_new && (standing != Standing::Attended || !self.connection.member_fields.is_empty())
            }
        };
        if is_due {
            self.work.leads.push(Tied { lead, presence });
        }
        matched
    }

    /// Sets a status for a batch. A channel without the status has nothing to set, which is told at the end.
    async fn set(&mut self, known: Known, leads: &[Tied]) -> Result<(), Error> {
        let Connection { program, channel, member_fields, .. } = self.connection;
        let has_it = |lead| known == Known::Attended && self.desk.members.standing(lead) == Some(Standing::Attended);
        let due: Vec<_> = leads.iter().map(|tied| tied.lead).filter(|&lead| !has_it(lead)).collect();
        if let Some(status) = channel.find(known) {
            self.work.counts.refused += statuses::set(self.marketo, *program, status, &due).await?;
        }
        if !member_fields.is_empty() {
            self.work.counts.refused += fields::write(self.marketo, *program, member_fields, leads).await?;
        }
        Ok(())
    }

    /// Keeps who was there how long, for people who ask.
    async fn keep_stays(&mut self) -> Result<Accounting, Error> {
        let reading = self.work.lists.report.reading;
        let shelf = Shelf::new(self.app, self.connection.program, List::Stays, reading);
        let mut queue = Queue::after(&self.desk, self.work, Who::Attendees, self.work.done).await?;
        loop {
            if !self.app.has_time(self.deadline) {
                return Ok(Accounting::CutOff);
            }
            let people = queue.take(&self.desk, self.work, STAYS_A_SHEET).await?;
            let sheets = u32::try_from(self.work.done.div_ceil(STAYS_A_SHEET as u64)).unwrap_or(u32::MAX);
            if people.is_empty() {
                self.work.keep_stays(reading, sheets);
                return Ok(Accounting::Whole);
            }
            self.work.done += people.len() as u64;
            let stay =
                |(person, presence): Queued| Some(Stayed { key: Key::email(&person.email?), presence: presence? });
            shelf.put(sheets, &Sheet::new(people.into_iter().filter_map(stay).collect(), 0, None, None)).await?;
            self.step().await?;
        }
    }

    /// Notes how far it came.
    async fn step(&mut self) -> Result<(), Error> {
        self.work.steps += 1;
        if self.is_known_new
            && let Some((shelf, _)) = self.work.shelf(self.app, self.connection.program, List::Carried)
        {
            let page = self.work.carried.map_or(0, |page| (page + 1) % CARRIED);
            shelf.put(page, &Sheet::new(self.known.clone(), 0, None, None)).await?;
            self.work.carried = Some(page);
            self.is_known_new = false;
        }
        self.save().await
    }

    async fn save(&self) -> Result<(), Error> {
        self.work.save(self.app, self.connection.program).await
    }

    /// What people should know although the accounting is whole.
    pub(crate) fn problem(&self) -> Option<Problem> {
        let lacks = |known: &Known| self.connection.channel.find(*known).is_none();
        if let Some(lacking) = [Known::Attended, Known::NoShow].into_iter().find(lacks) {
            let what = format_args!("The channel has no status {}, so it was set for nobody.", lacking.usual_name());
            return Some(Problem::because(Code::ProgramNotWebinarChannel, what));
        }
        if self.desk.members.are_unlisted() {
            let what = "The program has so many members that Marketo does not list them. Everybody whom Zoom knows was \
                        accounted for; members whom it does not know stay Registered.";
            return Some(Problem::because(Code::MarketoUnavailable, what));
        }
        let refused = self.work.counts.refused;
        let detail = format!("Marketo did not take {refused} people; the log tells their ids and Marketo's codes.");
        (refused > 0).then_some(Problem { code: Code::MarketoUnavailable, detail })
    }
}
