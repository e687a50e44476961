//! Which failing check causes the failure of another one.

use std::collections::BTreeSet;

use proptest::prelude::*;

use super::*;

/// Checks that depend on each other as listed: `[[], [0]]` is a check, and one that depends on it.
fn depending(dependencies: &[Vec<usize>]) -> Sim {
    let plan = |(index, depends_on): (usize, &Vec<usize>)| {
        let spec = CheckSpec::named(format!("c{index}"));
        let spec = if index % 2 == 0 { spec.critical() } else { spec };
        let mut plan = Plan::new(spec, Defaults::default());
        plan.depends_on = depends_on.clone().into();
        plan
    };
    let mut sim = Sim::planned(dependencies.iter().enumerate().map(plan).collect(), false, 1);
    sim.core.arm(sim.now);
    sim
}

fn failed() -> State {
    State::unhealthy(Reason::Error)
}

/// The cause of each check after these results: `-` fails, `+` passes.
fn causes(dependencies: &[Vec<usize>], results: &str) -> Vec<Option<usize>> {
    let mut sim = depending(dependencies);
    for (index, result) in results.chars().enumerate() {
        sim.rerun(index, if result == '-' { failed() } else { State::HEALTHY });
    }
    let view = sim.view();
    (0..dependencies.len()).map(|index| view.cause(index)).collect()
}

#[test]
fn a_failure_is_caused_by_the_failing_check_that_it_depends_on() {
    let pair = [vec![], vec![0]];
    assert_eq!(causes(&pair, "--"), [None, Some(0)]);
    assert_eq!(causes(&pair, "+-"), [None, None], "what it depends on passes");
    assert_eq!(causes(&pair, "-+"), [None, None], "it passes itself");
}

#[test]
fn the_cause_is_the_root_of_the_outage_also_beyond_a_check_that_passes() {
    let chain = [vec![], vec![0], vec![1]];
    assert_eq!(causes(&chain, "---"), [None, Some(0), Some(0)]);
    assert_eq!(causes(&chain, "-+-"), [None, None, Some(0)]);
    assert_eq!(causes(&chain, "+--"), [None, None, Some(1)]);
}

#[test]
fn a_check_without_a_first_result_is_no_cause_and_has_none() {
    let mut sim = depending(&[vec![], vec![0], vec![1]]);
    sim.finish(1, failed());
    assert_eq!(sim.view().cause(1), None, "the first check is still pending");
    sim.finish(0, failed());
    let view = sim.view();
    assert_eq!(
        (view.cause(1), view.cause(2)),
        (Some(0), None),
        "the last check is still pending"
    );
}

#[test]
fn a_failure_that_fail_open_lowers_is_still_a_cause() {
    let spec = CheckSpec::new("db").critical().fail_open();
    let mut plans = [
        Plan::new(spec, Defaults::default()),
        Plan::new(CheckSpec::new("a"), Defaults::default()),
    ];
    plans[1].depends_on = [0].into();
    let mut sim = Sim::planned(plans.into(), false, 1);
    sim.pass_check(0);
    sim.rerun(0, failed());
    sim.fail_check(1);
    assert_eq!(sim.view().brief(0).state.status, Status::Degraded);
    assert_eq!(sim.view().cause(1), Some(0));
}

#[test]
fn the_event_of_a_failure_names_its_cause_if_the_cause_failed_before() {
    let cause = |order: [usize; 2]| {
        let mut sim = depending(&[vec![], vec![0]]);
        for index in order {
            sim.fail_check(index);
        }
        let events = sim.events().into_iter();
        let mut causes = events.filter_map(|event| match event {
            Event::Check { index: 1, cause, .. } => Some(cause),
            _ => None,
        });
        causes.next().expect("an event of the second check")
    };
    assert_eq!(cause([0, 1]), Some(0));
    assert_eq!(cause([1, 0]), None);
}

