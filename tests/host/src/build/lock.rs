//! One process at a time: a lock on a file, given back when it is dropped or the process ends.

use std::fs::{self, File, TryLockError};
use std::io;
use std::path::Path;

/// An exclusive lock on a file. Several builds run at once when `cargo run` and `cargo test` are used side by side.
#[derive(Debug)]
pub(crate) struct FileLock {
    _file: File,
}

impl FileLock {
    /// Takes the lock on `path`, whose folder is made when missing. Calls `waiting` once if another process has it.
    ///
    /// # Errors
    /// When the file cannot be made or the file system has no locks.
    pub(crate) fn take(path: &Path, waiting: impl FnOnce()) -> io::Result<Self> {
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder)?;
        }
        let file = File::options().create(true).truncate(false).write(true).open(path)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                waiting();
                file.lock()?;
            }
            Err(TryLockError::Error(error)) => return Err(error),
        }
        Ok(Self { _file: file })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::mpsc;

    #[test]
    fn the_second_waits_until_the_first_lets_go() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("deeper/lock");
        let first = FileLock::take(&path, || panic!("nobody else has it")).unwrap();
        let (waits, waiting) = mpsc::channel();
        let (has, got) = mpsc::channel();
        let second = std::thread::spawn(move || {
            let lock = FileLock::take(&path, || waits.send(()).unwrap()).unwrap();
            has.send(()).unwrap();
            drop(lock);
        });
        waiting.recv().unwrap();
        assert!(got.try_recv().is_err());
        drop(first);
        got.recv().unwrap();
        second.join().unwrap();
    }
}
