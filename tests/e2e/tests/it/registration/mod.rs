//! Registration: each lead with the status Registered is in Zoom exactly once, with its link in Marketo.

mod approval;
mod copy_zoom_registrations;
mod crash_recovery;
mod extension;
mod following;
mod fuzzing;
mod lead_fields;
mod outcomes;
mod scale;
mod status_changes;
