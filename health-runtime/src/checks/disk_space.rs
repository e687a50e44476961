//! [`DiskSpace`]: a check that fails before a file system is full.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::BoxError;
use crate::check::HealthCheck;
use crate::checks::amount::{assert_limit, is_less, percent, size};
use crate::checks::file_system::{Looks, Room};
use crate::outcome::{CheckResult, Outcome};

static LOOKS: Looks<PathBuf, Room> = Looks::new("the file system");

/// A check that fails before the file system of a folder is full. It looks at the free space and at the free inodes,
/// because without a free inode no new file can be created, however much space there is.
///
/// Each run makes two system calls, `stat` and `statvfs`. Nothing is read from the folder, and nothing is written.
///
/// | what it finds | result |
/// |---|---|
/// | enough space and enough inodes are free | healthy |
/// | less than 10 % of the space, or of the inodes, is free | degraded, `reported` |
/// | less than 2 % of the space, or of the inodes, is free | unhealthy, `reported` |
/// | the file system was writable in a run before, and is read-only now | unhealthy, [`read_only`](Outcome::read_only) |
/// | the path does not exist, is not a folder or cannot be read | unhealthy, `error` |
/// | the file system does not answer | unhealthy, `error` |
/// | the file system reports no size, such as `/proc` or a `tmpfs` without a limit | unhealthy, `error` |
///
/// You can change both limits, and give them in percent or in bytes. A limit in percent applies to the space and to the
/// inodes. A limit in bytes applies only to the space, and the inodes keep their default limit.
///
/// As with every check, an unhealthy `DiskSpace` only makes the service degraded, unless you mark the check as
/// `critical`.
///
/// Details: `free_bytes`, `total_bytes` and `free_percent`. If the file system has a limited number of inodes, also
/// `free_inodes`.
///
/// Feature: none is needed. The check exists on Unix.
///
/// # What is measured
///
/// Free space is the space that a user other than root may use. Some file systems reserve blocks for root. These blocks
/// are not free, even if the service runs as root, because in a container root often may not use them. `total_bytes` is
/// the space in use plus the free space, so the percentages match those of `df`.
///
/// The check follows symbolic links, and looks at the file system that is mounted at the path at the time of the run.
/// If the folder is a mount point, but nothing is mounted there, the check looks at the file system of the parent
/// folder.
///
/// The check does not detect quotas. A quota can leave less space to this user than the file system has.
///
/// The meaning of the numbers is specified by
/// [POSIX](https://pubs.opengroup.org/onlinepubs/9799919799/basedefs/sys_statvfs.h.html).
///
/// # Cost
///
/// The system calls are made on a short-lived thread. On Linux, this thread also reads the list of mounts. The cost
/// does not depend on the number of files. If the file system hangs, as NFS does when its server is gone, one thread is
/// blocked for each path. Neither a worker thread of the runtime nor a thread of its blocking pool is blocked. The
/// check gives up after 3/4 of its timeout, or after 1 s if it runs outside of an engine.
///
/// # Example
///
/// ```
/// use health_runtime::HealthState;
/// use health_runtime::checks::DiskSpace;
///
/// #[derive(Clone, HealthState)]
/// struct AppState {
///     /// Uploads are stored here until they have been processed.
///     #[health_check(critical, interval = "30s")]
///     uploads: DiskSpace,
/// }
///
/// let state = AppState {
///     uploads: DiskSpace::new("/var/lib/uploads")
///         .degraded_below_percent(20)
///         .unhealthy_below_bytes(500 * 1024 * 1024),
/// };
/// ```
#[derive(Clone, Debug)]
#[cfg_attr(docsrs, doc(cfg(unix)))]
#[must_use = "a check does nothing until it is added to a service"]
pub struct DiskSpace {
    path: PathBuf,
    degraded: Limit,
    unhealthy: Limit,
}

#[derive(Clone, Copy, Debug)]
enum Limit {
    Percent(u8),
    Bytes(u64),
}

const DEGRADED_PERCENT: u8 = 10;
const UNHEALTHY_PERCENT: u8 = 2;

