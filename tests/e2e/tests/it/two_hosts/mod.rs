//! Two hosts on one Redis, as two machines in production: whatever both do at once has one effect, and nothing is lost.

mod attendance;
mod indexes;
mod registrations;
mod support;
mod ticks;
mod tokens;
