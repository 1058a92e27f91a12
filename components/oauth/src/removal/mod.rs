//! Removal of services: one that an admin deletes here, and all of an account that removed the app (R17).

pub(crate) mod confirmation;
pub(crate) mod deauthorization;
pub(crate) mod deletion;
mod end;
mod forget_account;
