//! How much memory is used, and what limits it.
//!
//! The root of both file systems is a parameter, so that tests can use made-up trees.

use std::io;
use std::path::{Component, Path, PathBuf};

use crate::BoxError;
use crate::checks::file_system;

/// Every file that is read here is much smaller than this many bytes.
const MOST: u64 = 256 << 10;

/// At most this many levels of the cgroup are looked at, beginning with the innermost one and always with the root.
const MOST_LEVELS: usize = 32;

/// cgroup v1 writes "no limit" as the largest number of pages, whose size differs. No machine has this much memory.
const NO_LIMIT: u64 = 1 << 62;

/// A message shows at most this many characters of a text that should be a number.
const SHOWN: usize = 40;

/// The memory in use, and the most that may be in use, in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Usage {
    pub(super) used: u64,
    pub(super) limit: u64,
    pub(super) limited_by: LimitedBy,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum LimitedBy {
    Cgroup,
    Machine,
}

impl LimitedBy {
    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::Cgroup => "cgroup",
            Self::Machine => "machine",
        }
    }
}

/// The files of one version of cgroups.
struct Version {
    /// Where it is mounted.
    mount: &'static str,
    /// Each of these is a limit. The lowest one counts.
    limits: &'static [&'static str],
    used: &'static str,
    /// The line of `memory.stat` that has the file cache which can be freed at once, of this level and those below it.
    reclaimable: &'static str,
}

const V1: Version = Version {
    mount: "sys/fs/cgroup/memory",
    limits: &["memory.limit_in_bytes"],
    used: "memory.usage_in_bytes",
    reclaimable: "total_inactive_file",
};

const V2: Version = Version {
    mount: "sys/fs/cgroup",
    limits: &["memory.max", "memory.high"],
    used: "memory.current",
    reclaimable: "inactive_file",
};

/// Reads the usage of the level that is nearest to its limit, or that of the machine if no level has a limit.
pub(super) fn read(root: &Path) -> Result<Usage, BoxError> {
    let machine = machine(&root.join("proc/meminfo"));
    // A limit above this one is never reached.
    let highest = machine.as_ref().map_or(NO_LIMIT, |machine| machine.limit);
    match cgroup(root, highest)? {
        Some(cgroup) => Ok(cgroup),
        None => machine,
    }
}

fn machine(path: &Path) -> Result<Usage, BoxError> {
    let text = text(path)?;
    let kilobytes = |name: &str| -> Result<u64, BoxError> {
        // `MemAvailable:   3969604 kB`
        let value = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'));
        let value = value.ok_or_else(|| format!("{} has no line {name}", path.display()))?;
        let number = value.trim().trim_end_matches("kB").trim_end();
        Ok(parse(path, number)?.saturating_mul(1024))
    };
    let (total, available) = (kilobytes("MemTotal")?, kilobytes("MemAvailable")?);
    if total == 0 {
        return Err(format!("{} says that there is no memory", path.display()).into());
    }
    Ok(Usage {
        used: total.saturating_sub(available),
        limit: total,
        limited_by: LimitedBy::Machine,
    })
}

/// The level of the process's cgroup, or one above it, that is nearest to its limit.
fn cgroup(root: &Path, highest: u64) -> Result<Option<Usage>, BoxError> {
    let Some(cgroups) = if_there(text(&root.join("proc/self/cgroup")))? else {
        return Ok(None); // a kernel without cgroups
    };
    let Some((version, path)) = own(&cgroups) else {
        return Ok(None);
    };
    let mut nearest: Option<Usage> = None;
    for folder in levels(&root.join(version.mount), path) {
        let Some(usage) = level(&folder, version, highest)? else {
            continue;
        };
        if nearest.is_none_or(|nearest| is_nearer(usage, nearest)) {
            nearest = Some(usage);
        }
    }
    Ok(nearest)
}

/// Which version of cgroups has the memory of this process, and the path of its cgroup.
fn own(cgroups: &str) -> Option<(&'static Version, &str)> {
    // v1: `4:memory:/kubepods/pod1`; v2: `0::/kubepods/pod1`. Where both are mounted, v1 has the memory.
    let lines = cgroups.lines().filter_map(|line| {
        let mut fields = line.splitn(3, ':');
        Some((fields.next()?, fields.next()?, fields.next()?))
    });
    let v1 = lines.clone().find(|(_, controllers, _)| {
        let mut controllers = controllers.split(',');
        controllers.any(|controller| controller == "memory")
    });
    let v2 = || {
        lines
            .clone()
            .find(|(id, controllers, _)| *id == "0" && controllers.is_empty())
    };
    match v1 {
        Some((_, _, path)) => Some((&V1, path)),
        None => v2().map(|(_, _, path)| (&V2, path)),
    }
}

