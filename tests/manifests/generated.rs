//! The manifests that a declaration generates.
