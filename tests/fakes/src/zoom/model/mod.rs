//! What the stand-in Zoom holds: accounts, people, webinars, registrants, sessions.

mod people;
mod registrant;
mod session;
mod state;
mod webinar;

pub use people::{Account, NewUser, User, UserChange};
pub use registrant::{CustomAnswer, NewRegistrant, Registrant, RegistrantStatus};
pub use session::{Attendance, HeldSession, Person, Presence, Session};
pub(crate) use state::{State, zoom_time};
pub use webinar::{CustomQuestion, NewWebinar, Panelist, Question, Webinar, WebinarChange};