/// The folders of the cgroup and of those above it, the innermost first.
///
/// In a container, the path may be that on the host, while the mount has the container's cgroup at its root. Then the
/// inner folders do not exist, and the root has the container's limit.
fn levels(mount: &Path, path: &str) -> Vec<PathBuf> {
    let names = Path::new(path).components().filter(|name| *name != Component::RootDir);
    let names: Vec<_> = names.collect();
    // `/../other`: the cgroup is outside of what this process may see.
    let is_inside = names.iter().all(|name| matches!(name, Component::Normal(_)));
    let depth = if is_inside { names.len() } else { 0 };
    let below = (1..=depth).rev().take(MOST_LEVELS);
    let below = below.map(|depth| mount.join(names[..depth].iter().collect::<PathBuf>()));
    below.chain([mount.to_path_buf()]).collect()
}

/// The usage of one level. `None` if it has no limit, or does not exist.
fn level(folder: &Path, version: &Version, highest: u64) -> Result<Option<Usage>, BoxError> {
    let mut limit = None;
    for name in version.limits {
        let path = folder.join(name);
        let Some(text) = if_there(text(&path))? else {
            continue;
        };
        if text.trim() != "max" {
            let found = parse(&path, text.trim())?;
            limit = Some(limit.map_or(found, |limit: u64| limit.min(found)));
        }
    }
    let Some(limit) = limit.filter(|limit| *limit < highest) else {
        return Ok(None);
    };
    let used = folder.join(version.used);
    let used = parse(&used, text(&used)?.trim())?;
    let reclaimable = reclaimable(&folder.join("memory.stat"), version.reclaimable)?;
    Ok(Some(Usage {
        used: used.saturating_sub(reclaimable),
        limit,
        limited_by: LimitedBy::Cgroup,
    }))
}

/// Zero if it is not known. The reported usage is then higher than the real one, which is safer than lower.
fn reclaimable(path: &Path, name: &str) -> Result<u64, BoxError> {
    let Some(text) = if_there(text(path))? else {
        return Ok(0);
    };
    // `inactive_file 53248`
    let value = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
    value.map_or(Ok(0), |value| parse(path, value.trim()))
}

/// Whether a larger part of the limit is used.
fn is_nearer(one: Usage, other: Usage) -> bool {
    let part = |usage: Usage, limit: u64| u128::from(usage.used) * u128::from(limit);
    part(one, other.limit) > part(other, one.limit)
}

/// A file that could not be read.
#[derive(Debug)]
struct ReadError {
    path: PathBuf,
    error: io::Error,
}

impl std::fmt::Display for ReadError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "cannot read {}: {}", self.path.display(), self.error)
    }
}

impl std::error::Error for ReadError {}

fn text(path: &Path) -> Result<String, ReadError> {
    file_system::read(path, MOST).map_err(|error| ReadError {
        path: path.into(),
        error,
    })
}

/// `None` if the file does not exist.
fn if_there(text: Result<String, ReadError>) -> Result<Option<String>, ReadError> {
    match text {
        Err(failed) if failed.error.kind() == io::ErrorKind::NotFound => Ok(None),
        text => text.map(Some),
    }
}

