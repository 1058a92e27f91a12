//! The tick's share: failures whose time has come are tried again.

use super::record;
use super::retry::{Wanted, push_again};
use crate::app::App;
use crate::push::target;
use domain::records::Failure;
use domain::time::{SignedDuration, Timestamp};
use domain::{Error, ProgramId};

/// A failure that is being tried is nobody else's for this long: longer than a run, so that two ticks at once do not
/// spend two add calls.
const CLAIM: SignedDuration = SignedDuration::from_mins(1);

/// The least time that makes it worth while to begin with a program.
const WORTH_BEGINNING: SignedDuration = SignedDuration::from_secs(5);

/// Tries the failures behind some store keys again, program by program, as far as time allows. Returns how many
/// programs it came to.
pub async fn try_again(app: &App, keys: &[String], deadline: Timestamp) -> Result<u64, Error> {
    let now = app.ports.clock.now();
    let mut due = record::read(app, keys).await?;
    due.retain(|failure| failure.next_try.is_some_and(|at| at <= now));
    let mut worked = 0;
    // The program with the one that waits longest comes first.
    while let Some(program) = due.iter().min_by_key(|failure| failure.next_try).map(|failure| failure.program) {
        if app.ports.clock.now() + WORTH_BEGINNING >= deadline {
            break;
        }
        let (of_program, others) = due.into_iter().partition(|failure| failure.program == program);
        due = others;
        if let Err(error) = of_one_program(app, program, of_program, deadline).await {
            platform::log!("failures.put_off", program = program, error = error.problem().code);
        }
        worked += 1;
    }
    Ok(worked)
}

async fn of_one_program(
    app: &App,
    program: ProgramId,
    mut failures: Vec<Failure>,
    deadline: Timestamp,
) -> Result<(), Error> {
    let connection = match target::connection(app, Some(program)).await {
        Ok(connection) => connection,
        Err(Error::Caller(problem)) => {
            for mut failure in failures {
                (failure.problem, failure.next_try) = (problem.clone(), None);
                record::write(app, &failure).await?;
            }
            return Ok(());
        }
        Err(error) => return Err(error),
    };
    for failure in &mut failures {
        failure.next_try = Some(app.ports.clock.now() + CLAIM);
        record::write(app, failure).await?;
    }
    let wanted: Vec<Wanted> = failures.iter().map(|failure| (failure.lead, failure.choice.clone())).collect();
    match push_again(app, &connection, &wanted, deadline).await {
        Ok(pushed) => {
            platform::log!("failures.tried_again", program = program, leads = pushed.len());
            for failure in failures.iter().filter(|failure| !pushed.iter().any(|pushed| pushed.lead == failure.lead)) {
                // Marketo does not have the lead any more.
                record::forget(app, failure).await?;
            }
            Ok(())
        }
        Err(error) => {
            // Nothing came of it for any of them, and it counts as a try all the same.
            let without = wanted.iter().map(|(lead, _)| record::without_outcome(*lead, error.problem()));
            let choice = |lead| wanted.iter().find(|(id, _)| *id == lead).and_then(|(_, choice)| choice.clone());
            record::note(app, program, &without.collect::<Vec<_>>(), choice).await?;
            Err(error)
        }
    }
}
