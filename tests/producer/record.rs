use std::{
    fs::File,
    io::{self, Write},
    sync::Mutex,
};

use beeorm_tests::record::Line;

/// The producer's record: each line is with the system before the call returns, so that a kill takes none of them.
#[derive(Debug)]
pub(crate) struct Record(Mutex<File>);

impl Record {
    pub(crate) fn create(path: &str) -> io::Result<Self> {
        Ok(Self(Mutex::new(File::create_new(path)?)))
    }

    pub(crate) fn write(&self, line: &Line) -> io::Result<()> {
        let mut bytes = serde_json::to_vec(line)?;
        bytes.push(b'\n');
        let mut file = self
            .0
            .lock()
            .map_err(|_| io::Error::other("a task has panicked"))?;
        file.write_all(&bytes)
    }
}
