//! Leads that could not be registered and are not, or not only, in the ledger. Written by `registration` alone.

use crate::code::Problem;
use crate::ids::{LeadId, ProgramId};
use crate::time::Timestamp;
use serde::{Deserialize, Serialize};

/// A lead whose push failed: one that the tick tries again, or one that never came as far as the ledger, which is kept
/// by address. Or a lead that came alone, by the webhook, and whose push has begun: should the process die, the tick
/// finds it by this. Who the lead is, Marketo knows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failure {
    /// Record version.
    pub v: u32,
    /// The program.
    pub program: ProgramId,
    /// The lead.
    pub lead: LeadId,
    /// The flow step's choice: a webinar id, or `None` for the program's own webinar.
    pub choice: Option<String>,
    /// Why.
    pub problem: Problem,
    /// When it failed first.
    pub since: Timestamp,
    /// How often it was tried to an end; 0 while the first try is under way.
    pub tries: u32,
    /// When the tick tries again; `None` when it does not.
    pub next_try: Option<Timestamp>,
    /// Whether nobody knows yet that its status is Registered, so that Marketo has to be asked (R7).
    #[serde(default)]
    pub asks: bool,
}

impl Failure {
    /// Whether somebody is at its first try just now. After that time whoever was is dead.
    pub fn is_under_way(&self, now: Timestamp) -> bool {
        self.tries == 0 && self.next_try.is_some_and(|at| now < at)
    }
}
