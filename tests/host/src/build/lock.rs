//! A file lock for mutual exclusion between processes. It is released when it is dropped or the process ends.

use std::fs::{self, File, TryLockError};
use std::io;
use std::path::Path;

/// An exclusive lock on a file. Builds run concurrently when you use `cargo run` and `cargo test` at the same time.
#[derive(Debug)]
pub(crate) struct FileLock {
    _file: File,
}

impl FileLock {
    /// Acquires the lock on `path` and creates its folder if it is missing. Calls `waiting` once if another process has
    /// the lock.
    ///
    /// # Errors
    /// The file can't be created, or the file system does not support locks.
    pub(crate) fn acquire(path: &Path, waiting: impl FnOnce()) -> io::Result<Self> {
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
    fn waits_until_the_lock_is_released() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("deeper/lock");
        let first = FileLock::acquire(&path, || panic!("the lock is free")).unwrap();
        let (waits, waiting) = mpsc::channel();
        let (has, got) = mpsc::channel();
        let second = std::thread::spawn(move || {
            let lock = FileLock::acquire(&path, || waits.send(()).unwrap()).unwrap();
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
