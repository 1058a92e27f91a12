//! The component `catalog`: offered webinars, program connections, and My Tokens.
//!
//! | module | contents |
//! |---|---|
//! | `backup` | export and import |
//! | `listing` | the webinars that are offered (R3) |
//! | `scale` | 21 users with 300 webinars each |
//! | `connecting` | connecting programs, and the reasons against it (R5, R6) |
//! | `unconnected` | programs that were never connected (R15) |
//! | `my_tokens` | the webinar in Marketo (R4) |
//! | `webinar_changes` | changes in Zoom (R4, R13) |
//! | `flow_step_interface` | Adobe's flow step interface |
//! | `support` | shared helpers |

mod backup;
mod connecting;
mod flow_step_interface;
mod listing;
mod my_tokens;
mod scale;
mod support;
mod unconnected;
mod webinar_changes;
