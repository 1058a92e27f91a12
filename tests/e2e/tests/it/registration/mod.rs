//! Registration: every lead that becomes Registered is in Zoom exactly once, with its link back in Marketo.

mod any_body;
mod approval;
mod extension;
mod kills;
mod outcomes;
mod scale;
