//! The metrics as text, in the format of Prometheus and in OpenMetrics.
//!
//! ```text
//! family  the names, types and texts of all metrics
//! list    which series there are, and their values
//! text    both text formats
//! ```

mod family;
mod list;
mod text;

use bytes::Bytes;

#[cfg(feature = "metrics-0_24")]
pub(crate) use self::family::{DURATION, Family, Kind};
#[cfg(feature = "metrics-0_24")]
pub(crate) use self::list::{Sink, Value, list};

use crate::format::choice;
use crate::report::Metrics;

/// A text format for metrics.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum MetricsFormat {
    /// The text format 0.0.4 of Prometheus.
    Prometheus,
    /// OpenMetrics 1.0.
    OpenMetrics,
}

impl MetricsFormat {
    /// Among equals, the first one is chosen: every scraper reads it.
    const ALL: [Self; 2] = [Self::Prometheus, Self::OpenMetrics];

    /// The format that suits this header best. A client that accepts neither gets the text of Prometheus.
    pub(crate) fn accepted(accept: Option<&str>) -> Self {
        let named = Self::ALL.map(|format| (format, format.content_type()));
        accept
            .and_then(|accept| choice::preferred(&named, accept))
            .unwrap_or(Self::Prometheus)
    }

    pub(crate) const fn content_type(self) -> &'static str {
        match self {
            Self::Prometheus => "text/plain; version=0.0.4; charset=utf-8",
            Self::OpenMetrics => "application/openmetrics-text; version=1.0.0; charset=utf-8",
        }
    }

    pub(crate) fn render(self, metrics: &Metrics) -> Bytes {
        text::render(metrics, self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What Prometheus sends: 2.5, 2.42 and 3.
    const SCRAPERS: [&str; 3] = [
        "application/openmetrics-text; version=0.0.1,text/plain;version=0.0.4;q=0.5,*/*;q=0.1",
        "application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,\
         text/plain;version=0.0.4;q=0.5,*/*;q=0.1",
        "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6,\
         application/openmetrics-text;version=0.0.1;q=0.5,text/plain;version=1.0.0;escaping=allow-utf-8;q=0.4,\
         text/plain;version=0.0.4;q=0.3,*/*;q=0.2",
    ];

    #[test]
    fn each_scraper_gets_a_version_that_it_accepts() {
        let [old, usual, new] = SCRAPERS.map(|accept| MetricsFormat::accepted(Some(accept)));
        assert_eq!(old, MetricsFormat::Prometheus, "it knows only a draft of OpenMetrics");
        assert_eq!((usual, new), (MetricsFormat::OpenMetrics, MetricsFormat::OpenMetrics));
    }

    #[test]
    fn openmetrics_has_to_be_asked_for() {
        for accept in [
            None,
            Some("*/*"),
            Some(""),
            Some("text/plain"),
            Some("text/html"),
            Some("image/png;;,"),
        ] {
            assert_eq!(MetricsFormat::accepted(accept), MetricsFormat::Prometheus, "{accept:?}");
        }
        let refused = "application/openmetrics-text;q=0, */*";
        assert_eq!(MetricsFormat::accepted(Some(refused)), MetricsFormat::Prometheus);
        assert_eq!(
            MetricsFormat::accepted(Some("application/openmetrics-text")),
            MetricsFormat::OpenMetrics
        );
    }
}
