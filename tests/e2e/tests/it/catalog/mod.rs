//! The component `catalog`: the webinars on offer, program connections, and what Marketo shows of them.
//!
//! | module | what it shows |
//! |---|---|
//! | `listing` | which webinars are on offer (R3) |
//! | `scale` | 21 users with 300 webinars each |
//! | `connecting` | connecting programs, and what hinders it (R5, R6) |
//! | `unconnected` | programs that were never connected here (R15) |
//! | `my_tokens` | what Marketo shows of a webinar (R4) |
//! | `following` | changes in Zoom (R4, R13) |
//! | `interface` | Adobe's flow step interface |
//! | `people` | what all of these share |

mod connecting;
mod following;
mod interface;
mod listing;
mod my_tokens;
mod people;
mod scale;
mod unconnected;
