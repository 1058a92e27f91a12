//! Many leads into one webinar: the ledger first, then Zoom, at most eight at once; whoever's fate is unknown is
//! looked up before anything is sent again.

use super::candidate::Candidate;
use super::directory::Directory;
use super::ledger;
use super::outcome::{Outcome, Settled};
use super::register::{Push, Step};
use super::target::Target;
use crate::app::App;
use crate::mapping::Form;
use domain::records::{AddCalls, Registration};
use domain::time::Timestamp;
use domain::{Code, EmailHash, Error, Problem, ProgramId, WebinarId};
use futures::FutureExt;
use platform::together::at_most;
use std::collections::HashMap;
use zoom_client::ZoomError;
use zoom_client::registrants::Questions;

/// Add calls in flight at once per chunk: enough for a Pro account's 30 a second at usual latencies, and few enough
/// to leave room for others.
const AT_ONCE: usize = 8;

/// When a push was asked for, and how far it may go now.
#[derive(Debug, Clone, Copy)]
pub struct Run {
    /// When it was asked for.
    pub since: Timestamp,
    /// Whether an earlier run may have died in the middle: then Zoom may know people whom the ledger does not.
    pub resumed: bool,
    /// No new add call begins after this.
    pub deadline: Timestamp,
}

/// Pushes candidates with different addresses to one webinar.
pub async fn push(
    app: &App,
    program: ProgramId,
    target: &Target,
    candidates: &[&Candidate],
    run: Run,
) -> Result<HashMap<EmailHash, Settled>, Error> {
    let webinar = &target.webinar;
    if !webinar.registration.requires_registration() {
        let problem = Problem::of(Code::RegistrationNotRequired);
        let skipped = Settled::Now(Outcome::Skipped { problem, join_url: webinar.join_url.clone() });
        return Ok(candidates.iter().map(|candidate| (candidate.email.hash(), skipped.clone())).collect());
    }
    let mut settled = HashMap::new();
    let mut open = Vec::new();
    let entries = candidates.iter().map(|&candidate| look_at(app, webinar.id, candidate).boxed()).collect();
    for entry in at_most(AT_ONCE, entries).await {
        let (candidate, entry) = entry?;
        let now = app.ports.clock.now();
        match entry.as_ref().and_then(|entry| ledger::settled(entry, run.since, now)) {
            Some(outcome) => drop(settled.insert(candidate.email.hash(), Settled::Now(outcome))),
            None => open.push((candidate, ledger::add_calls(entry.as_ref(), now))),
        }
    }
    if open.is_empty() {
        return Ok(settled);
    }

    let zoom = app.zoom(&target.service, run.deadline);
    let form = match zoom.questions(webinar.id).await {
        Ok(questions) => form(target, questions),
        // The form is only needed for its questions; adding tells best what is wrong with the webinar.
        Err(ZoomError::Refused(_)) => form(target, Questions::default()),
        Err(error) => {
            let later = Settled::from(Error::from(error));
            settled.extend(open.iter().map(|(candidate, _)| (candidate.email.hash(), later.clone())));
            return Ok(settled);
        }
    };
    let push = Push { app, zoom: &zoom, program, webinar, form: &form };

    // Twice at most: the second round is for those whose first call was lost and whom Zoom does not know.
    let mut look_up = run.resumed;
    for round in 1..=2 {
        if look_up {
            match Directory::read(&zoom, webinar.id).await {
                Ok(directory) => open = keep_known(&push, &directory, open, &mut settled).await?,
                Err(error) => {
                    let later = Settled::from(Error::from(error));
                    settled.extend(open.iter().map(|(candidate, _)| (candidate.email.hash(), later.clone())));
                    return Ok(settled);
                }
            }
        }
        let unknown = add_all(&push, &open, run.deadline, &mut settled).await?;
        open = if round == 1 { unknown } else { later(unknown, &mut settled) };
        if open.is_empty() {
            break;
        }
        look_up = true;
    }
    Ok(settled)
}

/// A candidate and its ledger entry.
async fn look_at<'c>(
    app: &App,
    webinar: WebinarId,
    candidate: &'c Candidate,
) -> Result<(&'c Candidate, Option<Registration>), Error> {
    Ok((candidate, app.ports.store().get(&ledger::key(webinar, candidate)).await?))
}

type Open<'c> = (&'c Candidate, AddCalls);

/// Settles those whom Zoom knows; returns the others.
async fn keep_known<'c>(
    push: &Push<'_>,
    directory: &Directory,
    open: Vec<Open<'c>>,
    settled: &mut HashMap<EmailHash, Settled>,
) -> Result<Vec<Open<'c>>, Error> {
    let mut unknown = Vec::new();
    for (candidate, adds) in open {
        match directory.find(candidate) {
            Some(entry) => drop(settled.insert(candidate.email.hash(), push.keep(candidate, entry, adds).await?)),
            None => unknown.push((candidate, adds)),
        }
    }
    Ok(unknown)
}

/// Adds all, at most [`AT_ONCE`] at a time; returns those whose fate is unknown.
async fn add_all<'c>(
    push: &Push<'_>,
    open: &[Open<'c>],
    deadline: Timestamp,
    settled: &mut HashMap<EmailHash, Settled>,
) -> Result<Vec<Open<'c>>, Error> {
    let steps = open.iter().map(|&open| add_in_time(push, open, deadline).boxed()).collect();
    let mut unknown = Vec::new();
    for step in at_most(AT_ONCE, steps).await {
        let (candidate, adds, step) = step?;
        match step {
            Step::Settled(outcome) => drop(settled.insert(candidate.email.hash(), outcome)),
            Step::Unknown => unknown.push((candidate, ledger::one_more(adds))),
        }
    }
    Ok(unknown)
}

async fn add_in_time<'c>(
    push: &Push<'_>,
    (candidate, adds): Open<'c>,
    deadline: Timestamp,
) -> Result<(&'c Candidate, AddCalls, Step), Error> {
    if push.app.ports.clock.now() >= deadline {
        return Ok((candidate, adds, Step::Settled(Settled::Later(Problem::of(Code::RateLimited)))));
    }
    Ok((candidate, adds, push.add(candidate, adds).await?))
}

/// Leaves those whose fate is still unknown for a later run, which looks them up again.
fn later<'c>(unknown: Vec<Open<'c>>, settled: &mut HashMap<EmailHash, Settled>) -> Vec<Open<'c>> {
    let later = Settled::Later(Problem::of(Code::ZoomUnavailable));
    settled.extend(unknown.iter().map(|(candidate, _)| (candidate.email.hash(), later.clone())));
    Vec::new()
}

fn form(target: &Target, questions: Questions) -> Form {
    Form { webinar: target.webinar.id.to_string(), topic: target.webinar.topic.clone(), questions }
}
