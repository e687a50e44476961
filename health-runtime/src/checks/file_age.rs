//! [`FileAge`]: a check that fails if a file was not written for too long.

use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};
use std::{fmt, fs};

use crate::BoxError;
use crate::check::HealthCheck;
use crate::checks::file_system::Looks;
use crate::outcome::{CheckResult, Outcome};

/// When each file was modified.
static LOOKS: Looks<PathBuf, SystemTime> = Looks::new("the file system");

/// A check that fails if a file was not modified for too long, or is missing. Use it for a file that another process
/// should keep fresh: the result of a batch job, a lease, or a certificate that a sidecar renews.
///
/// Each run makes one system call (`stat`). The file is not read.
///
/// | what it finds | result |
/// |---|---|
/// | the file was modified within the last `max_age` | healthy |
/// | the modification time is in the future, by at most `max_age` | healthy |
/// | the modification time is in the future, by more than `max_age` | degraded, `reported` |
/// | the file was modified longer ago than `max_age` | unhealthy, `reported` |
/// | the file is missing, or cannot be read | unhealthy, `error` |
/// | the file system does not answer | unhealthy, `error` |
///
/// `max_age` is the argument of [`new`](Self::new). It is not the [option `max_age`](crate::CheckSpec::max_age) of a
/// check, which limits how old the result of a check can be. A file that becomes too old is detected the next time the
/// check runs.
///
/// Details: `age_s`, which is the age in whole seconds. If the modification time is in the future, `age_s` is 0, and
/// `ahead_s` is the number of seconds until that time.
///
/// Feature: none is needed.
///
/// # What is measured
///
/// The age is measured with the system clock, so it changes when the clock is set. The modification time is that of the
/// file's content. Symbolic links are followed, so the check also works for the files of a Kubernetes volume, which are
/// links that are replaced when the content changes. If the path is a folder, its modification time is the time at
/// which an entry was last added, removed or renamed. See [`std::fs::Metadata::modified`] for the modification time on
/// each platform.
///
/// A modification time can be in the future if another machine wrote the file, and its clock is ahead. Such a file is
/// treated as if it had been modified just now. If the time is ahead by more than `max_age`, the check could stay
/// healthy for a long time after the last write, so it is degraded.
///
/// The check does not detect whether the content is complete or valid. If a reader must only see complete files, write
/// to a temporary file and rename it.
///
/// # Cost
///
/// The system call is made on a short-lived thread. If the file system hangs, as NFS does when its server is gone, one
/// thread is blocked for each path. Neither a worker thread of the runtime nor a thread of its blocking pool is
/// blocked. The check gives up after 3/4 of its timeout, or after 1 s if it runs outside of an engine.
///
/// # Example
///
/// ```
/// use std::time::Duration;
///
/// use health_runtime::HealthState;
/// use health_runtime::checks::FileAge;
///
/// #[derive(Clone, HealthState)]
/// struct AppState {
///     /// Prices, which a job downloads every hour.
///     #[health_check(interval = "1m")]
///     prices: FileAge,
/// }
///
/// let state = AppState {
///     prices: FileAge::new("/var/lib/prices/today.csv", Duration::from_secs(3 * 60 * 60)),
/// };
/// ```
#[derive(Clone, Debug)]
#[must_use = "a check does nothing until it is added to a service"]
pub struct FileAge {
    path: PathBuf,
    max_age: Duration,
}

impl FileAge {
    /// Creates a check that fails if the file was modified longer ago than `max_age`. Choose a `max_age` that is longer
    /// than the usual time between two writes, so that a single write that is late or fails is not reported.
    ///
    /// A relative path is resolved against the working directory of the process each time the check runs.
    ///
    /// # Panics
    ///
    /// Panics if `max_age` is zero, because every file is older than that.
    #[track_caller]
    pub fn new(path: impl Into<PathBuf>, max_age: Duration) -> Self {
        assert!(
            !max_age.is_zero(),
            "`max_age` is zero, and every file is older than that"
        );
        let path = path.into();
        Self { path, max_age }
    }

    fn judge(&self, modified: SystemTime, now: SystemTime) -> Outcome {
        let (path, limit) = (self.path.display(), Span(self.max_age));
        match now.duration_since(modified) {
            Ok(age) if age > self.max_age => {
                let message = format!("modified {} ago, at most {limit} expected: {path}", Span(age));
                Outcome::unhealthy(message).detail("age_s", age.as_secs())
            }
            Ok(age) => Outcome::healthy().detail("age_s", age.as_secs()),
            Err(future) => {
                let ahead = future.duration();
                let outcome = if ahead > self.max_age {
                    let message = format!("the modification time is {} in the future: {path}", Span(ahead));
                    Outcome::degraded(message)
                } else {
                    Outcome::healthy()
                };
                outcome.detail("age_s", 0).detail("ahead_s", ahead.as_secs())
            }
        }
    }
}

impl HealthCheck for FileAge {
    async fn check(&self) -> CheckResult {
        let path = self.path.clone();
        let modified = LOOKS.look(self.path.clone(), move || find(&path)).await?;
        Ok(self.judge(modified, SystemTime::now()))
    }
}

fn find(path: &Path) -> Result<SystemTime, BoxError> {
    let modified = fs::metadata(path).and_then(|there| there.modified());
    modified.map_err(|error| match error.kind() {
        io::ErrorKind::NotFound => format!("there is no file {}", path.display()).into(),
        _ => format!("cannot read when {} was modified: {error}", path.display()).into(),
    })
}

