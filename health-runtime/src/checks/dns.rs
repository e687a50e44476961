//! [`Dns`], a check that a name resolves, and the lookup that other checks use.

use std::net::{IpAddr, SocketAddr, ToSocketAddrs as _};
use std::sync::Arc;
use std::time::Duration;

use crate::BoxError;
use crate::check::HealthCheck;
use crate::checks::config_error::ConfigError;
use crate::checks::look::Looks;
use crate::current_run::patience;
use crate::outcome::{CheckResult, Outcome};

/// A check that a name resolves to at least one IP address.
///
/// The name is resolved in the same way as by most programs on the system, with `getaddrinfo`. So `/etc/hosts`, the
/// search domains in `/etc/resolv.conf` and the system's caches apply. Nothing connects to the addresses.
///
/// | what it finds | result |
/// |---|---|
/// | the name has at least one IPv4 or IPv6 address | healthy |
/// | the name does not exist, or has no address | unhealthy, `error` |
/// | the resolver fails or cannot be reached | unhealthy, `error` |
/// | there is no answer within 3/4 of the check's timeout | unhealthy, `error` |
///
/// Details, if the check is healthy: `addresses`, which is the number of different addresses.
///
/// Feature: none is needed.
///
/// # Cost
///
/// Each run calls `getaddrinfo` once, which usually sends two queries to the resolver, one for IPv4 and one for IPv6.
/// The call can hang for as long as the system's resolver retries, which is often 10 s or more, and it cannot be
/// aborted. For this reason, it runs on a short-lived thread named `health dns`, so it blocks neither a worker thread
/// nor a thread of the runtime's blocking pool. At most one call is in flight for each name. Until a call returns, all
/// checks that need the same name wait for it instead of starting another one.
///
/// If the check runs outside of an engine, it waits for up to 1 s.
///
/// # Example
///
/// ```
/// use health_runtime::HealthState;
/// use health_runtime::checks::Dns;
///
/// #[derive(Clone, HealthState)]
/// struct AppState {
///     #[health_check(interval = "30s", timeout = "3s")]
///     partner: Dns,
/// }
///
/// # fn main() -> Result<(), health_runtime::checks::ConfigError> {
/// let state = AppState { partner: Dns::new("api.partner.example")? };
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct Dns {
    name: Arc<str>,
}

impl Dns {
    /// Creates a check of this name. With a dot at the end, the system does not add a search domain.
    ///
    /// # Errors
    ///
    /// Returns an error if the name can never resolve: if it is empty, is longer than 253 bytes (without a dot at the
    /// end), or contains spaces, control characters, or characters of a URL such as `/` and `:`. The name is not
    /// resolved yet.
    pub fn new(name: impl AsRef<str>) -> Result<Self, ConfigError> {
        let name = name.as_ref();
        validate(name)?;
        Ok(Self { name: name.into() })
    }
}

impl HealthCheck for Dns {
    async fn check(&self) -> CheckResult {
        let addresses = resolve(&self.name, patience()).await?;
        Ok(Outcome::healthy().detail("addresses", addresses.len()))
    }
}

/// Refuses texts that cannot be the name of a host. An IP address is accepted.
pub(super) fn validate(name: &str) -> Result<(), ConfigError> {
    let is_bad = |c: char| c.is_whitespace() || c.is_control() || "/\\:@?#[]".contains(c);
    if name.is_empty() {
        Err(ConfigError::new("the name of the host is empty"))
    } else if name.strip_suffix('.').unwrap_or(name).len() > 253 {
        Err(ConfigError::new("the name of the host is longer than 253 bytes"))
    } else if name.contains(is_bad) && name.parse::<IpAddr>().is_err() {
        Err(ConfigError::new(
            "the name of the host contains a sign that no name has; write only the name, like `db.example.com`",
        ))
    } else {
        Ok(())
    }
}

/// The different addresses of a name, with the port 0.
pub(super) async fn resolve(name: &str, patience: Duration) -> Result<Vec<SocketAddr>, BoxError> {
    let host = name.to_owned();
    resolve_by(name, patience, move || look_up(&host)).await
}

