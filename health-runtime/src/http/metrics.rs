//! The answer with the metrics.

use crate::format::MetricsFormat;
use crate::http::{Answer, ProbeRequest, Probes};

impl Probes {
    /// The metrics, in the format that the client prefers. The status is always 200: a scraper takes any other one for
    /// an outage of the service, and then has no metrics of it.
    pub(super) fn metrics(&self, request: &ProbeRequest<'_>) -> Answer {
        let format = MetricsFormat::accepted(request.accept);
        let body = format.render(&self.engine.metrics());
        Answer::page(format.content_type(), self.engine.is_draining(), body)
    }
}
