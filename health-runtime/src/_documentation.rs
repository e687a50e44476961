//! The reference pages beside the items: the options, the checks, the HTTP contract, the states, the log, metrics,
//! containers, Kubernetes, manifests, and systemd.

#[cfg(feature = "macros")]
#[cfg_attr(docsrs, doc(cfg(feature = "macros")))]
#[doc = include_str!("../docs/options.md")]
pub mod options {}

#[doc = include_str!("../docs/checks.md")]
pub mod checks {}

#[doc = include_str!("../docs/faults.md")]
pub mod faults {}

#[doc = include_str!("../docs/http.md")]
pub mod http {}

#[doc = include_str!("../docs/states.md")]
pub mod states {}

#[doc = include_str!("../docs/log.md")]
pub mod log {}

#[doc = include_str!("../docs/metrics.md")]
pub mod metrics {}

#[doc = include_str!("../docs/containers.md")]
pub mod containers {}

#[cfg(feature = "kubernetes")]
#[cfg_attr(docsrs, doc(cfg(feature = "kubernetes")))]
#[doc = include_str!("../docs/kubernetes.md")]
pub mod kubernetes {}

#[cfg(feature = "systemd")]
#[cfg_attr(docsrs, doc(cfg(feature = "systemd")))]
#[doc = include_str!("../docs/systemd.md")]
pub mod systemd {}

#[cfg(feature = "kubernetes")]
#[cfg_attr(docsrs, doc(cfg(feature = "kubernetes")))]
#[doc = include_str!("../docs/manifests.md")]
pub mod manifests {}
