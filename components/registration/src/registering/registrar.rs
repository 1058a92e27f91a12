//! Registers one lead in Zoom: mapping, one add-registrant call, ledger.

use super::attempt::{AttemptContext, OpenCandidate};
use super::daily_limit;
use super::eligibility::Candidate;
use crate::mapping::{self, InvalidRegistrant, RegistrationForm};
use crate::outcome::{Disposition, LeadOutcome};
use crate::registrants::Standing;
use crate::state::AppState;
use crate::store::ledger::{self, Known};
use domain::records::{AddCalls, Record, RecordSource, Registration, RegistrationOutcome};
use domain::webinar::{RegistrationMode, Snapshot};
use domain::{Error, ErrorCode, Problem, ProgramId, RegistrantId, Sensitive};
use zoom_client::registrants::{AddedRegistrant, NewRegistrant, RegistrantStatus, add_problem};
use zoom_client::{ZoomClient, ZoomError};

/// Registers leads of one program at one webinar.
pub struct Registrar<'a> {
    /// The component's state.
    pub state: &'a AppState,
    /// Zoom, as the service that owns the webinar.
    pub zoom: &'a ZoomClient,
    /// The service with its account.
    pub source: &'a RecordSource,
    /// The program of the leads.
    pub program: ProgramId,
    /// The webinar.
    pub webinar: &'a Snapshot,
    /// The webinar's registration form.
    pub form: &'a RegistrationForm,
    /// The context of this attempt.
    pub attempt: AttemptContext<'a>,
}

/// The result of an add call.
#[derive(Debug)]
pub enum AddResult {
    /// The candidate is registered, failed or deferred.
    Settled(Disposition),
    /// The answer was lost. Zoom may have the registrant.
    Unknown,
    /// The registrant was denied or cancelled before, so the call changed nothing: Zoom refused it, or answered with the
    /// registrant, who stays denied.
    Denied(Option<RegistrantId>),
}