impl DiskSpace {
    /// Creates a check of the file system that this folder is on. By default, the check is degraded if less than 10 %
    /// is free, and unhealthy if less than 2 % is free.
    ///
    /// A relative path is resolved against the working directory of the process each time the check runs.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self {
            path: path.into(),
            degraded: Limit::Percent(DEGRADED_PERCENT),
            unhealthy: Limit::Percent(UNHEALTHY_PERCENT),
        }
    }

    /// Sets below how many percent of free space, or of free inodes, the check is degraded. The default is 10.
    ///
    /// This replaces a limit that was set with [`degraded_below_bytes`](Self::degraded_below_bytes). If this limit is
    /// not higher than the one for unhealthy, the check becomes unhealthy without being degraded first.
    ///
    /// # Panics
    ///
    /// Panics if the percentage is 0 or greater than 99.
    #[track_caller]
    pub fn degraded_below_percent(mut self, percent: u8) -> Self {
        assert_limit(percent);
        self.degraded = Limit::Percent(percent);
        self
    }

    /// Sets below how many bytes of free space the check is degraded. This is more precise than a percentage on a large
    /// disk, where 1 % can be a lot of space. For inodes, the default of 10 % applies.
    ///
    /// This replaces a limit that was set with [`degraded_below_percent`](Self::degraded_below_percent).
    ///
    /// # Panics
    ///
    /// Panics if the number of bytes is 0, because no file system has less than that.
    #[track_caller]
    pub fn degraded_below_bytes(mut self, bytes: u64) -> Self {
        self.degraded = in_bytes(bytes);
        self
    }

    /// Sets below how many percent of free space, or of free inodes, the check is unhealthy. The default is 2.
    ///
    /// This replaces a limit that was set with [`unhealthy_below_bytes`](Self::unhealthy_below_bytes).
    ///
    /// # Panics
    ///
    /// Panics if the percentage is 0 or greater than 99.
    #[track_caller]
    pub fn unhealthy_below_percent(mut self, percent: u8) -> Self {
        assert_limit(percent);
        self.unhealthy = Limit::Percent(percent);
        self
    }

    /// Sets below how many bytes of free space the check is unhealthy. For inodes, the default of 2 % applies.
    ///
    /// This replaces a limit that was set with [`unhealthy_below_percent`](Self::unhealthy_below_percent).
    ///
    /// # Panics
    ///
    /// Panics if the number of bytes is 0, because no file system has less than that.
    #[track_caller]
    pub fn unhealthy_below_bytes(mut self, bytes: u64) -> Self {
        self.unhealthy = in_bytes(bytes);
        self
    }

    fn judge(&self, room: &Room) -> CheckResult {
        if room.blocks == 0 {
            return Err(format!("the file system of {} reports no size", self.path.display()).into());
        }
        let used = room.blocks.saturating_sub(room.free_blocks);
        let bytes = |blocks: u64| blocks.saturating_mul(room.block_size);
        let free = bytes(room.available_blocks);
        let total = bytes(used.saturating_add(room.available_blocks));
        // A file system that creates inodes when it needs them reports no number of inodes.
        let inodes = (room.files > 0).then_some((room.available_files, room.files));

        let outcome = match self.short(self.unhealthy, UNHEALTHY_PERCENT, (free, total), inodes) {
            Some(message) => Outcome::unhealthy(message),
            None => match self.short(self.degraded, DEGRADED_PERCENT, (free, total), inodes) {
                Some(message) => Outcome::degraded(message),
                None => Outcome::healthy(),
            },
        };
        let outcome = outcome
            .detail("free_bytes", free)
            .detail("total_bytes", total)
            .detail("free_percent", percent(free, total))
            .read_only(room.is_read_only);
        Ok(match inodes {
            Some((free, _)) => outcome.detail("free_inodes", free),
            None => outcome,
        })
    }

    /// What is below the limit, if anything is.
    fn short(
        &self,
        limit: Limit,
        default_percent: u8,
        (free, total): (u64, u64),
        inodes: Option<(u64, u64)>,
    ) -> Option<String> {
        let (is_below, least, inode_percent) = match limit {
            // A total of zero is possible: everything free is reserved for root.
            Limit::Percent(least) => (total == 0 || is_less(free, least, total), format!("{least} %"), least),
            Limit::Bytes(least) => (free < least, size(least), default_percent),
        };
        let path = self.path.display();
        if is_below {
            let (percent, free, total) = (percent(free, total), size(free), size(total));
            return Some(format!(
                "{percent} % free, {free} of {total}; at least {least} expected in {path}"
            ));
        }
        let (free, total) = inodes?;
        is_less(free, inode_percent, total).then(|| {
            let percent = percent(free, total);
            format!("{percent} % of the inodes free, {free} of {total}; at least {inode_percent} % expected in {path}")
        })
    }
}

#[track_caller]
fn in_bytes(bytes: u64) -> Limit {
    assert!(bytes > 0, "a limit of 0 bytes has no effect");
    Limit::Bytes(bytes)
}

impl HealthCheck for DiskSpace {
    async fn check(&self) -> CheckResult {
        let path = self.path.clone();
        let room = LOOKS.look(self.path.clone(), move || find(&path)).await?;
        self.judge(&room)
    }
}

