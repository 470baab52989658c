//! What tells that a file has changed, without its being read.

use std::{
    fs::{self, Metadata},
    path::Path,
    time::SystemTime,
};

/// What a file was like at one moment.
///
/// The time of writing is anybody's to set, and a copy may keep it, so that another key may come with the time and
/// the length of the one before. Where the system keeps them, its own time of the last change is looked at, too, which
/// also tells that a file was given another owner or mode, and which file it is.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Stamp {
    modified: SystemTime,
    len: u64,
    changed: Changed,
}

/// The last change of a file's data, owner or mode, and the file itself.
#[cfg(unix)]
type Changed = [i128; 4];
#[cfg(not(unix))]
type Changed = ();

impl Stamp {
    /// Looks at a file; `None` if it cannot be asked.
    pub(super) fn of(path: &Path) -> Option<Self> {
        let file = fs::metadata(path).ok()?;
        Some(Self {
            modified: file.modified().ok()?,
            len: file.len(),
            changed: changed(&file),
        })
    }
}

#[cfg(unix)]
fn changed(file: &Metadata) -> Changed {
    use std::os::unix::fs::MetadataExt as _;

    [
        file.ctime().into(),
        file.ctime_nsec().into(),
        file.dev().into(),
        file.ino().into(),
    ]
}

#[cfg(not(unix))]
fn changed(_: &Metadata) -> Changed {}
