//! Many leads into one webinar: the ledger first, then Zoom, at most eight at once; whoever's fate is unknown is
//! looked up before anything is sent again.

use super::candidate::Candidate;
use super::directory::Directory;
use super::outcome::{Outcome, Settled};
use super::register::{Push, Step};
use super::target::Target;
use super::{isolation, ledger, reapproval};
use crate::app::App;
use crate::mapping::Form;
use domain::records::{AddCalls, OutboxId};
use domain::time::Timestamp;
use domain::{Code, Error, Problem, ProgramId, WebinarId};
use futures::FutureExt;
use platform::together::at_most;
use zoom_client::registrants::Questions;
use zoom_client::{Zoom, ZoomError};

/// Add calls in flight at once per chunk: enough for a Pro account's 30 a second at usual latencies, and few enough
/// to leave room for others.
const AT_ONCE: usize = 8;

/// When a push was asked for, and how far it may go now.
#[derive(Debug, Clone, Copy)]
pub struct Run<'a> {
    /// When it was asked for.
    pub since: Timestamp,
    /// Whether an earlier run may have died in the middle: then Zoom may know people whom the ledger does not.
    pub resumed: bool,
    /// No new add call begins after this.
    pub deadline: Timestamp,
    /// The chunk, when it is worked on again: its leads are put to the extension one by one.
    pub again: Option<&'a OutboxId>,
    /// Whether each add call is written down before it is made, so that it counts (R12) and is looked up although we die
    /// over it. A chunk, which is worked on once as a rule, does without that write: after a death all of it is looked up.
    pub ahead: bool,
    /// Whether somebody who did without may have died over an add call of each lead today. It is counted.
    pub died: bool,
}

/// Pushes candidates with different addresses to one webinar. Answers in their order.
pub async fn push(
    app: &App,
    program: ProgramId,
    target: &Target,
    candidates: &[&Candidate],
    run: Run<'_>,
) -> Result<Vec<Settled>, Error> {
    let webinar = &target.webinar;
    if !webinar.registration.requires_registration() {
        let problem = Problem::of(Code::RegistrationNotRequired);
        let skipped = Settled::Now(Outcome::Skipped { problem, join_url: webinar.join_url.clone() });
        return Ok(vec![skipped; candidates.len()]);
    }
    // Whoever nothing more is said of has to wait.
    let mut settled = vec![Settled::Later(Problem::of(Code::ZoomUnavailable)); candidates.len()];
    let mut open = Vec::new();
    let others = ledger::other_webinars(app, webinar.id).await?;
    let looks = (0..candidates.len()).map(|index| look_at(app, webinar.id, &others, index, candidates[index], run));
    for look in at_most(AT_ONCE, looks.map(FutureExt::boxed).collect()).await {
        match look? {
            Look::Settled(index, outcome) => settled[index] = Settled::Now(outcome),
            Look::Open(candidate) => open.push(candidate),
        }
    }
    if open.is_empty() {
        return Ok(settled);
    }
    let zoom = app.zoom(&target.service, run.deadline);
    if let Err(error) = ask_zoom(app, &zoom, program, target, run, &open, &mut settled).await? {
        let later = Settled::from(Error::from(error));
        for open in open {
            if matches!(settled[open.index], Settled::Later(_)) {
                settled[open.index] = later.clone();
            }
        }
    }
    Ok(settled)
}

/// A candidate whom the ledger does not settle.
#[derive(Clone, Copy)]
pub struct Open<'c> {
    /// Place among the candidates.
    pub index: usize,
    /// Who.
    pub candidate: &'c Candidate,
    /// Today's add calls.
    pub adds: AddCalls,
    /// Today's add calls at other webinars.
    pub elsewhere: u8,
    /// Whether an earlier add call of it was lost, in this or in another push.
    pub is_unknown: bool,
}

/// What the ledger says of a candidate.
enum Look<'c> {
    /// All there is to say.
    Settled(usize, Outcome),
    /// Not enough.
    Open(Open<'c>),
}

