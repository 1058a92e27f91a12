//! Writes everything that a run found: Attended first, then No Show for the rest (R11). The progress is saved after
//! each batch. A batch that was written but not saved is written again, which changes nothing.

use super::ledger::{LedgerLookup, SplitPeople};
use super::member_fields::FieldsWritten;
use super::people_cursor::{PeopleCursor, Selection};
use super::{leads, member_fields, presences};
use crate::person::{PersonPresence, Presence};
use crate::roster::Roster;
use crate::state::AppState;
use crate::store::checkpoint::{
    LeadPresence, List, MatchedLead, MemberRow, MemberStanding, PENDING_PAGES, Page, RunError, RunState, Step,
    for_each_row,
};
use domain::records::ProgramConnection;
use domain::status::{KeptStatus, Meaning};
use domain::time::{SignedDuration, Timestamp};
use domain::{Error, ErrorCode, LeadId, Problem};
use marketo_client::members::MemberOutcome;
use marketo_client::{BATCH, MarketoClient, MarketoCode};

/// How far the writer has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Progress {
    /// All steps are complete.
    Complete,
    /// All attendees are written. No Show may have to wait (R19).
    AtNoShowGate,
    /// Time ran out. The progress is saved.
    OutOfTime,
}

/// Minimum time left to start a create call. A call that times out may still run at Marketo; resending it would create
/// duplicates. Marketo takes some seconds for a batch.
const MIN_CREATE_TIME: SignedDuration = SignedDuration::from_secs(8);

/// Writes the attendance of one program.
pub(crate) struct AttendanceWriter<'r> {
    state: &'r AppState,
    marketo: &'r MarketoClient,
    connection: &'r ProgramConnection,
    roster: Roster<'r>,
    run_state: &'r mut RunState,
    /// People who already have a lead, collected for the next look-up.
    pending: Vec<PersonPresence>,
    /// Whether the stored page of pending look-ups is out of date.
    is_pending_changed: bool,
    ledger: LedgerLookup,
    deadline: Timestamp,
}

impl<'r> AttendanceWriter<'r> {
    pub(crate) async fn new(
        state: &'r AppState,
        marketo: &'r MarketoClient,
        connection: &'r ProgramConnection,
        mut roster: Roster<'r>,
        run_state: &'r mut RunState,
        deadline: Timestamp,
    ) -> Result<Self, RunError> {
        let ledger = LedgerLookup::load(state, connection).await?;
        let mut pending = Vec::new();
        let pages = run_state.pages(state, connection.program, List::PendingLookups);
        if let Some((page, (store, _))) = run_state.pending_page.zip(pages) {
            pending = store.get_range(page, page + 1).await?.into_iter().flat_map(|page| page.rows).collect();
        }
        for lead in ledger.unaccounted(&roster, run_state).await? {
            roster.members.mark_unaccounted(lead);
        }
        Ok(Self { state, marketo, connection, roster, run_state, pending, is_pending_changed: false, ledger, deadline })
    }

    /// Continues with the current step and executes the remaining ones, until the deadline.
    pub(crate) async fn write(&mut self) -> Result<Progress, RunError> {
        let (attended, no_show) = (Meaning::Attended, Meaning::NoShow);
        loop {
            let (progress, next) = match self.run_state.step {
                Step::Fetch => (Progress::Complete, Step::AttendedMembers),
                Step::AttendedMembers => (self.write_members(attended).await?, Step::AttendedNonMembers),
                Step::AttendedNonMembers => {
                    (self.write_non_members(attended, Selection::AttendedNonMembers).await?, Step::Presences)
                }
                Step::Presences => (self.store_presences().await?, Step::NoShowGate),
                Step::NoShowGate => return Ok(Progress::AtNoShowGate),
                Step::NoShowMembers => (self.write_members(no_show).await?, Step::NoShowNonMembers),
                Step::NoShowNonMembers => {
                    return self.write_non_members(no_show, Selection::NoShowNonMembers).await;
                }
            };
            if progress == Progress::OutOfTime {
                return Ok(progress);
            }
            (self.run_state.step, self.run_state.position) = (next, 0);
            self.begin(next).await?;
        }
    }

    /// Begins to set No Show, because it may be set now.
    pub(crate) async fn begin_no_show(&mut self) -> Result<(), RunError> {
        (self.run_state.step, self.run_state.position) = (Step::NoShowMembers, 0);
        self.begin(Step::NoShowMembers).await
    }

    pub(crate) const fn run_state(&self) -> &RunState {
        self.run_state
    }