fn parse(path: &Path, number: &str) -> Result<u64, BoxError> {
    let parsed = number.parse();
    parsed.map_err(|_| {
        let shown: String = number.chars().take(SHOWN).collect();
        format!("{} has {shown:?} where a number is expected", path.display()).into()
    })
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::checks::scratch::Folder;

    /// A machine with 16 GB, of which 4 GB are in use.
    const MEMINFO: (&str, &str) = (
        "proc/meminfo",
        "MemTotal:       16000000 kB\nMemFree:          100000 kB\nMemAvailable:   12000000 kB\n",
    );

    fn tree(files: &[(&str, &str)]) -> Folder {
        let root = Folder::new();
        for (path, text) in files {
            let path = root.path().join(path);
            fs::create_dir_all(path.parent().expect("it is below the root")).expect("it is ours");
            fs::write(path, text).expect("it is ours");
        }
        root
    }

    fn of_cgroup(used: u64, limit: u64) -> Usage {
        let limited_by = LimitedBy::Cgroup;
        Usage {
            used,
            limit,
            limited_by,
        }
    }

    const MACHINE: Usage = Usage {
        used: 4_000_000 * 1024,
        limit: 16_000_000 * 1024,
        limited_by: LimitedBy::Machine,
    };

    fn found(files: &[(&str, &str)]) -> Usage {
        read(tree(&[files, &[MEMINFO]].concat()).path()).expect("it is understood")
    }

    fn error(files: &[(&str, &str)]) -> String {
        let root = tree(files);
        let error = read(root.path()).unwrap_err().to_string();
        error.replace(&root.path().display().to_string(), "")
    }

    #[test]
    fn v2_is_the_working_set_and_the_lower_of_both_limits() {
        let files = |max, high| {
            [
                ("proc/self/cgroup", "0::/\n"),
                ("sys/fs/cgroup/memory.max", max),
                ("sys/fs/cgroup/memory.high", high),
                ("sys/fs/cgroup/memory.current", "700\n"),
                (
                    "sys/fs/cgroup/memory.stat",
                    "anon 500\ninactive_file_x 9\ninactive_file 50\nfile 200\n",
                ),
            ]
        };
        assert_eq!(found(&files("1000\n", "max\n")), of_cgroup(650, 1000));
        assert_eq!(found(&files("1000\n", "800\n")), of_cgroup(650, 800));
        assert_eq!(found(&files("max\n", "900\n")), of_cgroup(650, 900));
        assert_eq!(found(&files("max\n", "max\n")), MACHINE);
        assert_eq!(found(&files("0\n", "max\n")), of_cgroup(650, 0));
    }

    #[test]
    fn v1_is_read_from_its_own_files() {
        let files = |limit| {
            [
                ("proc/self/cgroup", "9:name=systemd:/\n4:cpu,memory:/docker/ab\n0::/\n"),
                ("sys/fs/cgroup/memory/docker/ab/memory.limit_in_bytes", limit),
                ("sys/fs/cgroup/memory/docker/ab/memory.usage_in_bytes", "700\n"),
                (
                    "sys/fs/cgroup/memory/docker/ab/memory.stat",
                    "inactive_file 1\ntotal_inactive_file 100\n",
                ),
                // Of v2, which has no memory controller here.
                ("sys/fs/cgroup/memory.max", "garbage"),
            ]
        };
        assert_eq!(found(&files("1000\n")), of_cgroup(600, 1000));
        assert_eq!(found(&files("9223372036854771712\n")), MACHINE);
        let without_meminfo = tree(&files("9223372036854771712\n"));
        read(without_meminfo.path()).expect_err("no limit is known");
    }

    #[test]
    fn of_nested_limits_the_one_that_is_nearest_counts() {
        let files = |inner, outer| {
            [
                ("proc/self/cgroup", "0::/pods/pod1/app\n"),
                ("sys/fs/cgroup/pods/pod1/app/memory.max", "1000\n"),
                ("sys/fs/cgroup/pods/pod1/app/memory.current", inner),
                ("sys/fs/cgroup/pods/pod1/memory.max", "max\n"),
                ("sys/fs/cgroup/pods/memory.max", "2000\n"),
                ("sys/fs/cgroup/pods/memory.current", outer),
            ]
        };
        assert_eq!(found(&files("500\n", "900\n")), of_cgroup(500, 1000));
        assert_eq!(found(&files("500\n", "1900\n")), of_cgroup(1900, 2000));
        assert_eq!(found(&files("1000\n", "1900\n")), of_cgroup(1000, 1000));
    }

    #[test]
    fn a_limit_that_the_machine_cannot_reach_is_ignored() {
        let files = |max| {
            [
                ("proc/self/cgroup", "0::/app\n"),
                ("sys/fs/cgroup/app/memory.max", max),
                ("sys/fs/cgroup/app/memory.current", "5\n"),
            ]
        };
        assert_eq!(found(&files("16384000000\n")), MACHINE);
        assert_eq!(found(&files("16383999999\n")), of_cgroup(5, 16_383_999_999));
        let no_meminfo = tree(&files("16384000000\n"));
        assert_eq!(read(no_meminfo.path()).expect("a limit"), of_cgroup(5, 16_384_000_000));
    }

    #[test]
    fn a_container_that_sees_the_path_of_the_host_finds_its_limit_at_the_root() {
        for path in [
            "0::/kubepods/pod1/ab\n",
            "0::/../ab\n",
            "0::/../../etc\n",
            "0::/gone (deleted)\n",
            "0::\n",
        ] {
            let usage = found(&[
                ("proc/self/cgroup", path),
                ("sys/fs/cgroup/memory.max", "1000\n"),
                ("sys/fs/cgroup/memory.current", "5\n"),
                ("sys/fs/ab/memory.max", "outside"),
                ("sys/etc/memory.max", "outside"),
            ]);
            assert_eq!(usage, of_cgroup(5, 1000), "{path}");
        }
    }

    #[test]
    fn a_path_of_any_depth_is_bounded_and_still_ends_at_the_root() {
        let path = format!("0::{}\n", "/a".repeat(2_000));
        let usage = found(&[
            ("proc/self/cgroup", &path),
            ("sys/fs/cgroup/memory.max", "1000\n"),
            ("sys/fs/cgroup/memory.current", "5\n"),
        ]);
        assert_eq!(usage, of_cgroup(5, 1000));
        assert_eq!(levels(Path::new("/"), &"/a".repeat(2_000)).len(), MOST_LEVELS + 1);
    }

    #[test]
    fn without_a_cgroup_the_machine_is_the_limit() {
        assert_eq!(found(&[]), MACHINE);
        assert_eq!(found(&[("proc/self/cgroup", "")]), MACHINE);
        assert_eq!(
            found(&[("proc/self/cgroup", "9:name=systemd:/\nnonsense\n1:cpu:/a:b\n")]),
            MACHINE
        );
        assert_eq!(found(&[("proc/self/cgroup", "4:memory:/not/mounted\n")]), MACHINE);
        assert_eq!(found(&[("proc/self/cgroup", "0::/no/controller\n")]), MACHINE);
    }

    #[test]
    fn what_cannot_be_understood_is_an_error() {
        let cgroup = |max, current, stat| {
            [
                ("proc/self/cgroup", "0::/app\n"),
                ("sys/fs/cgroup/app/memory.max", max),
                ("sys/fs/cgroup/app/memory.current", current),
                ("sys/fs/cgroup/app/memory.stat", stat),
                MEMINFO,
            ]
        };
        assert_eq!(
            error(&cgroup("much\n", "5\n", "")),
            r#"/sys/fs/cgroup/app/memory.max has "much" where a number is expected"#
        );
        assert_eq!(
            error(&cgroup("", "5\n", "")),
            r#"/sys/fs/cgroup/app/memory.max has "" where a number is expected"#
        );
        assert_eq!(
            error(&cgroup("1000\n", "-5\n", "")),
            r#"/sys/fs/cgroup/app/memory.current has "-5" where a number is expected"#
        );
        assert_eq!(
            error(&cgroup("1000\n", "5\n", "inactive_file 99999999999999999999\n")),
            r#"/sys/fs/cgroup/app/memory.stat has "99999999999999999999" where a number is expected"#
        );
        let long = "x".repeat(300 << 10);
        assert_eq!(
            error(&cgroup(&long, "5\n", "")),
            "cannot read /sys/fs/cgroup/app/memory.max: longer than 262144 bytes"
        );
        assert!(
            error(&cgroup(&long[..1_000], "5\n", "")).len() < 120,
            "only its start is shown"
        );
        let no_usage = [
            ("proc/self/cgroup", "0::/app\n"),
            ("sys/fs/cgroup/app/memory.max", "1000\n"),
            MEMINFO,
        ];
        let message = error(&no_usage);
        assert!(
            message.starts_with("cannot read /sys/fs/cgroup/app/memory.current: "),
            "{message}"
        );
    }

    #[test]
    fn meminfo_must_have_both_lines() {
        assert_eq!(
            error(&[("proc/meminfo", "MemTotal: 16 kB\nMemAvailableX: 5 kB\n")]),
            "/proc/meminfo has no line MemAvailable"
        );
        assert_eq!(
            error(&[("proc/meminfo", "MemTotal: many kB\nMemAvailable: 5 kB\n")]),
            r#"/proc/meminfo has "many" where a number is expected"#
        );
        assert_eq!(
            error(&[("proc/meminfo", "MemTotal: 0 kB\nMemAvailable: 0 kB\n")]),
            "/proc/meminfo says that there is no memory"
        );
        let strange = tree(&[(
            "proc/meminfo",
            "MemTotal: 18446744073709551615 kB\nMemAvailable: 18446744073709551615 kB\n",
        )]);
        assert_eq!(read(strange.path()).expect("it is a number").used, 0);
    }

    #[test]
    fn random_files_never_panic() {
        let mut rng = fastrand::Rng::with_seed(7);
        let words = [
            "0",
            "::",
            "/",
            "max",
            "memory",
            ":",
            "\n",
            " ",
            "-1",
            "..",
            "18446744073709551615",
            "ä",
            "kB",
            "MemTotal:",
        ];
        let mut text = || {
            (0..rng.usize(0..12))
                .map(|_| words[rng.usize(0..words.len())])
                .collect::<String>()
        };
        for _ in 0..100 {
            let texts = [text(), text(), text(), text(), text()];
            let root = tree(&[
                ("proc/self/cgroup", &texts[0]),
                ("proc/meminfo", &texts[1]),
                ("sys/fs/cgroup/memory.max", &texts[2]),
                ("sys/fs/cgroup/memory.current", &texts[3]),
                ("sys/fs/cgroup/memory.stat", &texts[4]),
            ]);
            let _ = read(root.path());
        }
    }
}