/// Asks Zoom about the open candidates. The inner error is Zoom's, and concerns all whom it leaves without outcome.
async fn ask_zoom(
    app: &App,
    zoom: &Zoom,
    program: ProgramId,
    target: &Target,
    run: Run<'_>,
    open: &[Open<'_>],
    settled: &mut [Settled],
) -> Result<Result<(), ZoomError>, Error> {
    let webinar = &target.webinar;
    let questions = match zoom.questions(webinar.id).await {
        Ok(questions) => questions,
        // The form is only needed for its questions; adding tells best what is wrong with the webinar. What is wrong with
        // the service would only spend an add call of everybody's (R12).
        Err(ZoomError::Refused(refusal)) if refusal.service_problem().is_none() => Questions::default(),
        Err(error) => return Ok(Err(error)),
    };
    let form = Form { webinar: webinar.id.to_string(), topic: webinar.topic.clone(), questions };
    let push = Push { app, zoom, program, webinar, form: &form, ahead: run.ahead };

    let mut open = open.to_vec();
    if let Some(outbox) = run.again {
        open = isolation::question(&push, outbox, open, settled).await?;
    }
    let mut denied = Vec::new();
    let mut look_up = run.resumed || open.iter().any(|open| open.is_unknown);
    // Twice at most: the second round is for those whose first call was lost and whom Zoom does not know.
    for _ in 0..2 {
        if look_up {
            let directory = match Directory::read(zoom, webinar.id).await {
                Ok(directory) => directory,
                Err(error) => return Ok(Err(error)),
            };
            let mut unknown = Vec::new();
            for open in open {
                match directory.find(open.candidate) {
                    Some(entry) => settled[open.index] = push.keep(open.candidate, entry, open.adds).await?,
                    None => unknown.push(open),
                }
            }
            open = unknown;
        }
        let steps = open.iter().map(|&open| add_in_time(&push, open, run.deadline).boxed()).collect();
        let mut unknown = Vec::new();
        for step in at_most(AT_ONCE, steps).await {
            match step? {
                (open, Step::Settled(outcome)) => settled[open.index] = outcome,
                (open, Step::Unknown) => unknown.push(Open { adds: ledger::one_more(open.adds), ..open }),
                (open, Step::Denied) => denied.push(Open { adds: ledger::one_more(open.adds), ..open }),
            }
        }
        open = unknown;
        if open.is_empty() {
            break;
        }
        look_up = true;
    }
    reapproval::approve(&push, &denied, settled).await
}

/// Looks a candidate up in the ledger.
async fn look_at<'c>(
    app: &App,
    webinar: WebinarId,
    others: &[WebinarId],
    index: usize,
    candidate: &'c Candidate,
    run: Run<'_>,
) -> Result<Look<'c>, Error> {
    let entry = app.ports.store().get(&ledger::key(webinar, candidate)).await?;
    let now = app.ports.clock.now();
    if let Some(outcome) = entry.as_ref().and_then(|entry| ledger::settled(entry, run.since, now)) {
        return Ok(Look::Settled(index, outcome));
    }
    let mut adds = ledger::add_calls(entry.as_ref(), now);
    if run.died && entry.is_none() && run.since.utc_day() == adds.day {
        adds = ledger::one_more(adds);
    }
    let elsewhere = ledger::spent_at(app, others, candidate).await?;
    let is_unknown = entry.as_ref().is_some_and(ledger::is_unknown);
    Ok(Look::Open(Open { index, candidate, adds, elsewhere, is_unknown }))
}

async fn add_in_time<'c>(push: &Push<'_>, open: Open<'c>, deadline: Timestamp) -> Result<(Open<'c>, Step), Error> {
    if push.app.ports.clock.now() >= deadline {
        return Ok((open, Step::Settled(Settled::Later(Problem::of(Code::RateLimited)))));
    }
    Ok((open, push.add(open.candidate, open.adds, open.elsewhere).await?))
}
