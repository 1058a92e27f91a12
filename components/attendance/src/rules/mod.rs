//! The rules of attendance, without calls and records. Pure.
//!
//! | module | contents |
//! |---|---|
//! | [`sessions`] | which sessions of a webinar count (R13) |
//! | [`no_show`] | when people may be set to No Show (R19) |
//! | [`own_side`] | who belongs to the webinar's own side (R11) |

pub(crate) mod no_show;
pub(crate) mod own_side;
pub(crate) mod sessions;
