//! The rendered bodies of a view. Each is rendered once, by the first request for it, and dropped with the view.

use std::sync::OnceLock;

use bytes::Bytes;

use crate::engine::{Derived, View};
use crate::report::Audience;
use crate::spec::Probe;

#[derive(Debug, Default)]
pub(super) struct Bodies([[OnceLock<Bytes>; 4]; 2]);

impl Derived for Bodies {}

impl Bodies {
    pub(super) fn of(view: &View) -> &Self {
        view.derived()
    }

    /// The body of the probe for this audience. The first call renders it.
    pub(super) fn get(&self, probe: Probe, audience: Audience, render: impl FnOnce() -> Bytes) -> &Bytes {
        self.0[audience as usize][probe as usize].get_or_init(render)
    }
}
