//! One lead into Zoom: mapping, one add-registrant call, the ledger.

use super::candidate::Candidate;
use super::ledger;
use super::outcome::{Outcome, Settled};
use crate::app::App;
use crate::mapping::{self, Form, Unfit};
use domain::records::{self, AddCalls};
use domain::webinar::Snapshot;
use domain::{Code, Error, Problem, ProgramId, RegistrantId, Sensitive};
use zoom_client::registrants::{Added, NewRegistrant, Standing, add_problem};
use zoom_client::{Zoom, ZoomError};

/// The webinar that leads are pushed to, and with what.
pub struct Push<'a> {
    /// The component.
    pub app: &'a App,
    /// Zoom, as the service whose webinar it is.
    pub zoom: &'a Zoom,
    /// The program that the leads come through.
    pub program: ProgramId,
    /// The webinar.
    pub webinar: &'a Snapshot,
    /// Its registration form.
    pub form: &'a Form,
    /// Whether an add call is written down before it is made.
    pub ahead: bool,
}

/// How an add call ended.
#[derive(Debug)]
pub enum Step {
    /// As told.
    Settled(Settled),
    /// Nobody knows whether Zoom added the person: look the address up.
    Unknown,
    /// Zoom knows the person, whose registration was denied or cancelled.
    Denied,
}

impl Push<'_> {
    /// Adds one candidate whom the ledger does not settle. `adds` are today's add calls so far, `elsewhere` those at
    /// other webinars.
    ///
    /// # Errors
    /// Only our own: the store failed.
    pub async fn add(&self, candidate: &Candidate, adds: AddCalls, elsewhere: u8) -> Result<Step, Error> {
        if ledger::is_spent(adds, elsewhere) {
            let parked = ledger::parked(self.app.ports.clock.now());
            return self.keep(candidate, &parked, adds).await.map(Step::Settled);
        }
        let registrant = match self.map(candidate) {
            Ok(registrant) => registrant,
            Err(problem) => return self.fail_for_good(candidate, problem, adds).await.map(Step::Settled),
        };
        let spent = ledger::one_more(adds);
        if self.ahead {
            self.write(candidate, ledger::lost(self.app.ports.clock.now()), spent).await?;
        }
        match self.zoom.add_registrant(self.webinar.id, &registrant).await {
            Ok(added) => self.keep(candidate, &entry(added), spent).await.map(Step::Settled),
            Err(ZoomError::DailyLimit { until }) => {
                let problem = Problem::of(Code::DailyLimit);
                let parked = records::Outcome::Failed { problem, next_try: Some(until) };
                self.keep(candidate, &parked, adds).await.map(Step::Settled)
            }
            Err(ZoomError::Refused(refusal)) => {
                let problem = add_problem(&refusal);
                if problem.code == Code::RegistrantDenied {
                    // The call has counted, whatever comes of approving the person again.
                    let next_try = Some(self.app.ports.clock.now());
                    self.write(candidate, records::Outcome::Failed { problem, next_try }, spent).await?;
                    return Ok(Step::Denied);
                }
                match Settled::from(Error::Caller(problem)) {
                    Settled::Now(Outcome::Failed(problem)) => {
                        self.fail_for_good(candidate, problem, spent).await.map(Step::Settled)
                    }
                    // Zoom had the call, and may have counted it.
                    settled => self.wait(candidate, settled, spent).await,
                }
            }
            Err(ZoomError::Other(Error::Peer(error))) if error.ambiguous => {
                // The call may have counted, and that must not be forgotten if we die now.
                if !self.ahead {
                    self.write(candidate, ledger::lost(self.app.ports.clock.now()), spent).await?;
                }
                Ok(Step::Unknown)
            }
            // The call was not made: what was written ahead of it is not so.
            Err(ZoomError::Other(error)) if self.ahead => self.wait(candidate, error.into(), adds).await,
            Err(ZoomError::Other(error)) => Ok(Step::Settled(error.into())),
        }
    }

    /// Nothing came of a call, and somebody has to do something before the next. Says so in the ledger.
    async fn wait(&self, candidate: &Candidate, settled: Settled, adds: AddCalls) -> Result<Step, Error> {
        if let Some(problem) = settled.problem() {
            let (problem, next_try) = (problem.clone(), Some(self.app.ports.clock.now()));
            self.write(candidate, records::Outcome::Failed { problem, next_try }, adds).await?;
        }
        Ok(Step::Settled(settled))
    }

    /// Writes down what Zoom has and says so.
    pub async fn keep(
        &self,
        candidate: &Candidate,
        entry: &records::Outcome,
        adds: AddCalls,
    ) -> Result<Settled, Error> {
        self.write(candidate, entry.clone(), adds).await?;
        Ok(match entry.clone() {
            records::Outcome::Registered { registrant, join_url } => {
                Settled::Now(Outcome::Registered { registrant, join_url })
            }
            records::Outcome::Pending { registrant } => Settled::Now(Outcome::Pending { registrant }),
            records::Outcome::Failed { problem, .. } => Settled::Now(Outcome::Failed(problem)),
        })
    }

    /// What the extension makes of a candidate, if that can be sent.
    pub fn map(&self, candidate: &Candidate) -> Result<NewRegistrant, Problem> {
        let rejected = |why: &str| Problem::because(Code::MappingRejected, why);
        let mapped = self.app.mapping.to_registrant(&candidate.fields, self.form).map_err(|why| rejected(&why))?;
        let registrant = mapping::check(mapped, self.form).map_err(|unfit| match unfit {
            Unfit::Wrong(what) => rejected(&format!("The mapping's answer cannot be used: {what}.")),
            Unfit::Unanswered(titles) => {
                Problem::because(Code::QuestionUnanswered, format_args!("Not answered: {}.", titles.join(", ")))
            }
        })?;
        // The ledger is kept by the lead's address; an extension that changed it would slip past the ledger.
        if registrant.email == candidate.email {
            Ok(registrant)
        } else {
            Err(rejected("The mapping's answer cannot be used: it changes the e-mail address."))
        }
    }

    /// Writes down a failure that would come again.
    pub async fn fail_for_good(
        &self,
        candidate: &Candidate,
        problem: Problem,
        adds: AddCalls,
    ) -> Result<Settled, Error> {
        self.keep(candidate, &records::Outcome::Failed { problem, next_try: None }, adds).await
    }

    async fn write(&self, candidate: &Candidate, outcome: records::Outcome, adds: AddCalls) -> Result<(), Error> {
        ledger::write(self.app, self.program, self.webinar.id, candidate, outcome, adds).await
    }
}

/// What an addition means: a registrant without a link, or whom Zoom calls pending, waits for the host.
fn entry(added: Added) -> records::Outcome {
    let registrant: RegistrantId = added.registrant_id;
    let is_pending = added.status.is_some_and(|status| status.eq_ignore_ascii_case(Standing::Pending.as_str()));
    match added.join_url {
        Some(url) if !is_pending => records::Outcome::Registered { registrant, join_url: Sensitive::from(url) },
        _ => records::Outcome::Pending { registrant },
    }
}
