//! The choices of the flow step's attribute `webinar`.

pub(crate) mod choice;
pub(crate) mod load;
