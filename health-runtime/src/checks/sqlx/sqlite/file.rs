//! The database's file and its file system.

use std::path::Path;
use std::{fs, io};

use crate::BoxError;
use crate::checks::file_system::Looks;

const GONE: &str = "the database file is gone from its path: it was removed or moved";
#[cfg(target_os = "linux")]
const REPLACED: &str = "another file is at the path of the database; the service still uses the old one";

/// Identifies a file: the numbers of its device and its inode.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct FileId(#[cfg(target_os = "linux")] u64, #[cfg(target_os = "linux")] u64);

/// What a look has found.
#[derive(Clone, Debug)]
pub(super) struct Found {
    /// The file at the path. The database has this file open.
    pub(super) file: Option<FileId>,
    pub(super) is_read_only: bool,
    pub(super) is_full: bool,
}

/// The path, and the file that an earlier look found there. The result depends on both, because two pools with the same
/// path may have different files open.
type Key = (String, Option<FileId>);

static LOOKS: Looks<Key, Found> = Looks::new("the file system of the database");

/// Looks at the database's file, or waits for the look that is in flight. `known` is the file that an earlier look
/// found.
pub(super) async fn look(path: String, known: Option<FileId>) -> Result<Found, BoxError> {
    let file = path.clone();
    LOOKS.look((path, known), move || find(Path::new(&file), known)).await
}

fn find(path: &Path, known: Option<FileId>) -> Result<Found, BoxError> {
    let there = match fs::metadata(path) {
        Ok(there) => there,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Err(GONE.into()),
        Err(error) => return Err(format!("cannot read the metadata of the database file: {error}").into()),
    };
    let file = open_file(path, &there, known)?;
    let (is_read_only, is_full) = room(path, &there)?;
    Ok(Found {
        file,
        is_read_only,
        is_full,
    })
}

/// Compares the file at the path with the files that the process has open. An open file keeps its numbers, so while
/// they stay the same there is no need to read the descriptors again.
#[cfg(target_os = "linux")]
fn open_file(path: &Path, there: &fs::Metadata, known: Option<FileId>) -> Result<Option<FileId>, BoxError> {
    use std::os::unix::ffi::OsStrExt as _;

    let file = FileId::of(there);
    if known == Some(file) {
        return Ok(known);
    }
    let Ok(descriptors) = fs::read_dir("/proc/self/fd") else {
        return Ok(None); // without `/proc`, it is enough that the file exists
    };
    let deleted = [path.as_os_str().as_bytes(), b" (deleted)"].concat();
    let (mut is_open, mut is_other_open) = (false, false);
    for descriptor in descriptors.filter_map(Result::ok).map(|entry| entry.path()) {
        let Ok(target) = fs::read_link(&descriptor) else {
            continue; // closed in the meantime
        };
        if target == path {
            is_open = true;
        } else if target.as_os_str().as_bytes() == deleted {
            is_other_open |= !target.exists(); // a file may really have this name
        } else if known.is_some() && target.is_absolute() {
            // The file that was at the path before may have another name now.
            let moved = fs::metadata(&descriptor).map(|open| FileId::of(&open));
            is_other_open |= moved.is_ok_and(|moved| known == Some(moved));
        }
    }
    if is_open && !is_other_open {
        Ok(Some(file))
    } else {
        Err(REPLACED.into())
    }
}

#[cfg(target_os = "linux")]
impl FileId {
    fn of(file: &fs::Metadata) -> Self {
        use std::os::unix::fs::MetadataExt as _;
        Self(file.dev(), file.ino())
    }
}

#[cfg(not(target_os = "linux"))]
fn open_file(_: &Path, _: &fs::Metadata, _: Option<FileId>) -> Result<Option<FileId>, BoxError> {
    Ok(None)
}

/// Whether the file system is read-only, and whether it is full.
#[cfg(unix)]
fn room(path: &Path, there: &fs::Metadata) -> io::Result<(bool, bool)> {
    let room = crate::checks::file_system::Room::of(path, there)?;
    let is_root = nix::unistd::geteuid().is_root(); // root may use the reserved blocks
    let free = if is_root {
        room.free_blocks
    } else {
        room.available_blocks
    };
    // The journal of the smallest transaction needs 4 blocks. Some file systems report neither a size nor free blocks.
    let is_full = room.blocks > 0 && free < 4;
    Ok((room.is_read_only, is_full))
}

#[cfg(not(unix))]
fn room(_: &Path, _: &fs::Metadata) -> io::Result<(bool, bool)> {
    Ok((false, false))
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use std::sync::mpsc;

    use futures_util::FutureExt as _;

    use super::*;

    const FOUND: Found = Found {
        file: None,
        is_read_only: false,
        is_full: false,
    };

    /// A pool that has the new file open finds it. A pool that still has the old one must not take over this answer.
    #[tokio::test]
    async fn pools_that_know_different_files_do_not_share_a_lookup() {
        let (answers, hangs) = mpsc::channel::<()>();
        let finds_new = move || {
            hangs.recv().expect("the test sends in the end");
            Ok(FOUND)
        };
        let knows = |file| ("/replaced".to_owned(), Some(FileId(1, file)));
        let mut new = Box::pin(LOOKS.look(knows(2), finds_new));
        assert!(new.as_mut().now_or_never().is_none());
        let replaced = LOOKS.look(knows(1), || Err(REPLACED.into())).await;
        assert_eq!(replaced.unwrap_err().to_string(), REPLACED);
        answers.send(()).expect("the first look waits");
        new.await.expect("it finds its file");
    }
}
