//! The macro, in trybuild.
