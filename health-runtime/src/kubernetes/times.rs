//! The times that a manifest must leave room for. What writes a manifest and what checks one use the same functions.
//!
//! A manifest has whole seconds, so the periods and timeouts here are in seconds too.

use std::time::Duration;

use crate::declaration::Declaration;
use crate::engine::{BLOCKING_RUNS, FIRST_RETRY, HEARTBEAT, LONG_RUN, Plan, STUCK_AFTER, TICK};
use crate::spec::{Breaker, LATENESS, Probe, Refresh};

/// How long the network and a busy node may take for a request and its answer, beside the time in which the service
/// answers.
pub(crate) const ROOM: Duration = Duration::from_millis(200);

/// How long a router or a proxy may take to stop sending requests to a pod, once the kubelet has noticed that the pod
/// is not ready.
pub(crate) const PROPAGATION: Duration = Duration::from_secs(2);

/// How long the kubelet waits for the answer of a probe at least, in seconds: the probe budget and [`ROOM`]. A liveness
/// probe waits for no check, so [`ROOM`] is enough for it.
pub(crate) fn least_timeout(declaration: &Declaration, probe: Probe) -> u32 {
    match probe {
        Probe::Liveness => seconds(ROOM),
        _ => seconds(declaration.service.probe_budget.saturating_add(ROOM)),
    }
}

/// How long the startup checks may need, so how long the startup probe may fail at least: `failureThreshold` ×
/// `periodSeconds`. Each check may use up its timeout twice, because what it checks may start at the same time. Zero
/// without startup checks: how long startup tasks and `mark_started` need is not declared.
pub(crate) fn least_startup(declaration: &Declaration) -> Duration {
    let checks = declaration.plans.iter().filter(|plan| plan.spec.is_in(Probe::Startup));
    checks.map(two_runs).max().unwrap_or_default()
}

/// How long the first two runs of a check take, if the first one fails.
fn two_runs(plan: &Plan) -> Duration {
    let retry = match plan.refresh {
        Refresh::Interval(interval) => jittered(interval.min(FIRST_RETRY)),
        Refresh::Ttl(ttl) => ttl,
    };
    let wait = match plan.spec.breaker {
        Some(Breaker { failures: 1, reset, .. }) => retry.max(reset),
        _ => retry,
    };
    (LATENESS + plan.timeout) * 2 + wait
}

/// The least `terminationGracePeriodSeconds`: the kubelet counts it from before the `preStop` hook. After SIGTERM, the
/// service drains, and then has its `shutdown_grace`.
pub(crate) fn least_grace(declaration: &Declaration, pre_stop: Duration) -> u32 {
    let service = &declaration.service;
    let after_signal = service.drain.saturating_add(service.shutdown_grace);
    seconds(pre_stop.saturating_add(after_signal))
}

/// The shortest drain that such a readiness probe permits, in which every router notices that the pod is not ready:
/// `periodSeconds` × `failureThreshold` and [`PROPAGATION`]. While it drains, a service answers at once.
pub(crate) fn least_drain(period: u32, failure_threshold: u32) -> Duration {
    times(period, failure_threshold).saturating_add(PROPAGATION)
}

/// How long it takes at most from a change of a probe's answer to the kubelet's verdict. The last answer before the
/// change may just have been given. Then `threshold` probes have to see the change, and the last of these answers may
/// take the whole timeout. If the timeout is longer than the period, each probe may have to wait for the one before.
pub(crate) fn noticed_after(period: u32, threshold: u32, timeout: u32) -> Duration {
    times(period.max(timeout), threshold).saturating_add(secs(timeout))
}

/// How long it takes at least from the moment in which a service stops answering to its restart by such a liveness
/// probe: the first probe may come at that moment.
pub(crate) fn restarted_no_sooner_than(period: u32, threshold: u32, timeout: u32) -> Duration {
    times(period.max(timeout), threshold.saturating_sub(1)).saturating_add(secs(timeout))
}

/// How long a blocked runtime must stay without a restart at least, so that the service can report itself as `stalled`
/// before: `stalled_after`, or its default.
pub(crate) fn least_restart(declaration: &Declaration) -> Duration {
    declaration.service.stalled_after.unwrap_or(HEARTBEAT)
}

