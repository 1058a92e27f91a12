//! The console and the fakes in a real browser.
//!
//! The browser is Chromium (Debian's package `chromium`, or the program that the variable `CHROMIUM` names). Without
//! one these tests print that they are skipped; with `CI` set they fail. `SCREENSHOTS=docs/screenshots cargo test -p
//! e2e browser::main_path` takes the README's screenshots.

mod backup;
mod check_connection;
mod chromium;
mod console;
mod console_session;
mod failures_and_traces;
mod fakes_pages;
mod keyboard;
mod lead_partition;
mod main_path;
mod member_fields;
mod page_checks;
mod page_weight;
mod reconcile;
mod statuses;
mod switches;
mod views;
mod zoom_accounts;
