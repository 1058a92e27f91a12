//! Collects the outcomes of chunks of one program that run at the same time, and writes them to Marketo together: Marketo
//! limits the calls, and one call takes 300 members.
//!
//! Each chunk announces its program when it begins. When it has its outcomes, it waits for the other announced chunks, for
//! a bounded time; then one of the waiting chunks writes the outcomes of all.

use crate::outcome::LeadOutcome;
use crate::registering::write_back::write_back;
use domain::records::ProgramConnection;
use domain::time::SignedDuration;
use domain::{LeadId, ProgramId};
use marketo_client::{BATCH, MarketoClient, MarketoError};
use platform::Ports;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// How long outcomes wait for those of other chunks.
const MAX_WAIT: SignedDuration = SignedDuration::from_secs(2);

/// How often a chunk looks for its turn. On Spin, a request cannot wait for another request of its instance.
const POLL_INTERVAL: SignedDuration = SignedDuration::from_millis(50);

/// The outcomes of one chunk, by lead.
type Outcomes = Vec<(LeadId, LeadOutcome)>;

/// The leads that Marketo no longer has, of all outcomes that were written together.
type Written = Result<BTreeSet<LeadId>, MarketoError>;

/// The queues of an instance, by program.
#[derive(Debug, Default, Clone)]
pub struct WriteBackQueues(Arc<Mutex<BTreeMap<ProgramId, Queue>>>);

/// The chunks of one program.
#[derive(Debug, Default)]
struct Queue {
    /// Number of chunks that are announced and have no outcomes yet.
    announced: usize,
    /// Whether a chunk writes the outcomes of others.
    is_writing: bool,
    /// The tickets of chunks that wait for their outcomes to be written.
    owners: BTreeSet<u64>,
    /// The outcomes that wait, by ticket.
    waiting: BTreeMap<u64, Outcomes>,
    /// The results of written outcomes whose chunks have not seen them yet.
    written: BTreeMap<u64, Written>,
    last_ticket: u64,
}

impl Queue {
    fn is_unused(&self) -> bool {
        self.announced == 0 && !self.is_writing && self.owners.is_empty()
    }

    /// Takes waiting outcomes for one write, the oldest first: at most a batch, but at least those of one chunk.
    fn take_batch(&mut self) -> BTreeMap<u64, Outcomes> {
        let (mut batch, mut leads) = (BTreeMap::new(), 0);
        while let Some(entry) = self.waiting.first_entry() {
            leads += entry.get().len();
            if !batch.is_empty() && leads > BATCH {
                break;
            }
            let (ticket, outcomes) = entry.remove_entry();
            batch.insert(ticket, outcomes);
        }
        batch
    }
}

impl WriteBackQueues {
    /// Announces a chunk of a program that will have outcomes.
    pub fn announce(&self, program: ProgramId) -> AnnouncedChunk {
        self.with(program, |queue| queue.announced += 1);
        AnnouncedChunk { queues: self.clone(), program, ticket: None }
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<ProgramId, Queue>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn with<T>(&self, program: ProgramId, change: impl FnOnce(&mut Queue) -> T) -> T {
        let mut queues = self.lock();
        let queue = queues.entry(program).or_default();
        let changed = change(queue);
        if queue.is_unused() {
            queues.remove(&program);
        }
        changed
    }
}

/// A chunk that is announced, until it is dropped.
#[derive(Debug)]
pub struct AnnouncedChunk {
    queues: WriteBackQueues,
    program: ProgramId,
    /// The ticket of its outcomes.
    ticket: Option<u64>,
}

/// What a waiting chunk does next.
enum Turn {
    Wait,
    Write(Batch),
    Done(Written),
}

impl AnnouncedChunk {
    /// Writes the chunk's outcomes, with those of other chunks. Returns the leads that Marketo no longer has.
    ///
    /// # Errors
    /// Marketo failed. The error is that of all chunks whose outcomes were written together.
    pub async fn write(
        mut self,
        ports: &Ports,
        marketo: &MarketoClient,
        connection: &ProgramConnection,
        outcomes: Outcomes,
    ) -> Written {
        if outcomes.is_empty() {
            return Ok(BTreeSet::new());
        }
        let ticket = self.queues.with(self.program, |queue| {
            queue.announced -= 1;
            queue.last_ticket += 1;
            queue.owners.insert(queue.last_ticket);
            queue.waiting.insert(queue.last_ticket, outcomes);
            queue.last_ticket
        });
        self.ticket = Some(ticket);
        let patient_until = ports.clock.now() + MAX_WAIT;
        loop {
            match self.turn(ticket, ports.clock.now() >= patient_until) {
                Turn::Done(result) => return result,
                Turn::Write(batch) => batch.write(marketo, connection).await,
                Turn::Wait => ports.clock.sleep(POLL_INTERVAL).await,
            }
        }
    }

    fn turn(&self, ticket: u64, is_impatient: bool) -> Turn {
        self.queues.with(self.program, |queue| {
            if let Some(result) = queue.written.remove(&ticket) {
                return Turn::Done(result);
            }
            let is_full = || queue.waiting.values().map(Vec::len).sum::<usize>() >= BATCH;
            if queue.is_writing || !(is_impatient || queue.announced == 0 || is_full()) {
                return Turn::Wait;
            }
            queue.is_writing = true;
            let outcomes = queue.take_batch();
            Turn::Write(Batch { queues: self.queues.clone(), program: self.program, outcomes })
        })
    }
}

impl Drop for AnnouncedChunk {
    /// A chunk whose run ends early waits for nothing and is waited for by nobody.
    fn drop(&mut self) {
        self.queues.with(self.program, |queue| match self.ticket {
            None => queue.announced -= 1,
            Some(ticket) => {
                queue.owners.remove(&ticket);
                queue.waiting.remove(&ticket);
                queue.written.remove(&ticket);
            }
        });
    }
}

/// Outcomes that are written together.
struct Batch {
    queues: WriteBackQueues,
    program: ProgramId,
    outcomes: BTreeMap<u64, Outcomes>,
}

impl Batch {
    async fn write(mut self, marketo: &MarketoClient, connection: &ProgramConnection) {
        let outcomes: Vec<_> = self.outcomes.values().flatten().map(|(lead, outcome)| (*lead, outcome)).collect();
        let result = write_back(marketo, connection, &outcomes).await;
        let tickets = std::mem::take(&mut self.outcomes).into_keys();
        self.queues.with(self.program, |queue| {
            for ticket in tickets.filter(|ticket| queue.owners.contains(ticket)) {
                queue.written.insert(ticket, result.clone());
            }
        });
    }
}

impl Drop for Batch {
    /// If the run of the writing chunk ends early, the outcomes of the others wait for another one.
    fn drop(&mut self) {
        let outcomes = std::mem::take(&mut self.outcomes);
        self.queues.with(self.program, |queue| {
            queue.is_writing = false;
            queue.waiting.extend(outcomes.into_iter().filter(|(ticket, _)| queue.owners.contains(ticket)));
        });
    }
}
