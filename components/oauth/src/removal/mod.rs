//! Removal of services: one that an admin deletes here, and all of an account that removed the app (R17).

mod account_sweep;
pub(crate) mod deauthorization;
pub(crate) mod deletion;
mod end;