fn find(path: &Path) -> Result<Room, BoxError> {
    let shown = path.display();
    let failed = |error: io::Error| format!("cannot read the file system of {shown}: {error}");
    let there = match fs::metadata(path) {
        Ok(there) => there,
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            return Err(format!("there is no folder {shown}").into());
        }
        Err(error) => return Err(failed(error).into()),
    };
    if !there.is_dir() {
        return Err(format!("{shown} is not a folder").into());
    }
    Ok(Room::of(path, &there).map_err(failed)?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checks::scratch::Folder;
    use crate::outcome::{Reason, Status};
    use crate::{CheckSpec, Health, Probe};

    /// 1000 blocks of 4 KiB, of which 50 are reserved for root, and 200 inodes.
    fn room(available_blocks: u64, available_files: u64) -> Room {
        Room {
            block_size: 4096,
            blocks: 1000,
            free_blocks: available_blocks + 50,
            available_blocks,
            files: 200,
            available_files,
            is_read_only: false,
        }
    }

    fn said(check: &DiskSpace, room: &Room) -> (Status, Option<String>) {
        let outcome = check.judge(room).expect("it has a size");
        (outcome.status(), outcome.message().map(str::to_owned))
    }

    fn status(check: &DiskSpace, room: &Room) -> Status {
        said(check, room).0
    }

    #[test]
    fn the_default_limits_are_10_and_2_percent_of_what_a_user_can_use() {
        let check = DiskSpace::new("/data");
        // 950 blocks are for users: 10 % are 95, and 2 % are 19.
        assert_eq!(said(&check, &room(95, 100)), (Status::Healthy, None));
        assert_eq!(
            said(&check, &room(94, 100)),
            (
                Status::Degraded,
                Some("9.8 % free, 376.0 KiB of 3.7 MiB; at least 10 % expected in /data".into())
            )
        );
        assert_eq!(status(&check, &room(19, 100)), Status::Degraded);
        assert_eq!(
            said(&check, &room(18, 100)),
            (
                Status::Unhealthy,
                Some("1.8 % free, 72.0 KiB of 3.7 MiB; at least 2 % expected in /data".into())
            )
        );
        assert_eq!(status(&check, &room(0, 100)), Status::Unhealthy);
    }

    #[test]
    fn inodes_are_judged_like_space() {
        let check = DiskSpace::new("/data");
        assert_eq!(status(&check, &room(500, 20)), Status::Healthy);
        assert_eq!(
            said(&check, &room(500, 19)),
            (
                Status::Degraded,
                Some("9.5 % of the inodes free, 19 of 200; at least 10 % expected in /data".into())
            )
        );
        assert_eq!(status(&check, &room(500, 3)), Status::Unhealthy);
        assert_eq!(
            status(&check, &room(50, 3)),
            Status::Unhealthy,
            "space alone would be degraded"
        );
        let unlimited = Room {
            files: 0,
            ..room(500, 0)
        };
        let outcome = check.judge(&unlimited).expect("it has a size");
        assert_eq!(outcome.status(), Status::Healthy);
        assert!(outcome.details().iter().all(|detail| detail.name != "free_inodes"));
    }

    #[test]
    fn limits_can_be_in_percent_or_in_bytes_and_the_last_one_counts() {
        let check = DiskSpace::new("/data")
            .degraded_below_percent(50)
            .unhealthy_below_percent(20);
        assert_eq!(status(&check, &room(475, 150)), Status::Healthy);
        assert_eq!(status(&check, &room(474, 150)), Status::Degraded);
        assert_eq!(status(&check, &room(189, 150)), Status::Unhealthy);
        assert_eq!(status(&check, &room(500, 99)), Status::Degraded, "the inodes too");

        let check = check.degraded_below_bytes(300 * 4096).unhealthy_below_bytes(100 * 4096);
        assert_eq!(
            status(&check, &room(300, 20)),
            Status::Healthy,
            "10 % of the inodes are enough"
        );
        assert_eq!(status(&check, &room(300, 19)), Status::Degraded);
        assert_eq!(status(&check, &room(300, 3)), Status::Unhealthy);
        assert_eq!(status(&check, &room(299, 150)), Status::Degraded);
        assert_eq!(
            said(&check, &room(99, 150)),
            (
                Status::Unhealthy,
                Some("10.4 % free, 396.0 KiB of 3.7 MiB; at least 400.0 KiB expected in /data".into())
            )
        );
        assert_eq!(
            status(&check.unhealthy_below_percent(5), &room(99, 150)),
            Status::Degraded
        );

        let reversed = DiskSpace::new("/data")
            .degraded_below_percent(2)
            .unhealthy_below_percent(30);
        assert_eq!(status(&reversed, &room(200, 100)), Status::Unhealthy);
    }

    #[test]
    fn a_limit_that_would_have_no_effect_panics_when_it_is_set() {
        let message = |set: fn(DiskSpace) -> DiskSpace| {
            let panic = std::panic::catch_unwind(|| set(DiskSpace::new("/"))).expect_err("it panics");
            crate::panics::words(panic).expect("it has a message").to_string()
        };
        let out_of_range = "a limit in percent must be between 1 and 99, but it is";
        assert_eq!(
            message(|disk| disk.degraded_below_percent(0)),
            format!("{out_of_range} 0")
        );
        assert_eq!(
            message(|disk| disk.degraded_below_percent(100)),
            format!("{out_of_range} 100")
        );
        assert_eq!(
            message(|disk| disk.unhealthy_below_percent(0)),
            format!("{out_of_range} 0")
        );
        assert_eq!(
            message(|disk| disk.unhealthy_below_percent(255)),
            format!("{out_of_range} 255")
        );
        assert_eq!(
            message(|disk| disk.degraded_below_bytes(0)),
            "a limit of 0 bytes has no effect"
        );
        assert_eq!(
            message(|disk| disk.unhealthy_below_bytes(0)),
            "a limit of 0 bytes has no effect"
        );
    }

    #[test]
    fn strange_numbers_neither_panic_nor_pass() {
        let most = Room {
            block_size: u64::MAX,
            blocks: u64::MAX,
            free_blocks: 0,
            available_blocks: u64::MAX,
            files: u64::MAX,
            available_files: u64::MAX,
            is_read_only: false,
        };
        let check = DiskSpace::new("/data");
        assert_eq!(status(&check, &most), Status::Healthy, "all of it is free");
        let reserved = Room {
            free_blocks: 1000,
            ..room(0, 100)
        };
        assert_eq!(status(&check, &reserved), Status::Unhealthy, "all of it is for root");
        let more_free_than_there_is = Room {
            free_blocks: 2000,
            ..room(18, 100)
        };
        check.judge(&more_free_than_there_is).expect("it has a size");
        let sizeless = Room {
            blocks: 0,
            ..room(18, 100)
        };
        assert_eq!(
            check.judge(&sizeless).unwrap_err().to_string(),
            "the file system of /data reports no size"
        );
    }

    #[tokio::test]
    async fn a_real_folder_reports_its_details() {
        let folder = Folder::new();
        let check = DiskSpace::new(folder.path()).unhealthy_below_bytes(1);
        let outcome = check.check().await.expect("the folder is there");
        let detail = |name| {
            let found = outcome.details().iter().find(|detail| detail.name == name);
            found.and_then(|detail| detail.value.as_f64()).expect(name)
        };
        let (free, total) = (detail("free_bytes"), detail("total_bytes"));
        assert!(0.0 < free && free < total, "{outcome:?}");
        assert!(
            (detail("free_percent") - free / total * 100.0).abs() < 0.1,
            "{outcome:?}"
        );
        assert_eq!(outcome.is_read_only(), Some(false));

        let never = DiskSpace::new(folder.path()).unhealthy_below_bytes(u64::MAX);
        assert_eq!(never.check().await.expect("it is there").status(), Status::Unhealthy);
    }

    #[tokio::test]
    async fn a_path_that_is_no_folder_fails() {
        let folder = Folder::new();
        let error = async |path: &Path| DiskSpace::new(path).check().await.unwrap_err().to_string();
        let missing = folder.path().join("missing");
        assert_eq!(
            error(&missing).await,
            format!("there is no folder {}", missing.display())
        );
        let file = folder.path().join("file");
        fs::write(&file, "").expect("it is written");
        assert_eq!(error(&file).await, format!("{} is not a folder", file.display()));
        let below_file = error(&file.join("x")).await;
        assert!(below_file.starts_with("cannot read the file system of"), "{below_file}");
    }

    #[cfg(target_os = "linux")]
    #[tokio::test]
    async fn a_file_system_without_a_size_fails() {
        let error = DiskSpace::new("/proc").check().await.unwrap_err();
        assert_eq!(error.to_string(), "the file system of /proc reports no size");
    }

    #[test]
    fn a_read_only_file_system_is_reported_as_such() {
        let read_only = Room {
            is_read_only: true,
            ..room(500, 100)
        };
        let outcome = DiskSpace::new("/data").judge(&read_only).expect("it has a size");
        assert_eq!(
            (outcome.status(), outcome.is_read_only()),
            (Status::Healthy, Some(true))
        );
    }

    #[tokio::test]
    async fn it_works_as_a_check_of_a_service() {
        let spec = CheckSpec::new("disk").critical();
        let health = Health::builder(())
            .check(spec, DiskSpace::new("/missing/folder"))
            .start();
        let mut events = health.subscribe();
        let failed = async {
            loop {
                let report = health.report(Probe::Readiness);
                if report.checks[0].reason == Some(Reason::Error) {
                    break report.checks[0].message.clone();
                }
                events.next().await;
            }
        };
        let message = tokio::time::timeout(std::time::Duration::from_secs(20), failed).await;
        assert_eq!(
            message.expect("the check runs").as_deref(),
            Some("there is no folder /missing/folder")
        );
    }
}