/// How long a check takes at most to notice a change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Turns {
    /// From the moment when what it checks fails to the moment when the check fails.
    pub(crate) to_failing: Duration,
    /// From the moment when what it checks works again to the moment when the check passes.
    pub(crate) to_passing: Duration,
}

/// How long this check takes at most to notice a change. `period` is how often a probe asks, in seconds: a check with a
/// `ttl` runs only then. `blocking` is the number of checks that block their thread.
///
/// In the worst case, a run has just looked at what it checks. Then the next run begins after the [`gap`], and each run
/// takes as long as it may.
///
/// - To failing: `failure_threshold` runs have to fail. The last of them may block its thread. Then the check is
///   `stuck` at [`STUCK_AFTER`] after the timeout.
/// - To passing: `success_threshold` runs have to pass. With a breaker, the run that has just looked may open it. Then
///   the first trial comes after `reset`, and `successes` trials have to pass.
///
/// A breaker never delays a failure, because it opens only after the check fails. `max_age` does not count either: a
/// result becomes `stale` only if no run ends for that long, and then the check is `stuck` before.
///
/// The process has to run all the time, and its runtime has to begin each run within [`LATENESS`]. A run that blocks
/// its thread delays the recovery until it returns. A full pool is detected later: its check is `saturated` for
/// `max_age` before it is `exhausted`.
pub(crate) fn turns(plan: &Plan, period: u32, blocking: usize) -> Turns {
    let late = LATENESS + waits_for_thread(plan, blocking);
    let gap = gap(plan, period, late);
    let after_gaps = |count: u32| gap * count + late + plan.timeout;
    let by_runs = after_gaps(plan.spec.success_threshold);
    let by_trials = plan.spec.breaker.map(|breaker| {
        let asked = match plan.refresh {
            Refresh::Interval(_) => Duration::ZERO,
            Refresh::Ttl(_) => secs(period),
        };
        let first = gap.max(plan.timeout + breaker.reset + asked);
        first + after_gaps(breaker.successes.saturating_sub(1))
    });
    Turns {
        to_failing: after_gaps(plan.spec.failure_threshold) + STUCK_AFTER,
        to_passing: by_runs.max(by_trials.unwrap_or_default()),
    }
}

/// The longest time from the begin of one run to the begin of the next.
///
/// With an interval, it is the interval and its jitter of 10 %. A run that is due while the run before is still in
/// flight is skipped. So if a run may take longer than the shortest interval, the next one may begin an interval after
/// its end.
///
/// With a `ttl`, the next run begins when a probe asks after the end of the run and the `ttl`.
fn gap(plan: &Plan, period: u32, late: Duration) -> Duration {
    match plan.refresh {
        Refresh::Interval(interval) if late + plan.timeout > interval.mul_f64(0.9) => {
            late + plan.timeout + jittered(interval)
        }
        Refresh::Interval(interval) => jittered(interval),
        Refresh::Ttl(ttl) => late + plan.timeout + ttl + secs(period),
    }
}

/// How long a run of a `blocking` check may wait for its thread, if all checks of the service hang: 16 of them run at
/// once, and a run that takes longer than a second makes way for the next one.
fn waits_for_thread(plan: &Plan, blocking: usize) -> Duration {
    if !plan.spec.blocking {
        return Duration::ZERO;
    }
    let turns = blocking.saturating_sub(1) / BLOCKING_RUNS;
    (LONG_RUN + TICK) * u32::try_from(turns).unwrap_or(u32::MAX)
}

/// The interval with the largest jitter.
fn jittered(interval: Duration) -> Duration {
    interval + interval / 10
}

/// The largest number in a manifest.
const LARGEST: u32 = i32::MAX.cast_unsigned();

/// A time of a manifest: whole seconds, rounded up, at least one.
pub(crate) fn seconds(time: Duration) -> u32 {
    let whole = time.as_secs().saturating_add(u64::from(time.subsec_nanos() > 0));
    u32::try_from(whole).unwrap_or(LARGEST).clamp(1, LARGEST)
}

fn secs(seconds: u32) -> Duration {
    Duration::from_secs(seconds.into())
}

fn times(period: u32, count: u32) -> Duration {
    Duration::from_secs(u64::from(period) * u64::from(count))
}
