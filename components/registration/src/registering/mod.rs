//! Registers leads in Zoom: the rules that the flow step, the webhook and the retries share.
//!
//! | module | content |
//! |---|---|
//! | [`leads`] | all leads of one program: their statuses and the webinars that they go to |
//! | [`eligibility`] | which leads are registered (R7, R8) |
//! | [`lead_fields`] | the fields of a lead, as Marketo sends them and as a retry reads them |
//! | [`known_fields`] | the fields that leads have in Marketo |
//! | [`target`] | the webinar of a lead, and the service that reaches it (R1, R3, R15) |
//! | [`batch`] | many leads to one webinar: the ledger first, then Zoom |
//! | [`attempt`] | the context of one attempt, and what the steps of a batch share |
//! | [`registrar`] | one lead: mapping, add call, ledger |
//! | [`daily_limit`] | at most 3 add calls per e-mail address and UTC day, over all connected webinars (R12) |
//! | [`verify`] | checks leads at Zoom that an earlier request registered (R18) |
//! | [`quarantine`] | excludes leads on which the mapping extension crashes |
//! | [`reapprove`] | approves denied and cancelled registrants again |
//! | [`cancel`] | cancels registrations in Zoom of leads who were cancelled in Marketo |
//! | [`write_back`] | writes join links and statuses to Marketo |
//! | [`single`] | one lead within a request |
//! | [`retry`] | retries failed leads |

pub mod attempt;
pub mod batch;
pub mod cancel;
pub mod daily_limit;
pub mod eligibility;
pub mod known_fields;
pub mod lead_fields;
pub mod leads;
pub mod quarantine;
pub mod reapprove;
pub mod registrar;
pub mod retry;
pub mod single;
pub mod target;
pub mod verify;
pub mod write_back;
