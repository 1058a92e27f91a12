//! Installs a flow step service, as Marketo does for an administrator: fetches its description, definition, status and
//! picklists, and checks each against Adobe's interface.

mod definition;
pub(super) mod installer;
mod openapi;
mod picklist;
pub(super) mod report;

pub use report::InstallReport;
