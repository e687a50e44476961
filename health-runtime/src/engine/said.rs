//! [`Said`]: what a run said beside its state.

use std::sync::Arc;

use crate::detail::Detail;
use crate::outcome::PartList;

/// What a run said beside its state. The slot of the check and every view share it, so a view costs one reference count
/// for each check that said something, and nothing for the others.
#[derive(Clone, Debug, Default)]
pub(crate) struct Said {
    /// Of limited length, with credentials masked.
    pub(crate) message: Option<Arc<str>>,
    pub(crate) details: Option<Arc<[Detail]>>,
    pub(crate) parts: Option<Arc<PartList>>,
}

impl Said {
    /// `None` if the run said nothing.
    pub(in crate::engine) fn shared(self) -> Option<Arc<Self>> {
        let is_empty = self.message.is_none() && self.details.is_none() && self.parts.is_none();
        (!is_empty).then(|| Arc::new(self))
    }
}
