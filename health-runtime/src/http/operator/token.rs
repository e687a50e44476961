//! Whether a request has the token of the internal port.

#[cfg(all(feature = "page", feature = "serve"))]
use crate::format::Format;
#[cfg(all(feature = "page", feature = "serve"))]
use crate::http::operator::login;
use crate::http::{Answer, FORMAT, ProbeRequest, Probes};
use crate::report::Audience;

const UNAUTHORIZED: &str = "unauthorized";

/// The name of the cookie that the page uses.
pub(super) const COOKIE: &str = "health_token";

impl Probes {
    /// Whether every request needs the token.
    pub(in crate::http) fn is_guarded(&self) -> bool {
        self.audience == Audience::Internal && self.engine.service.internal_token.is_some()
    }

    /// The refusal of a request without the token. It tells nothing about the service, also not whether it drains.
    pub(in crate::http) fn unauthorized(&self, request: &ProbeRequest<'_>) -> Option<Answer> {
        if !self.is_guarded() {
            return None;
        }
        let token = self.engine.service.internal_token.as_ref()?;
        let given = bearer(request).or_else(|| cookie(request));
        if given.is_some_and(|given| token.is(given)) {
            return None;
        }
        #[cfg(all(feature = "page", feature = "serve"))]
        if request
            .accept
            .is_some_and(|accept| Format::accepted(accept) == Format::Page)
        {
            return Some(login::form_again());
        }
        let body = FORMAT.refusal(UNAUTHORIZED);
        Some(Answer::error(401, false, body).with_header("www-authenticate", "Bearer"))
    }
}

/// The token of the header `Authorization` (RFC 6750, section 2.1).
fn bearer<'a>(request: &ProbeRequest<'a>) -> Option<&'a str> {
    let (scheme, token) = request.authorization?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim_matches(' '))
}

/// The token in the cookie of the page.
fn cookie<'a>(request: &ProbeRequest<'a>) -> Option<&'a str> {
    let pairs = request
        .cookie?
        .split(';')
        .filter_map(|pair| pair.trim().split_once('='));
    pairs
        .into_iter()
        .find_map(|(name, value)| (name == COOKIE).then_some(value))
}
