//! Direct access to the state directory: Spin's `SQLite` file with its own table.

use rusqlite::{Connection, OpenFlags, params};
use serde_json::Value;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// The name that Spin uses.
const FILE: &str = "sqlite_key_value.db";

/// The label of the application's store.
const LABEL: &str = "default";

fn open(state: &Path, flags: OpenFlags) -> Connection {
    let connection = Connection::open_with_flags(state.join(FILE), flags).unwrap();
    connection.busy_timeout(Duration::from_secs(10)).unwrap();
    connection
}

/// Returns all entries.
pub fn stored(state: &Path) -> BTreeMap<String, Vec<u8>> {
    let connection = open(state, OpenFlags::SQLITE_OPEN_READ_ONLY);
    let mut query = connection.prepare("SELECT key, value FROM spin_key_value WHERE store = ?1").unwrap();
    let rows = query.query_map([LABEL], |row| Ok((row.get(0)?, row.get(1)?))).unwrap();
    rows.collect::<Result<_, _>>().unwrap()
}

/// Deletes a key directly in the file. Returns whether it existed.
pub fn delete(state: &Path, key: &str) -> bool {
    let connection = open(state, OpenFlags::SQLITE_OPEN_READ_WRITE);
    let query = "DELETE FROM spin_key_value WHERE store = ?1 AND key = ?2";
    connection.execute(query, params![LABEL, key]).unwrap() > 0
}

/// Changes an existing JSON value directly in the file.
pub fn change(state: &Path, key: &str, change: impl FnOnce(&mut Value)) {
    let connection = open(state, OpenFlags::SQLITE_OPEN_READ_WRITE);
    let query = "SELECT value FROM spin_key_value WHERE store = ?1 AND key = ?2";
    let bytes: Vec<u8> = connection.query_row(query, params![LABEL, key], |row| row.get(0)).unwrap();
    let mut value = serde_json::from_slice(&bytes).unwrap();
    change(&mut value);
    let query = "UPDATE spin_key_value SET value = ?3 WHERE store = ?1 AND key = ?2";
    connection.execute(query, params![LABEL, key, serde_json::to_vec(&value).unwrap()]).unwrap();
}

/// Returns all files below a folder with their contents.
pub fn files(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut files = BTreeMap::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files.append(&mut self::files(&path));
        } else {
            let bytes = std::fs::read(&path).unwrap();
            files.insert(path, bytes);
        }
    }
    files
}
