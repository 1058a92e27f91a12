//! A headless Chromium, driven as a person would: by accessible roles and names, mouse and keys.
//!
//! The crate `chromiumoxide` starts the browser and speaks its debugging protocol. A `WebDriver` library would need a
//! second program beside the browser, and gives no access to the browser's log or its accessibility tree.
//!
//! | module | contents |
//! |---|---|
//! | `process` | starting the browser |
//! | `tab` | navigation, waiting, screenshots |
//! | `keys` | keyboard input |
//! | `element` | locators, clicking, filling in |
//! | `record` | errors and requests of a page |

mod element;
mod keys;
mod process;
mod record;
mod tab;

pub use element::Locator;
pub use keys::Key;
pub use process::Chromium;
pub use tab::Tab;
