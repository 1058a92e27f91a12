//! What Marketo will not do because of the steps of a program's channel, in words (R16).

use domain::records::ProgramConnection;
use domain::status::{Meaning, StatusChange};
use domain::webinar::RegistrationMode;

/// Returns a sentence for each change of status that the channel's steps make impossible.
pub(crate) fn warnings(connection: &ProgramConnection) -> Vec<String> {
    let is_manual = connection.snapshot.registration == RegistrationMode::Manual;
    let needs_approval = |change: &StatusChange| change.from == Meaning::Pending || change.to == Meaning::Pending;
    let impossible = connection.impossible_changes().filter(|change| is_manual || !needs_approval(change));
    // Cancelled and denied may be one status.
    let mut warnings: Vec<_> = impossible.filter_map(|change| warning(connection, change)).collect();
    warnings.dedup();
    warnings
}

fn warning(connection: &ProgramConnection, StatusChange { from, to }: StatusChange) -> Option<String> {
    let (before, after) = (connection.status_for(from)?, connection.status_for(to)?);
    let who = match (from, to) {
        (Meaning::NoShow, _) => "people who turn out later to have attended keep",
        (Meaning::RegistrationError, _) => "people who are registered at a later attempt keep",
        (Meaning::Pending, _) => "people whom the host approves keep",
        (_, Meaning::Attended) => "people who attended keep",
        (_, Meaning::NoShow) => "registered people who did not attend keep",
        (_, Meaning::RegistrationError) => "people who cannot be registered keep",
        (_, Meaning::Pending) => "people who wait for the host's approval keep",
        _ => "people whose registration is cancelled or denied keep",
    };
    Some(format!(
        "\u{201c}{after}\u{201d} has a lower step ({to_step}) than \u{201c}{before}\u{201d} ({from_step}), and Marketo moves people \
         to equal or higher steps only: {who} \u{201c}{before}\u{201d}.",
        after = after.name,
        to_step = after.step,
        before = before.name,
        from_step = before.step,
    ))
}
