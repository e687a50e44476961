//! The text format 0.0.4 of Prometheus, and OpenMetrics 1.0.
//!
//! Both have the same series with the same labels, so a query gives the same whichever format a scraper asks for. They
//! differ in the types (0.0.4 has neither `info` nor `stateset`), in the line `# UNIT`, and in the name of a counter in
//! its `# TYPE`.
//!
//! The crate `prometheus-client` does not fit: it writes OpenMetrics only, has no `StateSet`, and needs a registry of
//! metric objects, while here every value is in a snapshot already.

use std::fmt::Write as _;
use std::time::Duration;

use bytes::Bytes;

use super::MetricsFormat;
use super::family::{Family, Kind};
use super::list::{Label, Sink, Value, list};
use crate::report::{Counts, Metrics};

/// About the length of the series of one check, and of those of the service.
const ABOUT: usize = 1400;

pub(super) fn render(metrics: &Metrics, format: MetricsFormat) -> Bytes {
    let mut text = Text {
        format,
        out: String::with_capacity((metrics.checks.len() + 3) * ABOUT),
        family: None,
        has_head: false,
    };
    list(metrics, &mut text);
    if format == MetricsFormat::OpenMetrics {
        text.out.push_str("# EOF\n");
    }
    text.out.into()
}

struct Text {
    format: MetricsFormat,
    out: String,
    family: Option<&'static Family>,
    /// The lines about the family have been written. A family without series has none.
    has_head: bool,
}

impl Sink for Text {
    fn family(&mut self, family: &'static Family) {
        self.family = Some(family);
        self.has_head = false;
    }

    fn series(&mut self, labels: &[Label<'_>], value: Value<'_>) {
        let Some(family) = self.family else { return };
        if !self.has_head {
            self.head(family);
            self.has_head = true;
        }
        match value {
            Value::Integer(value) => self.line(family, family.suffix(), labels, None, value),
            Value::Float(value) => self.line(family, family.suffix(), labels, None, value),
            Value::Histogram { counts, buckets } => self.histogram(family, labels, counts, buckets),
        }
    }
}

impl Text {
    fn head(&mut self, family: &Family) {
        let name = self.documented_name(family);
        self.about("HELP", &name, family.help);
        self.about("TYPE", &name, self.type_of(family));
        if let Some(unit) = family.unit
            && self.format == MetricsFormat::OpenMetrics
        {
            self.about("UNIT", &name, unit);
        }
    }

    fn about(&mut self, what: &str, name: &str, text: &str) {
        let _ = writeln!(self.out, "# {what} {name} {text}");
    }

    /// The name in the lines about the family: that of its series, in OpenMetrics without the suffix.
    fn documented_name(&self, family: &Family) -> String {
        let suffix = match self.format {
            MetricsFormat::Prometheus => family.suffix(),
            MetricsFormat::OpenMetrics => "",
        };
        format!("{}{suffix}", family.name)
    }

    fn type_of(&self, family: &Family) -> &'static str {
        match (family.kind, self.format) {
            (Kind::Counter, _) => "counter",
            (Kind::Histogram, _) => "histogram",
            (Kind::Info, MetricsFormat::OpenMetrics) => "info",
            (Kind::StateSet, MetricsFormat::OpenMetrics) => "stateset",
            (Kind::Gauge | Kind::Info | Kind::StateSet, _) => "gauge",
        }
    }

    fn histogram(&mut self, family: &Family, labels: &[Label<'_>], counts: &Counts, buckets: bool) {
        for (bound, count) in counts.buckets().filter(|_| buckets) {
            self.line(family, "_bucket", labels, Some(&bucket(bound)), count);
        }
        self.line(family, "_bucket", labels, Some("+Inf"), counts.runs());
        self.line(family, "_sum", labels, None, counts.took().as_secs_f64());
        self.line(family, "_count", labels, None, counts.runs());
    }

    fn line(
        &mut self,
        family: &Family,
        suffix: &str,
        labels: &[Label<'_>],
        bucket: Option<&str>,
        value: impl std::fmt::Display,
    ) {
        self.out.push_str(family.name);
        self.out.push_str(suffix);
        let mut opens = '{';
        for (name, value) in labels.iter().copied().chain(bucket.map(|bucket| ("le", bucket))) {
            self.out.push(opens);
            self.out.push_str(name);
            self.out.push_str("=\"");
            self.escape(value);
            self.out.push('"');
            opens = ',';
        }
        if opens == ',' {
            self.out.push('}');
        }
        let _ = writeln!(self.out, " {value}");
    }

    /// Writes the value of a label. Both formats escape the same three characters.
    fn escape(&mut self, value: &str) {
        let mut rest = value;
        while let Some(place) = rest.find(['\\', '"', '\n']) {
            let (plain, from) = rest.split_at(place);
            self.out.push_str(plain);
            self.out.push_str(match from.as_bytes()[0] {
                b'\n' => "\\n",
                b'"' => "\\\"",
                _ => "\\\\",
            });
            rest = &from[1..];
        }
        self.out.push_str(rest);
    }
}

/// The bound of a bucket, in seconds. OpenMetrics asks for `1.0` and not `1`. So do the labels that Prometheus stores.
fn bucket(bound: Duration) -> String {
    format!("{:?}", bound.as_secs_f64())
}

#[cfg(test)]
mod tests;
