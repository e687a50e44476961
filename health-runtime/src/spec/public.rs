//! [`Public`]: how much the public probes tell.

/// How much the public probes tell. Internal responses always have everything.
///
/// ```
/// use health_runtime::{Health, Public};
///
/// # let runtime = tokio::runtime::Runtime::new().unwrap();
/// # let _guard = runtime.enter();
/// let health = Health::builder(()).public(Public::StatusOnly).start();
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Public {
    /// Only the status. Names of checks, versions and latencies are not shown.
    StatusOnly,
    /// The names of the checks with their states, reason codes and latencies. This is the default.
    #[default]
    CheckStates,
    /// Also the messages and details of the checks, with credentials masked.
    Details,
}