impl Registrar<'_> {
    /// Adds a candidate to the webinar, and records the result in the ledger.
    ///
    /// # Errors
    /// The store failed.
    pub async fn add(&self, open: OpenCandidate<'_>) -> Result<AddResult, Error> {
        let OpenCandidate { candidate, add_calls, .. } = open;
        if self.state.ports.clock.now() >= self.attempt.deadline {
            return Ok(AddResult::Settled(Disposition::Postponed(Problem::of(ErrorCode::RateLimited))));
        }
        if daily_limit::is_exhausted(add_calls) {
            let parked = daily_limit::parked(self.state.ports.clock.now());
            return self.settle(open, &parked, add_calls).await.map(AddResult::Settled);
        }
        let registrant = match self.map(candidate) {
            Ok(registrant) => registrant,
            Err(problem) => return self.fail(open, problem, add_calls).await.map(AddResult::Settled),
        };
        // An add call cannot be repeated. So one request of this instance at a time adds an address, and looks once more
        // whether another worker has added it.
        let key = ledger::key(self.webinar.id, &candidate.email).to_string();
        let Some(_guard) = self.state.locks.lock_until(&self.state.ports, &key, self.attempt.deadline).await else {
            return Ok(AddResult::Settled(Disposition::Postponed(Problem::of(ErrorCode::Busy))));
        };
        if let Some(result) = self.look_again(open).await? {
            return Ok(result);
        }
        let spent = daily_limit::one_more(add_calls);
        if self.attempt.write_ahead {
            self.write(open, ledger::unknown_outcome(self.state.ports.clock.now()), spent).await?;
        }
        match self.zoom.add_registrant(self.webinar.id, &registrant).await {
            Ok(added) => match standing(added, self.webinar.registration) {
                Standing::Denied { registrant } => self.denied(open, Some(registrant), spent).await,
                standing => self.settle(open, &standing.outcome(None), spent).await.map(AddResult::Settled),
            },
            Err(ZoomError::DailyLimit { until }) => {
                let parked = RegistrationOutcome::failed(Problem::of(ErrorCode::DailyLimit), Some(until));
                self.settle(open, &parked, add_calls).await.map(AddResult::Settled)
            }
            Err(ZoomError::Api(refusal)) => {
                let problem = add_problem(&refusal);
                if problem.code == ErrorCode::RegistrantDenied {
                    return self.denied(open, None, spent).await;
                }
                match Disposition::from(Error::Rejected(problem)) {
                    Disposition::Final(LeadOutcome::Failed(problem)) => {
                        self.fail(open, problem, spent).await.map(AddResult::Settled)
                    }
                    // Zoom received the call, and may count it.
                    deferred => self.defer(open, deferred, spent).await,
                }
            }
            Err(ZoomError::Other(Error::Upstream(error))) if error.maybe_executed => {
                // The call may count, so it is recorded before anything else can fail.
                if !self.attempt.write_ahead {
                    self.write(open, ledger::unknown_outcome(self.state.ports.clock.now()), spent).await?;
                }
                Ok(AddResult::Unknown)
            }
            // The call was not made, so its write-ahead entry is undone.
            Err(ZoomError::Other(error)) if self.attempt.write_ahead => self.defer(open, error.into(), add_calls).await,
            Err(ZoomError::Other(error)) => Ok(AddResult::Settled(error.into())),
        }
    }

    /// Looks at the claim and at the ledger once more. Returns a result if another worker has the lead now, or added the
    /// address since the ledger was read.
    async fn look_again(&self, open: OpenCandidate<'_>) -> Result<Option<AddResult>, Error> {
        let candidate = open.candidate;
        if !self.attempt.claim.is_held(self.state, candidate.lead).await? {
            return Ok(Some(AddResult::Settled(Disposition::Postponed(Problem::of(ErrorCode::Busy)))));
        }
        let entry = ledger::read(self.state, self.webinar.id, &candidate.email).await?;
        let now = self.state.ports.clock.now();
        let spent = daily_limit::add_calls_today(entry.as_ref(), now);
        let known = if open.add_calls.day == spent.day { open.add_calls.count } else { 0 };
        if spent.count <= known {
            return Ok(None);
        }
        Ok(Some(match entry.map(|entry| ledger::known(&entry, self.attempt.requested_at, now)) {
            Some(Known::Outcome(outcome)) => AddResult::Settled(Disposition::Final(outcome)),
            // The other worker's call is under way, or its answer was lost.
            Some(Known::Registrant(_) | Known::Nothing) | None => AddResult::Unknown,
        }))
    }

    /// Records that a candidate was denied or cancelled before. The call counts, whether the registrant can be approved
    /// again or not.
    async fn denied(
        &self,
        open: OpenCandidate<'_>,
        registrant: Option<RegistrantId>,
        spent: AddCalls,
    ) -> Result<AddResult, Error> {
        let problem = Problem::of(ErrorCode::RegistrantDenied);
        let next_try = Some(self.state.ports.clock.now());
        let outcome = RegistrationOutcome::Failed { problem, next_try, registrant: registrant.clone() };
        self.write(open, outcome, spent).await?;
        Ok(AddResult::Denied(registrant))
    }

    /// Records that a candidate waits for the cause of its problem to be removed.
    async fn defer(
        &self,
        open: OpenCandidate<'_>,
        disposition: Disposition,
        add_calls: AddCalls,
    ) -> Result<AddResult, Error> {
        if let Some(problem) = disposition.problem() {
            let (problem, next_try) = (problem.clone(), Some(self.state.ports.clock.now()));
            self.write(open, RegistrationOutcome::failed(problem, next_try), add_calls).await?;
        }
        Ok(AddResult::Settled(disposition))
    }

    /// Records an outcome and returns it.
    pub async fn settle(
        &self,
        open: OpenCandidate<'_>,
        outcome: &RegistrationOutcome,
        add_calls: AddCalls,
    ) -> Result<Disposition, Error> {
        self.write(open, outcome.clone(), add_calls).await?;
        Ok(Disposition::Final(outcome.clone().into()))
    }

    /// Records a failure that a retry would repeat.
    pub async fn fail(
        &self,
        open: OpenCandidate<'_>,
        problem: Problem,
        add_calls: AddCalls,
    ) -> Result<Disposition, Error> {
        self.settle(open, &RegistrationOutcome::failed(problem, None), add_calls).await
    }

    /// Maps a candidate to a registrant with the extension, and checks the result.
    pub fn map(&self, candidate: &Candidate) -> Result<NewRegistrant, Problem> {
        let rejected = |why: &str| Problem::because(ErrorCode::MappingRejected, why);
        let mapped = self.state.mapping.to_registrant(&candidate.fields, self.form).map_err(|why| rejected(&why))?;
        let registrant = mapping::check(mapped, self.form).map_err(|invalid| match invalid {
            InvalidRegistrant::Malformed(what) => rejected(&format!("The mapping's answer cannot be used: {what}.")),
            InvalidRegistrant::Unanswered(titles) => {
                Problem::because(ErrorCode::QuestionUnanswered, format_args!("Not answered: {}.", titles.join(", ")))
            }
        })?;
        // The ledger's key is the lead's address. Another address would bypass the ledger.
        if registrant.email == candidate.email {
            Ok(registrant)
        } else {
            Err(rejected("The mapping's answer cannot be used: it changes the e-mail address."))
        }
    }

    async fn write(&self, open: OpenCandidate<'_>, outcome: RegistrationOutcome, adds: AddCalls) -> Result<(), Error> {
        let candidate = open.candidate;
        let entry = Registration {
            v: Registration::VERSION,
            program: self.program,
            lead: candidate.lead,
            at: self.state.ports.clock.now(),
            outcome,
            adds,
            others_stale: open.was_registered,
            copy_pending: false,
            source: Some(self.source.clone()),
        };
        ledger::write(self.state, &ledger::key(self.webinar.id, &candidate.email), &entry).await
    }
}

