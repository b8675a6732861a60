use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io;
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

/// The segments' files, each named by its number: the higher, the newer.
#[derive(Debug)]
pub(super) struct Directory(PathBuf);

impl Directory {
    pub(super) fn new(path: &Path) -> Directory {
        Directory(path.to_owned())
    }

    /// The segments' numbers and octets, the oldest first. No directory has none.
    pub(super) fn segments(&self) -> io::Result<Vec<(u64, u64)>> {
        let mut segments = Vec::new();
        let entries = match fs::read_dir(&self.0) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(segments),
            entries => entries?,
        };
        for entry in entries {
            let entry = entry?;
            let name = entry.file_name();
            let number = name.to_str().and_then(|name| name.strip_suffix(SUFFIX)?.parse().ok());
            // One that is gone meanwhile has no length.
            if let (Some(number), Ok(metadata)) = (number, entry.metadata()) {
                segments.push((number, metadata.len()));
            }
        }
        segments.sort_unstable();
        Ok(segments)
    }

    pub(super) fn octets(&self) -> io::Result<u64> {
        Ok(self.segments()?.iter().map(|(_, octets)| octets).sum())
    }

    /// Makes a segment that is newer than all, and locks it: whoever finds a lock knows that its
    /// writer lives. The directory is made where it is absent (0700).
    pub(super) fn create(&self) -> io::Result<(u64, File)> {
        DirBuilder::new().recursive(true).mode(0o700).create(&self.0)?;
        let newest = self.segments()?.last().map_or(0, |(number, _)| *number);
        for number in newest + 1..newest + 1 + MAX_ATTEMPTS {
            let mut options = OpenOptions::new();
            match options.append(true).create_new(true).mode(0o600).open(self.path(number)) {
                Ok(file) if file.try_lock().is_ok() => return Ok((number, file)),
                // Another process was quicker: to make it, or to find it without a lock.
                Ok(_) => {}
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                Err(error) => return Err(error),
            }
        }
        Err(io::Error::other("another process makes segments of the same spool without end"))
    }

    pub(super) fn open_segment(&self, number: u64) -> io::Result<File> {
        File::open(self.path(number))
    }

    /// One that is gone already is removed.
    pub(super) fn remove(&self, number: u64) -> io::Result<()> {
        match fs::remove_file(self.path(number)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        }
    }

    fn path(&self, number: u64) -> PathBuf {
        self.0.join(format!("{number:020}{SUFFIX}"))
    }
}

const SUFFIX: &str = ".verdicts";

const MAX_ATTEMPTS: u64 = 16;
