//! Records the metrics through the facade of the crate `metrics`, for services that have a recorder.
//!
//! The series are those of the text formats: both come from `format::list`. Only the durations of runs come from a list
//! of their own, because a recorder makes its histograms itself, and so needs each duration.

use std::collections::HashMap;
use std::mem;
use std::time::Duration;

use metrics::{Key, KeyName, Label, Level, Metadata, Recorder, SharedString, Unit, with_recorder};

use crate::engine::WeakEngine;
use crate::format::{DURATION, Family, Kind, Sink, Value, list};
use crate::health::Health;
use crate::panics;
use crate::report::Metrics;

/// How often the values are recorded.
const PERIOD: Duration = Duration::from_secs(5);

const METADATA: Metadata<'_> = Metadata::new("health", Level::INFO, None);

impl Health {
    /// Records the metrics of the service with the recorder of the crate [metrics](https://docs.rs/metrics/0.24) 0.24,
    /// now and then every 5 s. Use this if the service already has a recorder, such as the one of
    /// `metrics-exporter-prometheus`. Otherwise, scrape `/metrics` of [`serve_internal`](Self::serve_internal), which
    /// needs no recorder.
    ///
    /// The names and labels are those of [the table](crate::_documentation::metrics). Three things differ:
    ///
    /// - `health_check_duration_seconds` is a histogram of the recorder, with the recorder's buckets. It has the runs
    ///   that ended after this call.
    /// - A recorder never forgets a series. A state or reason that no longer applies is 0, and a detail that a check no
    ///   longer reports is NaN.
    /// - Counters are set to their absolute values. So they also include what happened before this call, if there was
    ///   an internal port or router already.
    ///
    /// The values are recorded on a thread for blocking work of the runtime that the checks run on. While every worker
    /// of that runtime is blocked, nothing is recorded. A recorder that is slow or panics affects neither the checks
    /// nor the probes. The values always go to the global recorder. It may be installed later than this call.
    ///
    /// Calling this method again has no effect. It does not keep the engine alive. When the last [`Health`] is dropped,
    /// the values stay as they are. If a process has several engines, record only one of them: their series have the
    /// same names.
    ///
    /// ```no_run
    /// # use health_runtime::{Flag, HealthState};
    /// # #[derive(Clone, HealthState)]
    /// # struct AppState { #[health_check] flag: Flag }
    /// # #[tokio::main]
    /// # async fn main() {
    /// # let state = AppState { flag: Flag::healthy() };
    /// let health = state.start_health();
    /// health.record_metrics();
    /// # }
    /// ```
    #[cfg_attr(docsrs, doc(cfg(feature = "metrics-0_24")))]
    pub fn record_metrics(&self) {
        self.engine.keep_history();
        if self.engine.with(|core, _| core.keep_durations()) {
            self.engine.spawn(record_all(WeakEngine::new(&self.engine)));
        }
    }
}

/// Records again and again until the engine ends.
async fn record_all(engine: WeakEngine) {
    let mut gone = Gone::default();
    loop {
        let look = engine.clone();
        // A recorder is code of somebody else, and may block.
        let pass = move || pass(&look, &mut gone).map(|()| gone);
        match tokio::task::spawn_blocking(pass).await {
            Ok(Some(kept)) => gone = kept,
            _ => return, // the engine or the runtime has ended
        }
        engine.sleep(PERIOD).await;
    }
}

/// Records all values once. `None` if the engine has ended.
fn pass(engine: &WeakEngine, gone: &mut Gone) -> Option<()> {
    let (metrics, durations) = engine.look(|engine| {
        let durations = engine.with(|core, _| core.take_durations());
        (engine.metrics(), durations)
    })?;
    // Not inside of `look`: a recorder that hangs must not keep the engine.
    panics::run(|| with_recorder(|recorder| record(recorder, &metrics, &durations, gone)));
    Some(())
}

/// The gauges that were recorded last, and what each one is set to if it is not recorded again.
type Gone = HashMap<Key, f64>;

fn record(recorder: &dyn Recorder, metrics: &Metrics, durations: &[(usize, Duration)], gone: &mut Gone) {
    let mut recording = Recording {
        recorder,
        family: None,
        gauges: Gone::with_capacity(gone.len()),
    };
    list(metrics, &mut recording);
    let gauges = recording.gauges;
    for (key, value) in mem::take(gone) {
        if !gauges.contains_key(&key) {
            recorder.register_gauge(&key, &METADATA).set(value);
        }
    }
    *gone = gauges;
    for (check, took) in durations {
        let name = metrics.checks[*check].name.clone();
        let key = Key::from_parts(DURATION.name, vec![Label::new("check", name)]);
        recorder.register_histogram(&key, &METADATA).record(*took);
    }
}

struct Recording<'a> {
    recorder: &'a dyn Recorder,
    family: Option<&'static Family>,
    gauges: Gone,
}

impl Sink for Recording<'_> {
    fn family(&mut self, family: &'static Family) {
        self.family = Some(family);
        let name = KeyName::from(name(family));
        let (unit, help) = (family.unit.map(|_| Unit::Seconds), SharedString::const_str(family.help));
        match family.kind {
            Kind::Counter => self.recorder.describe_counter(name, unit, help),
            Kind::Histogram => self.recorder.describe_histogram(name, unit, help),
            Kind::Gauge | Kind::Info | Kind::StateSet => self.recorder.describe_gauge(name, unit, help),
        }
    }

    fn series(&mut self, labels: &[(&'static str, &str)], value: Value<'_>) {
        let Some(family) = self.family else { return };
        let labels: Vec<_> = labels
            .iter()
            .map(|(name, value)| Label::new(*name, (*value).to_owned()))
            .collect();
        let key = Key::from_parts(name(family), labels);
        match value {
            Value::Integer(value) if family.kind == Kind::Counter => {
                self.recorder.register_counter(&key, &METADATA).absolute(value);
            }
            // The other integers are 0 or 1.
            Value::Integer(value) => self.gauge(key, if value == 0 { 0.0 } else { 1.0 }, 0.0),
            Value::Float(value) => self.gauge(key, value, f64::NAN),
            Value::Histogram { .. } => {}
        }
    }
}

impl Recording<'_> {
    fn gauge(&mut self, key: Key, value: f64, when_gone: f64) {
        self.recorder.register_gauge(&key, &METADATA).set(value);
        self.gauges.insert(key, when_gone);
    }
}

/// The name of the series, as in the text formats.
fn name(family: &Family) -> String {
    format!("{}{}", family.name, family.suffix())
}

#[cfg(test)]
mod tests;
