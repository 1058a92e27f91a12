//! All leads of a request: their program, their statuses, the webinars that they chose.

use super::batch::{self, Run};
use super::candidate::{self, Candidate};
use super::outcome::Settled;
use super::target::{self, Target};
use crate::app::App;
use domain::records::{Connection, Lead};
use domain::{EmailHash, Error, LeadId};
use marketo_client::{BATCH, Marketo};
use std::collections::{BTreeMap, HashMap};

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

/// Pushes leads of one program, each to the webinar that it chose. Answers in their order.
///
/// # Errors
/// Our own, or Marketo's while statuses are read: then nothing is known of any lead.
pub async fn push(
    app: &App,
    marketo: &Marketo,
    connection: &Connection,
    leads: &[Lead],
    run: Run,
) -> Result<Vec<Pushed>, Error> {
    let statuses = statuses(marketo, connection, leads).await?;
    let mut by_choice: BTreeMap<Option<&str>, Vec<usize>> = BTreeMap::new();
    for (index, lead) in leads.iter().enumerate() {
        by_choice.entry(lead.choice.as_deref()).or_default().push(index);
    }
    let mut pushed: Vec<Option<Pushed>> = vec![None; leads.len()];
    for (choice, indices) in by_choice {
        let mut candidates = Vec::new();
        for index in indices {
            let lead = &leads[index];
            let status = lead.status.as_ref().or_else(|| statuses.get(&lead.id));
            match candidate::check(lead, status.map(String::as_str)) {
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
            Err(error) => {
                let settled = Settled::from(error.clone());
                let all = candidates.iter().map(|(_, candidate)| (candidate.email.hash(), settled.clone()));
                (all.collect(), None)
            }
        };
        for (index, candidate) in candidates {
            let settled = outcomes.get(&candidate.email.hash()).cloned();
            let settled = settled.ok_or_else(|| Error::Ours("a lead was left without an outcome".to_owned()))?;
            pushed[index] = Some(Pushed { lead: candidate.lead, settled, webinar: webinar.clone() });
        }
    }
    Ok(pushed.into_iter().flatten().collect())
}

/// Several leads may have one address: it is pushed once, and all of them get its outcome.
async fn push_to(
    app: &App,
    connection: &Connection,
    target: &Target,
    candidates: &[(usize, Candidate)],
    run: Run,
) -> Result<HashMap<EmailHash, Settled>, Error> {
    let mut once = HashMap::new();
    for (_, candidate) in candidates {
        once.entry(candidate.email.hash()).or_insert(candidate);
    }
    let once: Vec<_> = once.into_values().collect();
    batch::push(app, connection.program, target, &once, run).await
}

/// The statuses of the leads for which the request tells none (`programMemberContext` may be absent).
async fn statuses(
    marketo: &Marketo,
    connection: &Connection,
    leads: &[Lead],
) -> Result<HashMap<LeadId, String>, Error> {
    let unknown: Vec<_> = leads.iter().filter(|lead| lead.status.is_none()).map(|lead| lead.id).collect();
    let mut statuses = HashMap::new();
    for batch in unknown.chunks(BATCH) {
        for member in marketo.members_of(connection.program, batch).await? {
            statuses.extend(member.status_name.map(|status| (member.lead_id, status)));
        }
    }
    Ok(statuses)
}
