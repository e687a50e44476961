//! Checks that you can use as fields of your state, or pass to [`HealthBuilder::check`](crate::HealthBuilder::check).
//!
//! This crate also implements [`HealthCheck`](crate::HealthCheck) for types of other crates. They are listed among the
//! implementors of that trait, each with its feature.

// Each type, and each optional crate, has a file of its own.

pub(crate) mod closure;
mod collections;
mod config_error;
mod dns;
pub(crate) mod flag;
#[cfg(feature = "tonic-0_14")]
mod grpc;
pub(crate) mod heartbeat;
#[cfg(feature = "http-client")]
mod http;
mod look;
#[cfg(feature = "object_store-0_14")]
mod object_store;
#[cfg(feature = "sqlx-0_9-sqlite")]
mod sqlx_sqlite;
mod task;
#[cfg(feature = "net")]
mod tcp;
#[cfg(feature = "tls-expiry")]
mod tls_expiry;
mod wait;

pub use config_error::ConfigError;
pub use dns::Dns;
#[cfg(feature = "tonic-0_14")]
pub use grpc::Grpc;
#[cfg(feature = "http-client")]
pub use http::{Http, HttpBuilder};
#[cfg(feature = "net")]
pub use tcp::Tcp;
#[cfg(feature = "tls-expiry")]
pub use tls_expiry::TlsExpiry;
