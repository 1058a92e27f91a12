//! A headless Chromium, driven as a person would: by accessible roles and names, mouse and keys.
//!
//! The tests talk to it in the browser's debugging protocol over a pair of pipes. A `WebDriver` library would need a
//! second program beside the browser, and gives no access to the browser's log or its accessibility tree. A library for
//! the whole protocol takes minutes to compile. These tests need a dozen calls, in JSON.
//!
//! | module | contents |
//! |---|---|
//! | `process` | finding and starting the browser |
//! | `pipe` | calls and events |
//! | `tab` | navigation, waiting, screenshots |
//! | `keys` | keyboard input |
//! | `element` | locators, clicking, filling in |
//! | `record` | errors and requests of a page |

mod element;
mod keys;
mod pipe;
mod process;
mod record;
mod tab;

pub use element::Locator;
pub use keys::Key;
pub use process::Chromium;
pub use tab::Tab;
