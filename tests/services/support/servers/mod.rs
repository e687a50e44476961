//! Private instances of real servers, for tests that need a database or a broker they can kill, pause and start again.
//!
//! | file | what it has |
//! |---|---|
//! | `server.rs` | what all servers have in common: [`Server`], its folder, its port, its start and its end |
//! | `process.rs` | a process and its descendants: start, pause, resume, kill |
//! | `ports.rs` | free ports on the loopback |
//! | `postgres.rs`, `pgbouncer.rs`, `mariadb.rs`, `redis.rs`, `rabbitmq.rs`, `nats.rs` | one server each |
//!
//! An instance has its own folder in `/tmp` and its own port on 127.0.0.1. It shares nothing with a server that the
//! system runs. Dropping it ends all its processes, also if they are paused, and removes the folder.
//!
//! Everything here blocks. In async code, call it on a thread that may block. All methods take `&self`, so an instance
//! can be shared between threads.
//!
//! # If nothing is dropped
//! The kernel kills the servers when the process of the tests ends, however that happens. The folders stay behind. So
//! does a segment of 56 bytes of shared memory for each PostgreSQL server. A `static` is never dropped, so do not keep
//! an instance in one. If the process is killed while a server is paused, paused backends of PostgreSQL stay behind
//! too.
//!
//! # Servers that are not installed
//! The `start` functions return `None` if the server is not installed, and print how to install it. So the tests pass
//! on a machine without the servers. If the environment variable `HEALTH_REQUIRE_SERVICES` is `1`, they panic instead.
//! CI sets it, so that no test is skipped there.
//!
//! # Panics
//! These are tools for tests: every other failure panics, with the end of the server's log.

mod mariadb;
mod nats;
mod pgbouncer;
mod ports;
mod postgres;
mod process;
mod rabbitmq;
mod redis;
mod server;

use std::path::{Path, PathBuf};

pub use self::mariadb::MariaDb;
pub use self::nats::Nats;
pub use self::pgbouncer::PgBouncer;
pub use self::postgres::Postgres;
pub use self::process::Process;
pub use self::rabbitmq::RabbitMq;
pub use self::redis::{Redis, RedisCluster};
pub use self::server::{Instance, Server};

/// Where this program is. Without it, says that the tests of this server are skipped.
///
/// # Panics
///
/// If the program is missing and `HEALTH_REQUIRE_SERVICES` is `1`.
fn installed(server: &str, package: &str, program: &str) -> Option<PathBuf> {
    let found = find(program);
    if found.is_none() {
        let is_required = std::env::var("HEALTH_REQUIRE_SERVICES").is_ok_and(|value| value == "1");
        skip(server, package, is_required);
    }
    found
}

fn skip(server: &str, package: &str, is_required: bool) {
    let text = format!("skipped: {server} is not installed (apt-get install {package})");
    assert!(!is_required, "{text}");
    eprintln!("{text}");
}

fn find(program: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    postgres_folders()
        .into_iter()
        .chain(std::env::split_paths(&path))
        // The `PATH` of a normal user does not have this folder, and Debian has servers there.
        .chain([PathBuf::from("/usr/sbin"), PathBuf::from("/usr/lib/rabbitmq/bin")])
        .map(|folder| folder.join(program))
        .find(|program| program.is_file())
}

/// Where Debian has the programs of PostgreSQL, newest version first. Most of them are not in the `PATH`. The `psql`
/// in the `PATH` is a slow wrapper.
fn postgres_folders() -> Vec<PathBuf> {
    let version = |folder: &Path| folder.file_name()?.to_str()?.parse::<u32>().ok();
    let mut versions: Vec<_> = std::fs::read_dir("/usr/lib/postgresql")
        .into_iter()
        .flatten()
        .filter_map(|entry| Some(entry.ok()?.path()))
        .collect();
    versions.sort_by_key(|folder| std::cmp::Reverse(version(folder)));
    versions.into_iter().map(|folder| folder.join("bin")).collect()
}

/// A password as it stands in a URL.
fn url_encoded(text: &str) -> String {
    use std::fmt::Write as _;
    let mut encoded = String::new();
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            encoded.push(byte.into());
        } else {
            let _ = write!(encoded, "%{byte:02X}");
        }
    }
    encoded
}

#[cfg(test)]
mod tests {
    use super::{find, skip, url_encoded};

    #[test]
    fn a_server_that_is_not_installed_is_skipped() {
        assert_eq!(find("no-such-server"), None);
        skip("Nothing", "nothing", false);
    }

    #[test]
    #[should_panic(expected = "skipped: Nothing is not installed (apt-get install nothing)")]
    fn a_server_that_is_required_is_not_skipped() {
        skip("Nothing", "nothing", true);
    }

    #[test]
    fn a_program_is_found() {
        assert!(find("sh").is_some());
    }

    #[test]
    fn a_password_is_encoded_for_a_url() {
        assert_eq!(url_encoded("a-b@c/ü"), "a-b%40c%2F%C3%BC");
    }
}
