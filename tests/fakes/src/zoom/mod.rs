//! The fake Zoom: sign-in, the webinar and report APIs, events and rate limits.
//!
//! [`Zoom`] is both the running server and its test handle. Each method of the handle is also a control call under
//! `/_control/`; `control/mod.rs` lists them.

mod api;
mod api_error;
mod control;
mod events;
mod fake;
mod format;
mod handle;
mod oauth;
mod options;
mod pages;
mod server;
mod state;

pub use events::event::EventDelivery;
pub use fake::Zoom;
pub use handle::app::EventSettings;
pub use handle::sessions::{Joining, StartedSession};
pub use options::{
    ACCOUNT, ADMIN, CLIENT_ID, CLIENT_SECRET, EVENTS, Options, Plan, REPORT_SCOPES, ReportTiming, SCOPES,
    WEBHOOK_SECRET,
};
pub use state::accounts::{Account, NewUser, User, UserChange};
pub use state::authorizations::{Decision, DisabledBy, SignIn};
pub use state::registrant::{CustomAnswer, NewRegistrant, Registrant, RegistrantStatus};
pub use state::session::{Attendance, HeldSession, Person, Presence, Session};
pub use state::webinar::{CustomQuestion, NewWebinar, Panelist, Question, Webinar, WebinarChange};
