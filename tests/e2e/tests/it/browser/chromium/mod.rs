//! Chromium, headless, driven as a person drives it: by the roles and names that a screen reader tells, with mouse and
//! keys.
//!
//! It is spoken to in the Chrome DevTools Protocol over a pair of pipes. A WebDriver library would need a second program
//! beside the browser, and tells neither the browser's own log nor its accessibility tree; the library with bindings for
//! the whole protocol takes minutes to compile. What is needed of it is a dozen calls, in JSON.
//!
//! | module | what it holds |
//! |---|---|
//! | `process` | finding and starting the browser |
//! | `pipe` | calls and events |
//! | `tab` | a tab: going somewhere, waiting for what it shows, pictures |
//! | `element` | finding by role and name, clicking, filling in |
//! | `keys` | the keyboard |
//! | `record` | what went wrong on a page, and what it loaded |

mod element;
mod keys;
mod pipe;
mod process;
mod record;
mod tab;

pub use element::{Element, Wanted};
pub use keys::Key;
pub use process::Chromium;
pub use tab::Tab;
