//! [`Memory`]: a check that is degraded before the service runs out of memory.
//!
//! ```text
//! usage   how much memory is used, and what limits it: read from /proc and /sys
//! ```

mod usage;

use std::path::PathBuf;

use self::usage::Usage;
use crate::check::HealthCheck;
use crate::checks::amount::{assert_limit, is_more, percent_up, size};
use crate::outcome::{CheckResult, Outcome};

/// A check that is degraded when the service has nearly used up the memory that it is allowed to use. The limit is that
/// of the service's cgroup, for example of its container. If no cgroup has a limit, the limit is the memory of the
/// machine.
///
/// Each run reads a few small files in `/proc` and `/sys`.
///
/// | what it finds | result |
/// |---|---|
/// | at most 90 % of the limit is used | healthy |
/// | more than 90 % of the limit is used | degraded, `reported` |
/// | more than [`unhealthy_above_percent`](Self::unhealthy_above_percent) is used, if you set it | unhealthy, `reported` |
/// | a limit or the usage cannot be read or understood | unhealthy, `error` |
///
/// Details: `used_bytes`, `limit_bytes`, `used_percent`, and `limited_by`, which is `cgroup` or `machine`.
///
/// Feature: none is needed. The check exists on Linux.
///
/// # Why high usage is not unhealthy by default
///
/// An orchestrator could do two things, and neither helps. If readiness failed, the other instances would receive the
/// traffic of this one, and would then run out of memory as well. If liveness failed, the process would be restarted,
/// which is what the kernel does anyway if the limit is really reached. In addition, high usage is not always a
/// problem, because a part of the file cache is also measured.
///
/// If your service leaks memory and you prefer an orderly restart, set a limit with
/// [`unhealthy_above_percent`](Self::unhealthy_above_percent), and give the reason with `restart_helps`. The check is
/// not [`InProcess`](crate::InProcess), because another process may use the memory, for example one in the same pod or
/// on the same machine. A restart of this process does not free that memory.
///
/// # What is measured
///
/// - With cgroup v2, the limit is `memory.max` or `memory.high`, whichever is lower. The usage is `memory.current`
///   minus the `inactive_file` of `memory.stat`, which is file cache that the kernel can free at once. The kubelet uses
///   the same number, the working set, to evict pods.
/// - With cgroup v1, the same is read from `memory.limit_in_bytes`, `memory.usage_in_bytes` and `total_inactive_file`.
/// - The cgroups above the service's cgroup also limit it. If several of them have a limit, the check uses the one with
///   the highest usage in percent. A limit that is not below the memory of the machine is ignored. A cgroup that the
///   process cannot see is ignored too.
/// - If no cgroup has a limit, the limit is `MemTotal` of `/proc/meminfo`, and the usage is `MemTotal` minus
///   `MemAvailable`.
///
/// Swap is not taken into account. The check looks for cgroups below `/sys/fs/cgroup`, where all common distributions
/// and container runtimes mount them.
///
/// The files are specified in the kernel's documentation of [cgroup
/// v2](https://docs.kernel.org/admin-guide/cgroup-v2.html#memory-interface-files), [cgroup
/// v1](https://docs.kernel.org/admin-guide/cgroup-v1/memory.html) and
/// [`/proc/meminfo`](https://docs.kernel.org/filesystems/proc.html#meminfo).
///
/// # Cost
///
/// Each run reads `/proc/self/cgroup`, `/proc/meminfo`, one or two small files for each level of the cgroup, and two
/// more for each level with a limit. Usually, these are fewer than ten files. The files are not on a disk, so reading
/// them does not block, and the check needs no thread of its own.
///
/// # Example
///
/// ```
/// use health_runtime::HealthState;
/// use health_runtime::checks::Memory;
///
/// #[derive(Clone, HealthState)]
/// struct AppState {
///     #[health_check(interval = "15s")]
///     memory: Memory,
/// }
///
/// let state = AppState { memory: Memory::new().degraded_above_percent(80) };
/// ```
///
/// To restart the process in an orderly way before it is killed:
///
/// ```
/// # use health_runtime::HealthState;
/// # use health_runtime::checks::Memory;
/// #[derive(Clone, HealthState)]
/// struct AppState {
///     #[health_check(liveness, failure_threshold = 3, restart_helps = "the image library leaks memory")]
///     memory: Memory,
/// }
///
/// let state = AppState { memory: Memory::new().unhealthy_above_percent(95) };
/// ```
#[derive(Clone, Debug)]
#[cfg_attr(docsrs, doc(cfg(target_os = "linux")))]
#[must_use = "a check does nothing until it is added to a service"]
pub struct Memory {
    /// `/`, except in tests.
    root: PathBuf,
    degraded: u8,
    unhealthy: Option<u8>,
}

impl Memory {
    /// Creates a check that is degraded if more than 90 % of the limit is used. It is never unhealthy because of high
    /// usage.
    pub fn new() -> Self {
        Self {
            root: "/".into(),
            degraded: 90,
            unhealthy: None,
        }
    }

    /// Sets above how many percent of the limit the check is degraded. The default is 90.
    ///
    /// # Panics
    ///
    /// Panics if the percentage is 0 or greater than 99.
    #[track_caller]
    pub fn degraded_above_percent(mut self, percent: u8) -> Self {
        assert_limit(percent);
        self.degraded = percent;
        self
    }

