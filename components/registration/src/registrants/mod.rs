//! What Zoom says of the registrants of a webinar (R18).
//!
//! | module | content |
//! |---|---|
//! | [`standing`] | the standing of one person: approved, pending, denied, or gone |
//! | [`lookup`] | the lists of registrants, by address and by registrant id |
//! | [`read`] | reads the standing of a few people, one by one or from the lists |

pub mod lookup;
pub mod read;
pub mod standing;

pub use lookup::RegistrantLookup;
pub use read::{Asked, read_standings};
pub use standing::Standing;
