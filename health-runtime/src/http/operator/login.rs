//! The form in which a browser gives the token. A browser cannot send a bearer token for a page, so it gets a cookie.

use std::time::Duration;

use bytes::Bytes;
use http::Method;
use http_body_util::{BodyExt as _, Collected, Limited};
use hyper::body::Body;

use crate::http::internal::InternalPath;
use crate::http::operator::token::COOKIE;
use crate::http::{Answer, ProbeRequest, Probes};
use crate::outcome::BoxError;
use crate::spec::Probe;

/// The longest body of a form that is read. A token has at most 256 characters.
const MOST: usize = 4096;

/// How long a client may take to send the form.
const PATIENCE: Duration = Duration::from_secs(10);

const WRONG_METHOD: &str = "use POST";

/// The form has no style and no script, so the policy allows nothing but to send it.
const POLICY: &str = "default-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'";

const FORM: &str = "<!doctype html>
<html lang=\"en\">
<head>
<meta charset=\"utf-8\">
<title>Token</title>
<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">
<meta name=\"color-scheme\" content=\"light dark\">
</head>
<body>
<main>
<h1>Token</h1>
<form method=\"post\" action=\"/login\">
<p><label for=\"token\">Token of the internal port</label></p>
<p><input id=\"token\" name=\"token\" type=\"password\" autocomplete=\"current-password\" required autofocus></p>
<p><button>Show the page</button></p>
</form>
</main>
</body>
</html>
";

/// The body of the request, if it is the form. A body that is too long or comes too slowly is no form.
pub(in crate::http) async fn form<B>(internal: InternalPath, method: &Method, body: B) -> Bytes
where
    B: Body,
    B::Error: Into<BoxError>,
{
    if internal != InternalPath::Login || method != Method::POST {
        return Bytes::new();
    }
    let read = tokio::time::timeout(PATIENCE, Limited::new(body, MOST).collect());
    read.await
        .ok()
        .and_then(Result::ok)
        .map(Collected::to_bytes)
        .unwrap_or_default()
}

impl Probes {
    /// Gives the browser a cookie if the form has the right token, and sends it to the page.
    ///
    /// The cookie is the token itself, so it holds for all replicas behind one address, and ends with the token. A
    /// script cannot read it (`HttpOnly`), no other site can use it (`SameSite=Strict`), and it is gone when the
    /// browser is closed. It has no `Secure`, because an internal port is mostly reached over a forwarded port without
    /// TLS.
    pub(in crate::http) fn login(&self, request: &ProbeRequest<'_>) -> Answer {
        if request.method != "POST" {
            return self
                .unauthorized(request)
                .unwrap_or_else(|| self.refusal(405, WRONG_METHOD).with_header("allow", "POST"));
        }
        let mut given = form_urlencoded::parse(request.form).filter(|(key, _)| key == "token");
        let given = given.next().map(|(_, value)| value);
        let token = self.engine.service.internal_token.as_ref();
        if !token.zip(given.as_ref()).is_some_and(|(token, given)| token.is(given)) {
            return form_again();
        }
        let cookie = format!(
            "{COOKIE}={}; Path=/; HttpOnly; SameSite=Strict",
            given.unwrap_or_default()
        );
        let routes = &self.engine.service.routes;
        let page = routes.iter().find(|route| route.probe == Probe::Health);
        Answer::page("text/html; charset=utf-8", false, Bytes::new())
            .with_status(303)
            .with_header("location", page.map_or("/", |route| &*route.path))
            .with_header("set-cookie", cookie)
    }
}

/// The refusal of a browser without the token.
pub(super) fn form_again() -> Answer {
    Answer::page("text/html; charset=utf-8", false, Bytes::from_static(FORM.as_bytes()))
        .with_status(401)
        .with_header("www-authenticate", "Bearer")
        .with_header("content-security-policy", POLICY)
        .with_header("referrer-policy", "no-referrer")
}
