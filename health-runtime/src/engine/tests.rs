//! What probes read is what has been published, until it no longer holds.

use super::*;
use crate::{Checks, Health, HealthState};

struct Empty;

impl HealthState for Empty {
    fn register(_: &mut Checks<Self>) {}
}

#[test]
fn a_view_is_made_once_and_read_until_something_changes() {
    let health = Health::builder(Empty).start_on(None).unwrap();
    let engine = &health.engine;
    let view = engine.view();
    for probe in Probe::ALL {
        engine.with(|_, _| ()); // changes nothing
        let fresh = engine.fresh_view(probe).expect("it has just been made");
        assert!(Arc::ptr_eq(&view, &fresh), "{probe}");
    }
    assert!(Arc::ptr_eq(&view, &engine.view()));
    engine.with(|core, _| core.hold());
    assert!(Probe::ALL.iter().all(|probe| engine.fresh_view(*probe).is_none()));
    assert!(!Arc::ptr_eq(&view, &engine.view()));
}
