//! [`Package`], the name and version of the crate that a service is built from.

/// The name and version of a crate, as passed to [`HealthBuilder::package`](crate::HealthBuilder::package). It is
/// created by the [`package!`](crate::package) macro.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Package {
    name: &'static str,
    version: &'static str,
}

impl Package {
    #[doc(hidden)]
    pub const fn __new(name: &'static str, version: &'static str) -> Self {
        Self { name, version }
    }

    /// Returns the crate's `name` from `Cargo.toml`.
    pub const fn name(self) -> &'static str {
        self.name
    }

    /// Returns the crate's `version` from `Cargo.toml`.
    pub const fn version(self) -> &'static str {
        self.version
    }
}

/// Returns the [`Package`] of the crate that invokes this macro.
///
/// ```
/// let package = health_runtime::package!();
/// assert_eq!(package.name(), env!("CARGO_PKG_NAME"));
/// assert_eq!(package.version(), env!("CARGO_PKG_VERSION"));
/// ```
#[macro_export]
macro_rules! package {
    () => {
        $crate::Package::__new(::core::env!("CARGO_PKG_NAME"), ::core::env!("CARGO_PKG_VERSION"))
    };
}
