//! Parts that several checks need to look at files.
//!
//! Every call into a file system may hang for ever. So each look runs on a short-lived thread, at most one for each
//! key, which is usually a path. It does not run on a worker of the runtime, and not in the blocking pool, because the
//! application may use up that pool.

use std::io;

use crate::BoxError;
use crate::checks::look;
use crate::current_run::patience;

/// The looks of one check that are in flight. The result depends only on the key, so runs with the same key share one.
pub(super) struct Looks<K, T> {
    /// The name of the file or file system in messages.
    at: &'static str,
    calls: look::Looks<K, T>,
}

impl<K: Ord + Clone + Send + 'static, T: Clone + Send + Sync + 'static> Looks<K, T> {
    pub(super) const fn new(at: &'static str) -> Self {
        Self {
            at,
            calls: look::Looks::new("health file"),
        }
    }

    /// Calls `find` on a short-lived thread, or waits for the look that is in flight.
    pub(super) async fn look(
        &'static self,
        key: K,
        find: impl FnOnce() -> Result<T, BoxError> + Send + 'static,
    ) -> Result<T, BoxError> {
        let found = self.calls.look(key, patience(), find).await;
        found.unwrap_or_else(|| Err(format!("{} does not answer", self.at).into()))
    }
}

/// How much room a file system has. All numbers are those of `statvfs`, which counts space in blocks.
#[cfg(unix)]
#[derive(Clone, Copy, Debug)]
pub(super) struct Room {
    pub(super) block_size: u64,
    /// Some file systems report no size. For these, the numbers of blocks are meaningless.
    pub(super) blocks: u64,
    /// Includes the blocks that are reserved for root.
    pub(super) free_blocks: u64,
    /// The free blocks that a user other than root may use.
    pub(super) available_blocks: u64,
    /// How many files there can be. Zero for file systems without such a limit.
    pub(super) files: u64,
    pub(super) available_files: u64,
    /// Mounted read-only, or the kernel refuses writes after an error of the disk.
    pub(super) is_read_only: bool,
}

#[cfg(unix)]
impl Room {
    /// Asks the file system of this path. May hang.
    pub(super) fn of(path: &std::path::Path, there: &std::fs::Metadata) -> io::Result<Self> {
        use nix::sys::statvfs::{FsFlags, statvfs};

        let system = statvfs(path)?;
        Ok(Self {
            block_size: wide(system.fragment_size()),
            blocks: wide(system.blocks()),
            free_blocks: wide(system.blocks_free()),
            available_blocks: wide(system.blocks_available()),
            files: wide(system.files()),
            available_files: wide(system.files_available()),
            is_read_only: system.flags().contains(FsFlags::ST_RDONLY) || has_failed(there),
        })
    }
}

/// These numbers have 32 bits on some systems.
#[cfg(unix)]
fn wide(number: impl Into<u64>) -> u64 {
    number.into()
}

/// Thousands of mounts fit into this many bytes.
#[cfg(target_os = "linux")]
const MOST_MOUNTS: u64 = 4 << 20;

/// Reads a file of the kernel as text. Fails if it has more than `most` bytes.
#[cfg(target_os = "linux")]
pub(super) fn read(path: &std::path::Path, most: u64) -> io::Result<String> {
    use std::io::Read as _;

    let mut bytes = Vec::new();
    std::fs::File::open(path)?.take(most + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > most {
        return Err(io::Error::new(
            io::ErrorKind::InvalidData,
            format!("longer than {most} bytes"),
        ));
    }
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

/// Whether the kernel refuses writes to a file system after an error of its disk. For ext4, recent kernels report this
/// only in the options of the file system; the mount itself stays writable.
#[cfg(target_os = "linux")]
fn has_failed(there: &std::fs::Metadata) -> bool {
    use std::os::unix::fs::MetadataExt as _;

    use nix::sys::stat::{major, minor};

    let device = there.dev();
    let device = format!("{}:{}", major(device), minor(device));
    let mounts = read(std::path::Path::new("/proc/self/mountinfo"), MOST_MOUNTS).unwrap_or_default();
    // `36 35 8:1 / /data rw,noatime - ext4 /dev/sda1 rw,emergency_ro`
    let mut mounted = mounts.lines().filter(|line| line.split(' ').nth(2) == Some(&device));
    mounted.any(|line| {
        let options = line.rsplit(' ').next().unwrap_or_default();
        options.split(',').any(|option| option == "emergency_ro")
    })
}

#[cfg(all(unix, not(target_os = "linux")))]
fn has_failed(_: &std::fs::Metadata) -> bool {
    false
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use super::*;

    #[tokio::test]
    async fn a_file_system_that_hangs_is_named() {
        static LOOKS: Looks<&str, u8> = Looks::new("the disk");
        let (_answers, hangs) = mpsc::channel::<()>();
        let hung = move || {
            let _ = hangs.recv();
            Ok(1)
        };
        let result = LOOKS.look("/hung", hung).await;
        assert_eq!(result.unwrap_err().to_string(), "the disk does not answer");
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_file_of_the_kernel_is_read_up_to_a_bound() {
        let path = std::path::Path::new("/proc/self/status");
        let text = read(path, 1 << 16).expect("it is short");
        assert!(text.starts_with("Name:"), "{text}");
        assert_eq!(read(path, 10).unwrap_err().to_string(), "longer than 10 bytes");
        assert!(
            read(std::path::Path::new("/dev/zero"), 1 << 16).is_err(),
            "it has no end"
        );
    }
}
