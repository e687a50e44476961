//! [`Target`], the parts of the URL that a request needs.

use std::net::Ipv6Addr;

use crate::probe::plain;

const EXAMPLE: &str = "write it like `http://localhost:3000/livez`";

/// A message shows at most this many characters of the URL.
const SHOWN: usize = 80;

/// Where to connect, and what to ask for.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Target {
    /// A name or an address, without brackets.
    pub(super) host: String,
    pub(super) port: u16,
    /// The value of the header `Host`.
    pub(super) authority: String,
    /// The path and the query.
    pub(super) path: String,
}

impl Target {
    /// Parses an absolute `http` URL. The error says what to write instead.
    pub(super) fn parse(url: &str) -> Result<Self, String> {
        let Some((scheme, rest)) = url.split_once("://") else {
            return Err(format!("`{}` is not an absolute URL; {EXAMPLE}", plain(url, SHOWN)));
        };
        if scheme.eq_ignore_ascii_case("https") {
            return Err(
                "https is not supported; probe a port of the service that serves plain HTTP, such as its internal port"
                    .into(),
            );
        }
        if !scheme.eq_ignore_ascii_case("http") {
            return Err(format!(
                "the scheme `{}` is not supported; {EXAMPLE}",
                plain(scheme, SHOWN)
            ));
        }
        let rest = rest.split('#').next().unwrap_or_default();
        let (authority, path) = rest.split_at(rest.find(['/', '?']).unwrap_or(rest.len()));
        // Before anything of the URL is shown: this is where a password stands.
        if authority.contains('@') {
            return Err("the URL contains a user name or a password; remove what is before the `@`".into());
        }
        // A space or a line break would end the request line.
        if !path.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(
                "the path of the URL contains a space or a character that is not ASCII; write it percent-encoded"
                    .into(),
            );
        }
        let (host, port) = split(authority)?;
        Ok(Self {
            host: host.into(),
            port,
            authority: authority.into(),
            path: if path.starts_with('/') {
                path.into()
            } else {
                format!("/{path}")
            },
        })
    }
}

/// The host, without brackets, and the port.
fn split(authority: &str) -> Result<(&str, u16), String> {
    let host_problem = || {
        let shown = plain(authority, SHOWN);
        format!("`{shown}` is not a host with an optional port; {EXAMPLE}, or like `http://[::1]:3000/livez`")
    };
    let (host, port) = if let Some(rest) = authority.strip_prefix('[') {
        let (host, port) = rest.split_once(']').ok_or_else(host_problem)?;
        if host.parse::<Ipv6Addr>().is_err() || !(port.is_empty() || port.starts_with(':')) {
            return Err(host_problem());
        }
        (host, port.strip_prefix(':'))
    } else {
        let (host, port) = match authority.split_once(':') {
            Some((host, port)) => (host, Some(port)),
            None => (authority, None),
        };
        let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._".contains(&byte);
        if host.is_empty() || !host.bytes().all(is_plain) {
            return Err(host_problem());
        }
        (host, port)
    };
    let Some(port) = port else {
        return Ok((host, 80));
    };
    // `u16` also parses `+80`. An empty port is usually a variable that is not set.
    match port.parse() {
        Ok(number @ 1..) if !port.starts_with('+') => Ok((host, number)),
        _ => Err(format!(
            "the port `{}` is not a number between 1 and 65535; {EXAMPLE}",
            plain(port, SHOWN)
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts(url: &str) -> (String, u16, String, String) {
        let target = Target::parse(url).expect(url);
        (target.host, target.port, target.authority, target.path)
    }

    fn owned(host: &str, port: u16, authority: &str, path: &str) -> (String, u16, String, String) {
        (host.into(), port, authority.into(), path.into())
    }

    #[test]
    fn a_url_has_a_host_a_port_and_a_path() {
        for (url, expected) in [
            (
                "http://localhost:3000/livez",
                owned("localhost", 3000, "localhost:3000", "/livez"),
            ),
            ("HTTP://app/", owned("app", 80, "app", "/")),
            ("http://app", owned("app", 80, "app", "/")),
            (
                "http://app?exclude=a&x=:/@",
                owned("app", 80, "app", "/?exclude=a&x=:/@"),
            ),
            ("http://127.0.0.1:1/a?b#c", owned("127.0.0.1", 1, "127.0.0.1:1", "/a?b")),
            ("http://app#c", owned("app", 80, "app", "/")),
            ("http://[::1]:65535/a", owned("::1", 65535, "[::1]:65535", "/a")),
            ("http://[::1]", owned("::1", 80, "[::1]", "/")),
            (
                "http://my_app.local./a//b%20c",
                owned("my_app.local.", 80, "my_app.local.", "/a//b%20c"),
            ),
        ] {
            assert_eq!(parts(url), expected, "{url}");
        }
    }

    #[test]
    fn a_url_that_cannot_be_asked_is_an_error_with_the_way_out() {
        for (url, hint) in [
            ("", "`http://localhost:3000/livez`"),
            ("localhost:3000/livez", "not an absolute URL"),
            ("/livez", "not an absolute URL"),
            ("https://localhost:3000/livez", "plain HTTP"),
            ("ftp://localhost/", "the scheme `ftp`"),
            ("http://", "not a host"),
            ("http:///livez", "not a host"),
            ("http://:80/", "not a host"),
            ("http://user:secret@localhost/", "before the `@`"),
            ("http://localhost:/livez", "between 1 and 65535"),
            ("http://localhost:0/", "between 1 and 65535"),
            ("http://localhost:+80/", "between 1 and 65535"),
            ("http://localhost:65536/", "between 1 and 65535"),
            ("http://localhost:80:80/", "between 1 and 65535"),
            ("http://::1/", "not a host"),
            ("http://[::1/", "not a host"),
            ("http://[app]/", "not a host"),
            ("http://[::1]x/", "not a host"),
            ("http://a b/", "not a host"),
            ("http://a\r\nb/", "not a host"),
            ("http://größe/", "not a host"),
            ("http://a/b c", "percent-encoded"),
            ("http://a/b\r\nX: y", "percent-encoded"),
            ("http://a/größe", "percent-encoded"),
        ] {
            let error = Target::parse(url).expect_err(url);
            assert!(error.contains(hint), "{url}: {error}");
            assert!(error.len() < 250 && !error.contains(['\n', '\r']), "{url}: {error}");
            assert!(!error.contains("secret"), "{error}");
        }
    }
}