    /// Sets above how many percent of the limit the check is unhealthy. By default, it is never unhealthy because of
    /// high usage; the documentation of [`Memory`] gives the reasons.
    ///
    /// If this is not higher than the percentage for degraded, the check becomes unhealthy without being degraded
    /// first.
    ///
    /// # Panics
    ///
    /// Panics if the percentage is 0 or greater than 99.
    #[track_caller]
    pub fn unhealthy_above_percent(mut self, percent: u8) -> Self {
        assert_limit(percent);
        self.unhealthy = Some(percent);
        self
    }

    fn judge(&self, usage: &Usage) -> Outcome {
        let (used, limit, limited_by) = (usage.used, usage.limit, usage.limited_by.as_str());
        let is_above = |most: u8| is_more(used, most, limit);
        let used_percent = percent_up(used, limit);
        let message = |most: u8| {
            let (used, limit) = (size(used), size(limit));
            format!("{used_percent} % used, {used} of {limit} of the {limited_by}; at most {most} % expected")
        };
        let outcome = match self.unhealthy {
            Some(most) if is_above(most) => Outcome::unhealthy(message(most)),
            _ if is_above(self.degraded) => Outcome::degraded(message(self.degraded)),
            _ => Outcome::healthy(),
        };
        outcome
            .detail("used_bytes", used)
            .detail("limit_bytes", limit)
            .detail("used_percent", used_percent)
            .detail("limited_by", limited_by)
    }
}

impl Default for Memory {
    fn default() -> Self {
        Self::new()
    }
}

impl HealthCheck for Memory {
    async fn check(&self) -> CheckResult {
        Ok(self.judge(&usage::read(&self.root)?))
    }
}

#[cfg(test)]
mod tests {
    use super::usage::LimitedBy;
    use super::*;
    use crate::checks::scratch::Folder;
    use crate::outcome::Status;

    fn usage(used: u64) -> Usage {
        Usage {
            used,
            limit: 1000 << 20,
            limited_by: LimitedBy::Cgroup,
        }
    }

    fn said(check: &Memory, used: u64) -> (Status, Option<String>) {
        let outcome = check.judge(&usage(used << 20));
        (outcome.status(), outcome.message().map(str::to_owned))
    }

    #[test]
    fn more_than_90_percent_is_degraded_and_nothing_is_unhealthy_by_default() {
        let check = Memory::default();
        assert_eq!(said(&check, 900), (Status::Healthy, None));
        assert_eq!(
            said(&check, 901),
            (
                Status::Degraded,
                Some("90.1 % used, 901.0 MiB of 1000.0 MiB of the cgroup; at most 90 % expected".into())
            )
        );
        assert_eq!(said(&check, 1_100).0, Status::Degraded, "`memory.high` can be exceeded");
    }

    #[test]
    fn it_is_unhealthy_above_the_percentage_that_was_asked_for() {
        let check = Memory::new().degraded_above_percent(50).unhealthy_above_percent(95);
        assert_eq!(said(&check, 500).0, Status::Healthy);
        assert_eq!(said(&check, 501).0, Status::Degraded);
        assert_eq!(said(&check, 950).0, Status::Degraded);
        assert_eq!(
            said(&check, 951),
            (
                Status::Unhealthy,
                Some("95.1 % used, 951.0 MiB of 1000.0 MiB of the cgroup; at most 95 % expected".into())
            )
        );
        let reversed = Memory::new().unhealthy_above_percent(10);
        assert_eq!(said(&reversed, 200).0, Status::Unhealthy);
    }

    #[test]
    fn the_usage_is_in_the_details() {
        let outcome = Memory::new().judge(&usage(250 << 20));
        let details = outcome.details().iter();
        let details: Vec<_> = details
            .map(|detail| format!("{}={}", detail.name, detail.value))
            .collect();
        assert_eq!(
            details,
            [
                "used_bytes=262144000",
                "limit_bytes=1048576000",
                "used_percent=25",
                "limited_by=cgroup"
            ]
        );
    }

    #[test]
    #[should_panic(expected = "a limit in percent must be between 1 and 99, but it is 100")]
    fn a_limit_of_100_percent_for_degraded_is_refused() {
        let _ = Memory::new().degraded_above_percent(100);
    }

    #[test]
    #[should_panic(expected = "a limit in percent must be between 1 and 99, but it is 0")]
    fn a_limit_of_0_percent_for_unhealthy_is_refused() {
        let _ = Memory::new().unhealthy_above_percent(0);
    }

    #[tokio::test]
    async fn it_reads_the_memory_of_this_machine() {
        let outcome = Memory::new().check().await.expect("Linux has these files");
        let value = |index: usize| outcome.details()[index].value.as_f64().expect("a number");
        assert!(0.0 < value(0) && value(0) < value(1), "{outcome:?}");
    }

    #[tokio::test]
    async fn it_fails_where_no_limit_is_known() {
        let empty = Folder::new();
        let check = Memory {
            root: empty.path().into(),
            ..Memory::new()
        };
        let error = check.check().await.unwrap_err().to_string();
        assert!(error.starts_with("cannot read "), "{error}");
        assert!(error.contains("proc/meminfo: "), "{error}");
    }
}
