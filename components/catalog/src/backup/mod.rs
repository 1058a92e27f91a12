//! Backups: what admins chose, which neither Zoom nor Marketo can give back. Services without their tokens, connections
//! with their settings. The ticks after an import rebuild the rest.
//!
//! | module | content |
//! |---|---|
//! | `export` | makes a backup |
//! | `import` | restores what is missing from one |

pub(crate) mod export;
pub(crate) mod import;

use domain::time::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// The version of the backup's own form. The records in it have their own.
const VERSION: u32 = 1;

/// A backup. The records are as the store has them, so that a newer build upgrades them.
#[derive(Serialize, Deserialize)]
pub(crate) struct Backup {
    v: u32,
    #[serde(default)]
    exported_at: Option<Timestamp>,
    #[serde(default)]
    services: Vec<Value>,
    #[serde(default)]
    programs: Vec<Value>,
}
