//! The tick's share: failures whose time has come are tried again.

use super::record;
use super::retry::push_again;
use crate::app::App;
use crate::push::target;
use domain::records::Failure;
use domain::time::{SignedDuration, Timestamp};
use domain::{Error, ProgramId};

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
    failures: Vec<Failure>,
    deadline: Timestamp,
) -> Result<(), Error> {
    let connection = match target::connection(app, Some(program)).await {
        Ok(connection) => connection,
        Err(Error::Caller(problem)) => {
            for failure in failures {
                // Whoever removed the app, removed what belongs to the program (R17).
                if failure.tries == 0 {
                    record::forget(app, program, failure.lead).await?;
                } else if record::of_lead(app, program, failure.lead).await?.is_some() {
                    let failure = Failure { problem: problem.clone(), next_try: None, ..failure };
                    record::write(app, &failure).await?;
                }
            }
            return Ok(());
        }
        Err(error) => return Err(error),
    };
    let pushed = push_again(app, &connection, &failures, deadline).await?;
    platform::log!("failures.tried_again", program = program, leads = pushed.len());
    Ok(())
}
