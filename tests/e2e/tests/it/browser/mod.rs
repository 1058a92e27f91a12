//! The console and the stand-ins in a real browser: what a person does and sees.
//!
//! The browser is Chromium (Debian's package `chromium`, or whatever the variable `CHROMIUM` names). Without one these
//! tests say that they are skipped; with `CI` set they fail.

mod axe;
mod chromium;
mod desk;
mod signing_in;
mod stand_ins;