async fn resolve_by(
    name: &str,
    patience: Duration,
    find: impl FnOnce() -> Result<Vec<SocketAddr>, BoxError> + Send + 'static,
) -> Result<Vec<SocketAddr>, BoxError> {
    static LOOKUPS: Looks<String, Vec<SocketAddr>> = Looks::new("health dns");

    if let Ok(address) = name.parse::<IpAddr>() {
        return Ok(vec![SocketAddr::new(address, 0)]);
    }
    match LOOKUPS.look(name.to_owned(), patience, find).await {
        Some(Ok(addresses)) if addresses.is_empty() => Err(format!("`{name}` has no address").into()),
        Some(Ok(addresses)) => Ok(addresses),
        Some(Err(error)) => Err(format!("`{name}` does not resolve: {error}").into()),
        None => Err(format!(
            "the resolver has not answered for `{name}` within {} ms",
            patience.as_millis()
        )
        .into()),
    }
}

fn look_up(name: &str) -> Result<Vec<SocketAddr>, BoxError> {
    let mut addresses = Vec::new();
    let found = (name, 0).to_socket_addrs().map_err(|error| {
        // The standard library adds this text before that of the system.
        let text = error.to_string();
        let system = text.strip_prefix("failed to lookup address information: ");
        system.unwrap_or(&text).to_owned()
    })?;
    for address in found {
        if !addresses.contains(&address) {
            addresses.push(address);
        }
    }
    Ok(addresses)
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use super::*;
    use crate::Status;

    #[tokio::test]
    async fn a_name_that_resolves_is_healthy_with_the_number_of_its_addresses() {
        let outcome = Dns::new("localhost")
            .expect("a name")
            .check()
            .await
            .expect("it resolves");
        assert_eq!(outcome.status(), Status::Healthy);
        let addresses = &outcome.details()[0];
        assert_eq!(addresses.name, "addresses");
        assert!(addresses.value.as_f64() >= Some(1.0), "{addresses:?}");
    }

    /// No label of a name is longer than 63 bytes, so the system answers without asking a server.
    #[tokio::test]
    async fn a_name_that_does_not_exist_is_an_error_with_the_words_of_the_system() {
        let name = "x".repeat(64);
        let error = Dns::new(&name).expect("a name").check().await.unwrap_err();
        let (before, after) = error.to_string().split_once(": ").map(own).expect("a cause");
        assert_eq!(before, format!("`{name}` does not resolve"));
        assert!(!after.is_empty() && !after.contains("lookup"), "{after}");
    }

    fn own((before, after): (&str, &str)) -> (String, String) {
        (before.to_owned(), after.to_owned())
    }

    #[tokio::test]
    async fn an_address_needs_no_lookup() {
        let never = || panic!("no lookup");
        for address in ["127.0.0.1", "::1"] {
            let found = resolve_by(address, Duration::ZERO, never).await.expect("an address");
            assert_eq!(found, [SocketAddr::new(address.parse().expect("an address"), 0)]);
        }
    }

    #[tokio::test]
    async fn a_resolver_that_hangs_is_named_and_so_is_a_name_without_addresses() {
        let (answers, hangs) = mpsc::channel::<()>();
        let hung = move || {
            let _ = hangs.recv();
            Ok(Vec::new())
        };
        let error = resolve_by("hung", Duration::from_millis(20), hung).await.unwrap_err();
        assert_eq!(
            error.to_string(),
            "the resolver has not answered for `hung` within 20 ms"
        );
        drop(answers);
        let error = resolve_by("none", Duration::MAX, || Ok(Vec::new())).await.unwrap_err();
        assert_eq!(error.to_string(), "`none` has no address");
    }

    #[test]
    fn what_can_be_no_name_is_refused_at_once() {
        let long = "x".repeat(254);
        for bad in ["", "a b", "db:5432", "https://a", "a\n", "u@h", "[::1]", &long] {
            Dns::new(bad).expect_err(bad);
        }
        let longest = format!("{}.", "x".repeat(253));
        for good in ["localhost", "a_b.example.com.", "bücher.example", "::1", &longest] {
            Dns::new(good).expect(good);
        }
    }
}