/// A duration for people: its two largest units.
struct Span(Duration);

impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let seconds = self.0.as_secs();
        let (minutes, hours, days) = (seconds / 60, seconds / 3_600, seconds / 86_400);
        match seconds {
            0..10 => write!(f, "{:.1?}", self.0),
            10..60 => write!(f, "{seconds} s"),
            60..3_600 => write!(f, "{minutes} min {} s", seconds % 60),
            3_600..86_400 => write!(f, "{hours} h {} min", minutes % 60),
            _ => write!(f, "{days} d {} h", hours % 24),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::fs::File;

    use super::*;
    use crate::checks::scratch::Folder;
    use crate::outcome::Status;

    const HOUR: Duration = Duration::from_secs(3_600);

    fn shown(outcome: &Outcome) -> (Status, Option<&str>, Vec<String>) {
        let details = outcome.details().iter();
        let details = details.map(|detail| format!("{}={}", detail.name, detail.value));
        (outcome.status(), outcome.message(), details.collect())
    }

    fn details<const N: usize>(details: [&str; N]) -> Vec<String> {
        details.map(str::to_owned).into()
    }

    #[test]
    fn a_file_is_healthy_until_it_is_older_than_allowed() {
        let (check, now) = (FileAge::new("/data/prices.csv", HOUR), SystemTime::now());
        let fresh = check.judge(now - HOUR, now);
        assert_eq!(shown(&fresh), (Status::Healthy, None, details(["age_s=3600"])));
        let old = check.judge(now - HOUR * 27, now);
        assert_eq!(
            shown(&old),
            (
                Status::Unhealthy,
                Some("modified 1 d 3 h ago, at most 1 h 0 min expected: /data/prices.csv"),
                details(["age_s=97200"])
            )
        );
        let just = check.judge(now - HOUR - Duration::from_micros(1), now);
        assert_eq!(just.status(), Status::Unhealthy);
        let reset = check.judge(SystemTime::UNIX_EPOCH - HOUR, now);
        assert_eq!(reset.status(), Status::Unhealthy);
    }

    #[test]
    fn a_modification_time_in_the_future_is_age_zero_and_degraded_if_it_is_far_ahead() {
        let (check, now) = (FileAge::new("/data/prices.csv", HOUR), SystemTime::now());
        let skewed = check.judge(now + HOUR, now);
        assert_eq!(
            shown(&skewed),
            (Status::Healthy, None, details(["age_s=0", "ahead_s=3600"]))
        );
        let far = check.judge(now + HOUR * 2, now);
        assert_eq!(
            shown(&far),
            (
                Status::Degraded,
                Some("the modification time is 2 h 0 min in the future: /data/prices.csv"),
                details(["age_s=0", "ahead_s=7200"])
            )
        );
    }

    #[tokio::test]
    async fn the_age_of_a_real_file_is_that_of_its_last_write() {
        let folder = Folder::new();
        let path = folder.path().join("lease");
        let check = FileAge::new(&path, HOUR);
        assert_eq!(
            check.check().await.unwrap_err().to_string(),
            format!("there is no file {}", path.display())
        );
        let file = File::create(&path).expect("it is created");
        let status = async || check.check().await.expect("it is there").status();
        assert_eq!(status().await, Status::Healthy);
        let old = SystemTime::now() - HOUR * 2;
        file.set_modified(old).expect("it is ours");
        assert_eq!(status().await, Status::Unhealthy);
        fs::write(&path, "renewed").expect("it is ours");
        assert_eq!(status().await, Status::Healthy);
        #[cfg(unix)]
        {
            let below_file = FileAge::new(path.join("x"), HOUR).check().await.unwrap_err();
            assert!(below_file.to_string().starts_with("cannot read when"), "{below_file}");
        }
    }

    #[cfg(unix)]
    #[tokio::test]
    async fn a_symbolic_link_has_the_age_of_its_target() {
        let folder = Folder::new();
        let (target, link) = (folder.path().join("target"), folder.path().join("link"));
        let file = File::create(&target).expect("it is created");
        file.set_modified(SystemTime::now() - HOUR * 2).expect("it is ours");
        std::os::unix::fs::symlink(&target, &link).expect("it is created");
        let check = FileAge::new(&link, HOUR);
        assert_eq!(check.check().await.expect("it is there").status(), Status::Unhealthy);
        fs::remove_file(&target).expect("it is ours");
        check.check().await.unwrap_err();
    }

    #[test]
    #[should_panic(expected = "`max_age` is zero, and every file is older than that")]
    fn a_max_age_of_zero_is_refused() {
        let _ = FileAge::new("/data", Duration::ZERO);
    }

    #[test]
    fn spans_have_two_units() {
        let spans = [0, 59, 61, 3_599, 90_061, u64::MAX];
        let spans = spans.map(|seconds| Span(Duration::from_secs(seconds)).to_string());
        assert_eq!(
            spans,
            [
                "0.0ns",
                "59 s",
                "1 min 1 s",
                "59 min 59 s",
                "1 d 1 h",
                "213503982334601 d 7 h"
            ]
        );
        assert_eq!(Span(Duration::from_millis(1_500)).to_string(), "1.5s");
    }
}
