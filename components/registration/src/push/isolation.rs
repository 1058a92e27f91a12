//! An extension that traps takes the whole instance down, and with it everything that the instance was at: a composed
//! component shares its caller's store. So when a chunk is worked on again, each of its leads is put to the extension
//! alone, and who it is is written down before. The lead during whose question the process dies again and again is the
//! one; the others go on without it.

use super::batch::Open;
use super::outcome::Settled;
use super::register::Push;
use domain::records::{OutboxId, QuestionedKey, VERSION};
use domain::{Code, Error, Problem};

/// So many deaths make a lead the cause. One may be chance: the process was killed in that very moment.
const DEATHS: usize = 2;

/// Puts open candidates to the extension, one by one. Those on whom it traps are settled; the others come back.
pub async fn question<'c>(
    push: &Push<'_>,
    outbox: &OutboxId,
    open: Vec<Open<'c>>,
    settled: &mut [Settled],
) -> Result<Vec<Open<'c>>, Error> {
    let store = push.app.ports.store();
    let key = QuestionedKey { outbox: outbox.clone() };
    let mut questioned = store.get(&key).await?.unwrap_or_default();
    questioned.v = VERSION;
    questioned.died.extend(questioned.now.take());
    let mut fine = Vec::new();
    for open in open {
        let lead = open.candidate.lead;
        if questioned.died.iter().filter(|&&died| died == lead).count() >= DEATHS {
            platform::log!("mapping.traps", outbox = outbox, lead = lead);
            let problem = Problem::because(Code::MappingRejected, "The mapping breaks down on this person's fields.");
            settled[open.index] = push.fail_for_good(open.candidate, problem, open.adds).await?;
            continue;
        }
        questioned.now = Some(lead);
        store.put(&key, &questioned).await?;
        // What it answers is asked for again when the lead's turn comes; now it only matters that it answers.
        drop(push.map(open.candidate));
        fine.push(open);
    }
    questioned.now = None;
    store.put(&key, &questioned).await?;
    Ok(fine)
}
