//! All leads of a request: their program, their statuses, the webinars that they chose.

use super::batch::{self, Run};
use super::candidate::{self, Candidate};
use super::outcome::{Outcome, Settled};
use super::target::{self, Target};
use crate::app::App;
use crate::failures::record;
use domain::records::{Connection, Lead};
use domain::status::Known;
use domain::{Error, LeadId, ProgramId};
use marketo_client::{BATCH, Marketo};

/// One lead and what became of it.
#[derive(Debug, Clone)]
pub struct Pushed {
    /// Who.
    pub lead: LeadId,
    /// What became of it.
    pub settled: Settled,
    /// The webinar that it was for: number and title.
    pub webinar: Option<(String, String)>,
}

impl Pushed {
    /// How it ended; `None` while the lead waits.
    pub const fn outcome(&self) -> Option<&Outcome> {
        match &self.settled {
            Settled::Now(outcome) => Some(outcome),
            Settled::Later(_) => None,
        }
    }

    /// Makes waiting a failure: it took too long.
    pub fn give_up(&mut self) {
        if let Settled::Later(problem) = &self.settled {
            self.settled = Settled::Now(Outcome::Failed(problem.clone()));
        }
    }
}

/// Pushes leads of one program, each to the webinar that it chose. Answers in their order.
///
/// # Errors
/// Our own, or Marketo's while statuses are read: then nothing is known of any lead.
pub async fn push(
    app: &App,
    marketo: &Marketo,
    connection: &Connection,
    leads: &[Lead],
    run: Run<'_>,
) -> Result<Vec<Pushed>, Error> {
    let statuses = statuses(app, marketo, connection.program, leads).await?;
    // Marketers make few choices, so looking through them is quick.
    let mut by_choice: Vec<(Option<&str>, Vec<usize>)> = Vec::new();
    for (index, lead) in leads.iter().enumerate() {
        let choice = lead.choice.as_deref();
        match by_choice.iter_mut().find(|(chosen, _)| *chosen == choice) {
            Some((_, indices)) => indices.push(index),
            None => by_choice.push((choice, vec![index])),
        }
    }
    let mut pushed: Vec<Option<Pushed>> = vec![None; leads.len()];
    for (choice, indices) in by_choice {
        let mut candidates = Vec::new();
        for index in indices {
            let lead = &leads[index];
            match candidate::check(lead, statuses[index].as_deref()) {
                Ok(candidate) => candidates.push((index, candidate)),
                Err(outcome) => {
                    let settled = Settled::Now(outcome);
                    pushed[index] = Some(Pushed { lead: lead.id, settled, webinar: None });
                }
            }
        }
        if candidates.is_empty() {
            continue;
        }
        let target = target::resolve(app, connection, choice).await;
        let (outcomes, webinar) = match &target {
            Ok(target) => {
                let webinar = (target.webinar.id.to_string(), target.webinar.topic.clone());
                (push_to(app, connection, target, &candidates, run).await?, Some(webinar))
            }
            Err(error) => (vec![Settled::from(error.clone()); candidates.len()], None),
        };
        for ((index, candidate), settled) in candidates.into_iter().zip(outcomes) {
            pushed[index] = Some(Pushed { lead: candidate.lead, settled, webinar: webinar.clone() });
        }
    }
    Ok(pushed.into_iter().flatten().collect())
}

/// Several leads may have one address: it is pushed once, and all of them get its outcome. Answers in their order.
async fn push_to(
    app: &App,
    connection: &Connection,
    target: &Target,
    candidates: &[(usize, Candidate)],
    run: Run<'_>,
) -> Result<Vec<Settled>, Error> {
    // A chunk is small enough to look through.
    let mut hashes = Vec::new();
    let mut once = Vec::new();
    let mut place_of = Vec::new();
    for (_, candidate) in candidates {
        let hash = candidate.email.hash();
        let place = hashes.iter().position(|known| *known == hash).unwrap_or(hashes.len());
        if place == hashes.len() {
            hashes.push(hash);
            once.push(candidate);
        }
        place_of.push(place);
    }
    let settled = batch::push(app, connection.program, target, &once, run).await?;
    Ok(place_of.into_iter().map(|place| settled[place].clone()).collect())
}

/// The leads' statuses in the program, in their order: what the request tells, else (`programMemberContext` may be
/// absent) what Marketo says.
pub async fn statuses(
    app: &App,
    marketo: &Marketo,
    program: ProgramId,
    leads: &[Lead],
) -> Result<Vec<Option<String>>, Error> {
    let mut statuses: Vec<_> = leads.iter().map(|lead| lead.status.clone()).collect();
    let unknown: Vec<_> = (0..leads.len()).filter(|&place| leads[place].status.is_none()).collect();
    for places in unknown.chunks(BATCH) {
        let ids: Vec<_> = places.iter().map(|&place| leads[place].id).collect();
        for member in marketo.members_of(program, &ids).await? {
            for &place in places.iter().filter(|&&place| leads[place].id == member.lead_id) {
                statuses[place].clone_from(&member.status_name);
            }
        }
    }
    for &place in &unknown {
        // A status of our own making, of a lead that is still to be registered.
        let is_error = statuses[place].as_deref().is_some_and(|status| Known::RegistrationError.is(status));
        if is_error && record::is_tried_again(app, program, leads[place].id).await? {
            statuses[place] = Some(Known::Registered.usual_name().to_owned());
        }
    }
    Ok(statuses)
}