    /// Counts the members of a step, and saves that the step has begun.
    async fn begin(&mut self, step: Step) -> Result<(), RunError> {
        match step {
            Step::AttendedMembers => {
                let counts = &mut self.run_state.counts;
                counts.attended = self.roster.members.attended_count();
                counts.unmatched = self.roster.attendees.unmatched;
                counts.without_registration = self.roster.attendees.unregistered;
                counts.unaccounted = self.roster.unknown_count();
                counts.minutes = self.roster.attendees.minutes;
            }
            Step::NoShowGate | Step::NoShowMembers => {
                let (mut no_shows, mut cancelled, mut unknown) = (0, 0, self.roster.unknown_count());
                let pages = self.run_state.pages(self.state, self.connection.program, List::Members);
                for_each_row(pages, |member: &MemberRow| {
                    no_shows += usize::from(self.roster.is_no_show(member));
                    cancelled += usize::from(self.roster.is_cancelled(member));
                    unknown += usize::from(self.roster.is_unknown(member));
                })
                .await?;
                let counts = &mut self.run_state.counts;
                counts.never_registered = self.roster.members.never_registered_count();
                (counts.cancelled, counts.unaccounted) = (cancelled, unknown);
                if step == Step::NoShowMembers {
                    counts.no_show = no_shows;
                }
            }
            _ => {}
        }
        Ok(self.save().await?)
    }

    /// Writes a status of members, batch by batch.
    async fn write_members(&mut self, status: Meaning) -> Result<Progress, RunError> {
        let mut leads = Vec::new();
        let has_fields = !self.connection.member_fields.is_empty();
        let pages = self.run_state.pages(self.state, self.connection.program, List::Members);
        for_each_row(pages, |member: &MemberRow| {
            let presence = self.roster.presence(member);
            let is_due = match status {
                Meaning::NoShow => member.standing == MemberStanding::Registered && self.roster.is_no_show(member),
                _ => presence.is_some() && (member.standing != MemberStanding::Attended || has_fields),
            };
            if is_due {
                leads.push(LeadPresence { lead: member.lead, presence });
            }
        })
        .await?;
        // Marketo may list a member on two pages if the list changes while it is fetched.
        leads.sort_unstable_by_key(|lead| lead.lead);
        leads.dedup_by_key(|lead| lead.lead);
        let position = usize::try_from(self.run_state.position).unwrap_or(usize::MAX).min(leads.len());
        for batch in leads[position..].chunks(BATCH) {
            if !self.state.has_time(self.deadline) {
                return Ok(Progress::OutOfTime);
            }
            self.set_status(status, batch).await?;
            self.run_state.position += batch.len() as u64;
            self.save_checkpoint().await?;
        }
        Ok(Progress::Complete)
    }

    /// Writes a status of people who match no member, creating leads where there are none.
    async fn write_non_members(&mut self, status: Meaning, selection: Selection) -> Result<Progress, RunError> {
        let position = self.run_state.position;
        let mut cursor = PeopleCursor::at(position, &self.roster, self.run_state, selection).await?;
        loop {
            if self.state.now() + MIN_CREATE_TIME >= self.deadline {
                return Ok(Progress::OutOfTime);
            }
            let people = cursor.take(BATCH, &self.roster).await?;
            let is_last = people.is_empty();
            if !is_last {
                self.create_leads(status, people).await?;
            }
            if self.flush(status, is_last).await? == Progress::OutOfTime {
                return Ok(Progress::OutOfTime);
            }
            if is_last {
                return Ok(Progress::Complete);
            }
        }
    }

    /// Creates the leads of a batch of people, and collects those who already have one for a look-up.
    async fn create_leads(&mut self, status: Meaning, people: Vec<PersonPresence>) -> Result<(), Error> {
        let count = people.len() as u64;
        let SplitPeople { unknown: mut own, known, siblings } = self.ledger.split(self.state, people).await?;
        let mut matched = Vec::new();
        for (lead, person) in known {
            // A lead that is no member, since it was merged or deleted, is found by its address.
            match self.roster.members.standing(lead) {
                Some(_) => matched.extend(self.add_lead(status, lead, person.1)),
                None => own.push(person),
            }
        }
        for (lead, presence) in siblings {
            // A person registered by a sibling counts here too if they are a member.
            if self.roster.members.standing(lead).is_some() {
                matched.extend(self.add_lead(status, lead, presence));
            }
        }
        self.store_matched_leads(matched).await?;
        let (people, without_email): (Vec<_>, Vec<_>) = own.into_iter().partition(|(person, _)| person.email.is_some());
        self.run_state.counts.unmatched += without_email.len();
        if !people.is_empty() {
            let leads = leads::create(self.marketo, people, self.connection.lead_partition.as_ref()).await?;
            self.run_state.counts.new_leads += leads.created.len();
            leads.rejected.iter().for_each(|code| self.count_refused(*code));
            for (lead, (_, presence)) in leads.created {
                self.add_lead(status, lead, presence);
            }
            self.is_pending_changed |= !leads.existing.is_empty();
            self.pending.extend(leads.existing);
        }
        self.run_state.position += count;
        self.save_checkpoint().await
    }

