//! The database's file and its file system.
//!
//! Every call into a file system may hang for ever. So each look runs on a thread of its own, at most one for each path
//! and each file that an earlier look found there. It does not run on a worker of the runtime, and not in the blocking
//! pool, because the application may use up that pool.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use std::{fs, io, thread};

use tokio::sync::watch;

use super::within;
use crate::BoxError;
use crate::panics;

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

type Answer = Result<Found, Arc<str>>;

/// The path, and the file that an earlier look found there. Both decide what a look finds: two pools on one path may
/// have different files open.
type Key = (String, Option<FileId>);

type Looks = BTreeMap<Key, watch::Receiver<Option<Answer>>>;

/// The looks in flight.
static LOOKS: Mutex<Looks> = Mutex::new(BTreeMap::new());

fn looks() -> MutexGuard<'static, Looks> {
    LOOKS.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Looks at the database's file, or waits for the look that is in flight. `known` is the file that an earlier look
/// found.
pub(super) async fn look(path: String, known: Option<FileId>, patience: Duration) -> Result<Found, BoxError> {
    let file = path.clone();
    look_by((path, known), patience, move || find(Path::new(&file), known)).await
}

async fn look_by(
    key: Key,
    patience: Duration,
    find: impl FnOnce() -> Result<Found, BoxError> + Send + 'static,
) -> Result<Found, BoxError> {
    let mut look = start(key, find)?;
    match within(patience, look.wait_for(Option::is_some)).await {
        Some(Ok(answer)) => match answer.as_ref().expect("`wait_for` has seen a value") {
            Ok(found) => Ok(found.clone()),
            Err(error) => Err(error.to_string().into()),
        },
        Some(Err(_)) => Err("the check of the database file ended without a result".into()),
        None => Err("the file system of the database does not answer".into()),
    }
}

fn start(
    key: Key,
    find: impl FnOnce() -> Result<Found, BoxError> + Send + 'static,
) -> io::Result<watch::Receiver<Option<Answer>>> {
    let mut in_flight = looks();
    if let Some(look) = in_flight.get(&key) {
        return Ok(look.clone());
    }
    let (sender, look) = watch::channel(None);
    let done = key.clone();
    thread::Builder::new().name("health file".into()).spawn(move || {
        let answer = panics::run(|| find().map_err(panics::describe));
        looks().remove(&done);
        sender.send_replace(answer);
    })?;
    in_flight.insert(key, look.clone());
    Ok(look)
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

/// Whether the file system is mounted read-only, and whether it is full.
#[cfg(unix)]
fn room(path: &Path, there: &fs::Metadata) -> io::Result<(bool, bool)> {
    use nix::sys::statvfs::{FsFlags, statvfs};

    let system = statvfs(path)?;
    let is_read_only = system.flags().contains(FsFlags::ST_RDONLY) || has_failed(there);
    let is_root = nix::unistd::geteuid().is_root(); // root may use the reserved blocks
    let free = if is_root {
        system.blocks_free()
    } else {
        system.blocks_available()
    };
    // The journal of the smallest transaction needs 4 blocks. Some file systems report neither a size nor free blocks.
    let is_full = system.blocks() > 0 && free < 4;
    Ok((is_read_only, is_full))
}

/// Whether the kernel refuses writes to a file system after an error of its disk. For ext4, recent kernels report this
/// only in the options of the file system; the mount itself stays writable.
#[cfg(target_os = "linux")]
fn has_failed(there: &fs::Metadata) -> bool {
    use nix::sys::stat::{major, minor};

    let device = FileId::of(there).0;
    let device = format!("{}:{}", major(device), minor(device));
    let mounts = fs::read_to_string("/proc/self/mountinfo").unwrap_or_default();
    // `36 35 8:1 / /data rw,noatime - ext4 /dev/sda1 rw,emergency_ro`
    let mut mounted = mounts.lines().filter(|line| line.split(' ').nth(2) == Some(&device));
    mounted.any(|line| {
        let options = line.rsplit(' ').next().unwrap_or_default();
        options.split(',').any(|option| option == "emergency_ro")
    })
}

#[cfg(all(unix, not(target_os = "linux")))]
fn has_failed(_: &fs::Metadata) -> bool {
    false
}

#[cfg(not(unix))]
fn room(_: &Path, _: &fs::Metadata) -> io::Result<(bool, bool)> {
    Ok((false, false))
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use futures_util::FutureExt as _;

    use super::*;

    const FOUND: Found = Found {
        file: None,
        is_read_only: false,
        is_full: false,
    };

    fn unknown(path: &str) -> Key {
        (path.into(), None)
    }

    #[tokio::test]
    async fn a_hanging_file_system_blocks_one_thread_per_file() {
        let patience = Duration::from_millis(50);
        let (answers, hangs) = mpsc::channel::<()>();
        let hung = move || {
            hangs.recv().expect("the test sends in the end");
            Ok(FOUND)
        };
        let result = look_by(unknown("/hung"), patience, hung).await;
        assert_eq!(
            result.unwrap_err().to_string(),
            "the file system of the database does not answer"
        );
        for _ in 0..3 {
            let second = || panic!("a second thread");
            look_by(unknown("/hung"), patience, second).await.unwrap_err();
        }
        look_by(unknown("/other"), Duration::MAX, || Ok(FOUND))
            .await
            .expect("it runs");
        let second = || panic!("it waits for the one in flight");
        let mut joined = Box::pin(look_by(unknown("/hung"), Duration::MAX, second));
        assert!(joined.as_mut().now_or_never().is_none());
        answers.send(()).expect("the look waits");
        joined.await.expect("it has the answer of the look in flight");
        look_by(unknown("/hung"), Duration::MAX, || Ok(FOUND))
            .await
            .expect("it runs");
        assert!(!looks().contains_key(&unknown("/hung")), "no look is left");
    }

    /// A pool that has the new file open finds it. A pool that still has the old one must not take over this answer.
    #[cfg(target_os = "linux")]
    #[tokio::test]
    async fn pools_that_know_different_files_do_not_share_a_lookup() {
        let (answers, hangs) = mpsc::channel::<()>();
        let finds_new = move || {
            hangs.recv().expect("the test sends in the end");
            Ok(FOUND)
        };
        let knows = |file| ("/replaced".to_owned(), Some(FileId(1, file)));
        let mut new = Box::pin(look_by(knows(2), Duration::MAX, finds_new));
        assert!(new.as_mut().now_or_never().is_none());
        let replaced = look_by(knows(1), Duration::MAX, || Err(REPLACED.into())).await;
        assert_eq!(replaced.unwrap_err().to_string(), REPLACED);
        answers.send(()).expect("the first look waits");
        new.await.expect("it finds its file");
    }

    #[tokio::test]
    async fn a_lookup_that_panics_returns_an_error_and_the_next_lookup_runs() {
        let panics = || panic!("on purpose");
        look_by(unknown("/panics"), Duration::MAX, panics).await.unwrap_err();
        look_by(unknown("/panics"), Duration::MAX, || Ok(FOUND))
            .await
            .expect("it runs");
    }
}