/// Returns the standing that an addition ends with. An answer without a status, as Zoom gave before 2026-09-21, is of a
/// pending registrant if the host approves each one, whether it has a link or not (docs/reference/zoom.md).
fn standing(added: AddedRegistrant, registration: RegistrationMode) -> Standing {
    let registrant = added.registrant_id;
    let by_default = match registration {
        RegistrationMode::Manual => RegistrantStatus::Pending,
        RegistrationMode::Automatic | RegistrationMode::None => RegistrantStatus::Approved,
    };
    match (added.status.unwrap_or(by_default), added.join_url) {
        (RegistrantStatus::Denied, _) => Standing::Denied { registrant },
        (RegistrantStatus::Approved, Some(url)) => Standing::Approved { registrant, join_url: Sensitive::from(url) },
        // A registrant without a join link waits for it.
        (RegistrantStatus::Approved | RegistrantStatus::Pending, _) => Standing::Pending { registrant },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn r18_the_answer_to_an_addition_is_read_with_its_status() {
        use RegistrantStatus::{Approved, Denied, Pending};
        use RegistrationMode::{Automatic, Manual};
        for (status, join_url, registration, expected) in [
            (Some(Approved), Some("u"), Automatic, "registered"),
            (Some(Approved), Some("u"), Manual, "registered"),
            (Some(Approved), None, Automatic, "pending"),
            (Some(Pending), Some("u"), Automatic, "pending"),
            (Some(Denied), Some("u"), Automatic, "failed"),
            (None, Some("u"), Automatic, "registered"),
            (None, Some("u"), Manual, "pending"),
            (None, None, Manual, "pending"),
        ] {
            let added = AddedRegistrant { registrant_id: "r".into(), join_url: join_url.map(str::to_owned), status };
            let outcome = LeadOutcome::from(standing(added, registration).outcome(None));
            assert_eq!(outcome.name(), expected, "{status:?} {join_url:?} {registration:?}");
        }
    }
}