    /// Looks up pending leads and sets statuses while a batch is full, or until nothing is left if this `is_last`.
    async fn flush(&mut self, status: Meaning, is_last: bool) -> Result<Progress, RunError> {
        loop {
            let is_due = |count: usize| count >= BATCH || (is_last && count > 0);
            let is_lookup_due = is_due(self.pending.len());
            if !is_lookup_due && !is_due(self.run_state.leads.len()) {
                return Ok(Progress::Complete);
            }
            if !self.state.has_time(self.deadline) {
                return Ok(Progress::OutOfTime);
            }
            if is_lookup_due {
                self.look_up_leads(status).await?;
            } else {
                let batch = self.run_state.leads.len().min(BATCH);
                let leads = self.run_state.leads[..batch].to_vec();
                self.set_status(status, &leads).await?;
                self.run_state.leads.drain(..batch);
            }
            self.save_checkpoint().await?;
        }
    }

    /// Looks up a batch of pending leads.
    async fn look_up_leads(&mut self, status: Meaning) -> Result<(), Error> {
        let batch = self.pending.len().min(BATCH);
        let (people, members) = (&self.pending[..batch], &mut self.roster.members);
        let leads = leads::look_up(self.marketo, people, self.connection, members).await?;
        self.is_pending_changed = true;
        let rest = self.pending.split_off(batch);
        let mut matched = Vec::new();
        for ((_, presence), lead) in std::mem::replace(&mut self.pending, rest).into_iter().zip(leads) {
            match lead {
                Some(lead) => matched.extend(self.add_lead(status, lead, presence)),
                None => self.run_state.counts.refused += 1,
            }
        }
        self.store_matched_leads(matched).await
    }

    /// Stores members that an address matched to an attendee.
    async fn store_matched_leads(&mut self, matched: Vec<MatchedLead>) -> Result<(), Error> {
        if !matched.is_empty()
            && let Some((store, page)) = self.run_state.pages(self.state, self.connection.program, List::MatchedLeads)
        {
            store.put(page, &Page::computed(matched)).await?;
            self.run_state.matched_pages += 1;
        }
        Ok(())
    }

    /// Adds the lead of a person who matches no member to those whose status is to be set. Returns it if it turns out
    /// to be a member who attended, which the next run has to know.
    fn add_lead(&mut self, status: Meaning, lead: LeadId, presence: Option<Presence>) -> Option<MatchedLead> {
        let members = &mut self.roster.members;
        let counts = &mut self.run_state.counts;
        let mut matched = None;
        let is_due = match (status, members.standing(lead)) {
            (Meaning::NoShow, None | Some(MemberStanding::Other)) if members.may_be_no_show(lead) => {
                counts.no_show += 1;
                true
            }
            // The step for members sets those whose own registrant id decides.
            (Meaning::NoShow, Some(MemberStanding::Registered)) => match members.take_by_address(lead) {
                Some(was_never_registered) => {
                    counts.no_show += 1;
                    counts.never_registered -= usize::from(was_never_registered && counts.never_registered > 0);
                    true
                }
                None => false,
            },
            // Any other member keeps their status.
            (Meaning::NoShow, _) => false,
            (_, None) => {
                counts.attended += 1;
                true
            }
            (_, Some(standing)) => {
                let is_new = members.mark_attended(lead);
                if is_new {
                    counts.attended += 1;
                    matched = Some(MatchedLead { lead });
                }
                is_new && (standing != MemberStanding::Attended || !self.connection.member_fields.is_empty())
            }
        };
        if is_due {
            self.run_state.leads.push(LeadPresence { lead, presence });
        }
        matched
    }

    /// Sets a status of at most a batch of leads, and writes their fields. Marketo skips leads that are in or past the
    /// status, which is success, and those for whom its step is lower, who are counted (R16). A channel without the status is reported at the end of the run.
    async fn set_status(&mut self, meaning: Meaning, leads: &[LeadPresence]) -> Result<(), Error> {
        let connection = self.connection;
        let ProgramConnection { program, member_fields, .. } = connection;
        let has_status =
            |lead| meaning == Meaning::Attended && self.roster.members.standing(lead) == Some(MemberStanding::Attended);
        let due: Vec<_> = leads.iter().map(|lead| lead.lead).filter(|&lead| !has_status(lead)).collect();
        if let Some(status) = connection.status_for(meaning)
            && !due.is_empty()
        {
            let mut kept = Vec::new();
            for (lead, outcome) in due.iter().zip(self.marketo.set_status(*program, status, &due).await?) {
                match outcome {
                    MemberOutcome::Done => {}
                    MemberOutcome::KeptStatus => kept.push(*lead),
                    MemberOutcome::Skipped(code) => {
                        self.count_refused(code);
                        platform::log!(Warn, "member.set_status_failed", program = program, lead = lead, code = code);
                    }
                }
            }
            self.explain_kept_statuses(meaning, &kept).await?;
        }
        if !member_fields.is_empty() {
            match member_fields::write(self.marketo, *program, member_fields, leads).await? {
                FieldsWritten::Except(rejected) => self.run_state.counts.refused += rejected,
                FieldsWritten::Refused(code) => self.run_state.fields_refused = Some(code.0),
            }
        }
        Ok(())
    }

