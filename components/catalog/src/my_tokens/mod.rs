//! The My Tokens through which Marketo shows a program's webinar (R4, R5).

pub(crate) mod render;
pub(crate) mod sync;
