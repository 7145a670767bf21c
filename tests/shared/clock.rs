//! A clock that can be stepped, given to a process that is started (`tests/clock`).

use std::{
    fs::{self, File},
    io,
    os::unix::fs::FileExt,
    path::{Path, PathBuf},
};

/// What cargo calls the library, which it puts beside the programs.
const LIBRARY: &str = "libbeeorm_test_clock.so";

/// The clock of one process or several: a file that says by how much it is stepped.
#[derive(Debug)]
pub struct Clock {
    file: File,
    path: PathBuf,
}

impl Clock {
    /// Makes one that is right.
    ///
    /// # Errors
    ///
    /// The file cannot be made.
    pub fn new(path: &Path) -> io::Result<Self> {
        let file = File::create_new(path)?;
        let clock = Self {
            file,
            path: path.to_owned(),
        };
        clock.step_to(0)?;
        Ok(clock)
    }

    /// Has it say what the right time is and so many seconds more, at once, in every process that has it.
    ///
    /// # Errors
    ///
    /// The file cannot be written.
    pub fn step_to(&self, seconds: i64) -> io::Result<()> {
        self.file.write_all_at(&seconds.to_ne_bytes(), 0)
    }

    /// Whether this process has it.
    ///
    /// # Errors
    ///
    /// It has ended, or is somebody else's.
    pub fn is_of(&self, process: u32) -> io::Result<bool> {
        let maps = fs::read_to_string(format!("/proc/{process}/maps"))?;
        Ok(maps.contains(&self.path.display().to_string()))
    }

    /// The environment of a process that has it.
    ///
    /// # Errors
    ///
    /// The library is not beside this program: it was not built, or this is no Linux.
    pub fn environment(path: &Path) -> io::Result<[(&'static str, PathBuf); 2]> {
        let library = std::env::current_exe()?.with_file_name(LIBRARY);
        if !library.is_file() {
            return Err(io::Error::new(
                io::ErrorKind::NotFound,
                format!("{} was not built", library.display()),
            ));
        }
        Ok([
            ("LD_PRELOAD", library),
            ("BEEORM_TEST_CLOCK", path.to_owned()),
        ])
    }
}