    /// Counts a person whom Marketo rejected.
    fn count_refused(&mut self, code: MarketoCode) {
        self.run_state.counts.refused += 1;
        if code.partition_advice().is_some() {
            self.run_state.partition_refused = Some(code.0);
        }
    }

    /// Counts members who kept their status because of the channel's steps, or for an unknown reason. Marketo's answer
    /// does not tell them from members who need no other status (R16), so they are read.
    async fn explain_kept_statuses(&mut self, meaning: Meaning, kept: &[LeadId]) -> Result<(), Error> {
        if kept.is_empty() {
            return Ok(());
        }
        let program = self.connection.program;
        let members = self.marketo.members_of(program, kept).await?;
        for member in members {
            let status = member.status_name.as_deref().unwrap_or_default();
            match self.connection.kept_status(status, meaning) {
                KeptStatus::Reached => {}
                KeptStatus::Backwards => self.run_state.counts.step_backwards += 1,
                KeptStatus::Unexplained => {
                    self.run_state.counts.refused += 1;
                    platform::log!(
                        Warn,
                        "member.set_status_failed",
                        program = program,
                        lead = member.lead_id,
                        code = 0
                    );
                }
            }
        }
        Ok(())
    }

    /// Stores when each attendee was present, for `POST /attendance/trace`.
    async fn store_presences(&mut self) -> Result<Progress, RunError> {
        let is_complete = presences::store(&self.roster, self.run_state, self.deadline).await?;
        Ok(if is_complete { Progress::Complete } else { Progress::OutOfTime })
    }

    /// Saves the progress after a page or batch, together with changed pending look-ups.
    async fn save_checkpoint(&mut self) -> Result<(), Error> {
        self.run_state.checkpoints += 1;
        if self.is_pending_changed
            && let Some((store, _)) = self.run_state.pages(self.state, self.connection.program, List::PendingLookups)
        {
            let page = self.run_state.pending_page.map_or(0, |page| (page + 1) % PENDING_PAGES);
            store.put(page, &Page::computed(self.pending.clone())).await?;
            self.run_state.pending_page = Some(page);
            self.is_pending_changed = false;
        }
        self.save().await
    }

    async fn save(&self) -> Result<(), Error> {
        self.run_state.save(self.state, self.connection.program).await
    }

    /// Returns a problem to show to people although all steps are complete.
    pub(crate) fn problem(&self) -> Option<Problem> {
        let is_missing = |meaning: &Meaning| self.connection.status_for(*meaning).is_none();
        if let Some(missing) = [Meaning::Attended, Meaning::NoShow].into_iter().find(is_missing) {
            let reason = format_args!(
                "No status of the channel means {name}, so no member was set to it. Choose one in the program's settings, or \
                 add it to the channel and refresh the program.",
                name = missing.default_name()
            );
            return Some(Problem::because(ErrorCode::ProgramNotWebinarChannel, reason));
        }
        if self.roster.members.is_unlisted() {
            let reason = "The program has more members than Marketo lists. The people that Zoom knows have their \
                          status; members that Zoom does not know stay Registered.";
            return Some(Problem::because(ErrorCode::MarketoUnavailable, reason));
        }
        let kept = self.run_state.counts.step_backwards;
        if kept > 0 {
            let reason = format_args!("Marketo left the status of {kept} people as it was.");
            return Some(Problem::because(ErrorCode::MarketoStepBackwards, reason));
        }
        if let Some(code) = self.run_state.fields_refused {
            let reason = format_args!(
                "Marketo refused the custom fields of the connection with code {code}; statuses were set. Check in \
                 Marketo that the fields exist and that the API user may write them."
            );
            return Some(Problem::because(ErrorCode::MarketoUnavailable, reason));
        }
        let refused = self.run_state.counts.refused;
        let code = self.run_state.partition_refused.map(MarketoCode);
        let advice =
            code.and_then(MarketoCode::partition_advice).unwrap_or("The log has their ids and Marketo's codes.");
        let detail = format!("Marketo rejected {refused} people. {advice}");
        (refused > 0).then_some(Problem { code: ErrorCode::MarketoUnavailable, detail })
    }
}
