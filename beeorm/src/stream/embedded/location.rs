use std::{
    fs::{File, OpenOptions, TryLockError},
    path::PathBuf,
};

/// Where a store is: what stands behind `embedded://`.
pub(super) enum Location<'u> {
    Memory,
    File(&'u str),
}

impl<'u> Location<'u> {
    pub(super) fn of(url: &'u str) -> Result<Self, String> {
        match url.strip_prefix("embedded://") {
            Some("memory") => Ok(Self::Memory),
            Some(path) if !path.is_empty() && !path.contains('?') => Ok(Self::File(path)),
            _ => Err(
                "write embedded://memory, embedded://path/of/file or embedded:///absolute/path"
                    .to_owned(),
            ),
        }
    }

    /// The database's URL.
    pub(super) fn database(&self) -> String {
        match self {
            Self::Memory => "sqlite://memory".to_owned(),
            Self::File(path) => format!("sqlite://{path}"),
        }
    }

    /// Takes the file for this pool alone, for as long as the lock is kept.
    pub(super) fn lock(&self) -> Result<Option<File>, String> {
        let Self::File(path) = self else {
            return Ok(None);
        };
        // As the database spells its file, so that there is one lock for one file.
        let path = PathBuf::from(format!("{}.lock", crate::database::sqlite::decode(path)));
        let failed = |error| {
            format!(
                "the lock file {} cannot be made: {error}; its folder has to be there, and this program needs the right to write to it",
                path.display()
            )
        };
        let file = OpenOptions::new()
            .create(true)
            .truncate(false)
            .write(true)
            .open(&path)
            .map_err(failed)?;
        match file.try_lock() {
            Ok(()) => Ok(Some(file)),
            Err(TryLockError::Error(error)) => Err(failed(error)),
            Err(TryLockError::WouldBlock) => Err(format!(
                "another process, or another pool of this one, has the embedded stream open (it holds {}): an \
                 embedded stream serves one pool at a time; close the other one, or use a Redis server",
                path.display()
            )),
        }
    }
}