#[test]
fn a_report_has_each_failure_directly_below_its_cause() {
    let mut sim = depending(&[vec![], vec![], vec![1], vec![], vec![1]]);
    for (index, state) in [failed(), failed(), failed(), State::HEALTHY, failed()]
        .into_iter()
        .enumerate()
    {
        sim.finish(index, state);
    }
    let view = sim.view();
    let order = |limit| view.part(Probe::Readiness, WHOLE, limit).first;
    // Checks 0, 2 and 4 are critical. The cause of two of them is not, and still stands above them.
    assert_eq!(order(9), [0, 1, 2, 4, 3]);
    assert_eq!(order(2), [0, 1], "the cause is in a short report too");
}

#[test]
fn a_cause_is_in_a_short_report_even_if_many_others_of_its_kind_come_before_it() {
    // Checks 1, 3 and 5 are not critical. Check 6 is, and comes first, but below its cause.
    let mut sim = depending(&[vec![], vec![], vec![], vec![], vec![], vec![], vec![5]]);
    for index in [1, 3, 5, 6] {
        sim.fail_check(index);
    }
    let view = sim.view();
    assert_eq!(
        view.part(Probe::Readiness, WHOLE, 2).first,
        [0, 2],
        "pending and critical ones come first"
    );
    for index in [0, 2, 4] {
        sim.pass_check(index);
    }
    let view = sim.view();
    assert_eq!(view.part(Probe::Readiness, WHOLE, 1).first, [5]);
    assert_eq!(view.part(Probe::Readiness, WHOLE, 2).first, [5, 6]);
}

/// The cause by its definition: the first failing check above this one that has no failing check above it.
fn model(dependencies: &[Vec<usize>], fails: &[bool], index: usize) -> Option<usize> {
    let above = |index: usize| {
        let (mut above, mut open) = (BTreeSet::new(), vec![index]);
        while let Some(next) = open.pop() {
            open.extend(
                dependencies[next]
                    .iter()
                    .filter(|dependency| above.insert(**dependency)),
            );
        }
        above
    };
    let is_root = |index: &usize| fails[*index] && !above(*index).iter().any(|higher| fails[*higher]);
    above(index).into_iter().find(is_root).filter(|_| fails[index])
}

proptest! {
    /// Edges lead from a higher rank to a lower one, and the ranks are shuffled: so there is no circle, and the order
    /// of declaration says nothing about the order of the dependencies.
    #[test]
    fn causes_follow_the_model_and_readiness_does_not_depend_on_them(
        ranks in Just((0..12_usize).collect::<Vec<_>>()).prop_shuffle(),
        edges in prop::collection::btree_set((0..12_usize, 0..12_usize), 0..30),
        fails in prop::collection::vec(any::<bool>(), 12),
        order in Just((0..12_usize).collect::<Vec<_>>()).prop_shuffle(),
    ) {
        let mut dependencies = vec![Vec::new(); 12];
        for (from, to) in edges {
            if ranks[from] > ranks[to] {
                dependencies[from].push(to);
            }
        }
        let (mut sim, mut free) = (depending(&dependencies), depending(&vec![Vec::new(); 12]));
        for index in order {
            let state = if fails[index] { failed() } else { State::HEALTHY };
            sim.finish(index, state);
            free.finish(index, state);
        }
        let (view, free) = (sim.view(), free.view());
        for index in 0..12 {
            let expected = model(&dependencies, &fails, index);
            prop_assert_eq!(view.cause(index), expected, "check {} of {:?}", index, &dependencies);
            prop_assert_eq!(sim.core.cause(index, sim.now), expected);
        }
        for probe in Probe::ALL {
            prop_assert_eq!(view.verdict(probe), free.verdict(probe));
        }
        let mut shown = view.part(Probe::Readiness, WHOLE, usize::MAX).first;
        shown.sort_unstable();
        prop_assert_eq!(shown, (0..12).collect::<Vec<_>>(), "every check is in the report once");
    }
}

#[test]
fn a_chain_of_a_thousand_checks_has_one_cause() {
    let chain: Vec<_> = (0..1_000_usize)
        .map(|index| index.checked_sub(1).into_iter().collect())
        .collect();
    let causes = causes(&chain, &"-".repeat(1_000));
    assert!(causes[1..].iter().all(|cause| *cause == Some(0)));
}
