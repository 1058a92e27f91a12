//! The statuses of a program's channel that belong to registration (R21).

use domain::records::ProgramConnection;
use domain::status::{Channel, Meaning, ProgressionStatus, StatusMapping, is_same_name};

/// Returns what a status means to registration; `None` for one that registration neither sets nor replaces, such as
/// Attended.
pub fn meaning_of(mapping: &StatusMapping, status: &str) -> Option<Meaning> {
    use Meaning::{Cancelled, Denied, Pending, Registered, RegistrationError};
    let meaning = mapping.meaning_of(status)?;
    matches!(meaning, Registered | Pending | RegistrationError | Cancelled | Denied).then_some(meaning)
}

/// Returns the statuses of a channel that belong to registration.
pub fn of_registration(connection: &ProgramConnection) -> Vec<&ProgressionStatus> {
    let mapping = connection.mapping();
    connection.channel.statuses.iter().filter(|status| meaning_of(&mapping, &status.name).is_some()).collect()
}

/// Returns whether Marketo moves a member from a status to another one: to an equal or higher step only (R16).
pub fn can_move(channel: &Channel, from: &str, to: &ProgressionStatus) -> bool {
    let from = channel.statuses.iter().find(|status| is_same_name(&status.name, from));
    from.is_none_or(|from| from.step <= to.step)
}
