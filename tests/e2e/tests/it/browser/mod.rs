//! The console and the stand-ins in a real browser: what a person does and sees.
//!
//! The browser is Chromium (Debian's package `chromium`, or whatever the variable `CHROMIUM` names). Without one these
//! tests say that they are skipped; with `CI` set they fail. `SCREENSHOTS=docs/screenshots cargo test -p e2e
//! browser::main_path` makes the README's pictures anew.

mod axe;
mod checks;
mod chromium;
mod desk;
mod fields;
mod keyboard;
mod main_path;
mod people;
mod phone;
mod services;
mod signing_in;
mod stand_ins;
mod views;
mod weight;
