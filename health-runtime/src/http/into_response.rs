//! Converts an [`Answer`] into a response of the `http` crate.

use std::sync::LazyLock;

use bytes::Bytes;
use http::header::{CONNECTION, CONTENT_LENGTH, CONTENT_TYPE, HeaderName};
use http::{HeaderMap, HeaderValue, Response, StatusCode, Version};

use crate::http::FORMAT;
use crate::http::answer::{Answer, COMMON_HEADERS};

/// Converts an answer into a response of the `http` crate, for use with frameworks that are based on that crate, such
/// as hyper, tonic and warp.
///
/// The response always has the version HTTP/1.1. HTTP/2 has no `Connection` header, so if you serve HTTP/2, remove the
/// header from the response. If the request uses HTTP/1.0, set the version of the response to the version of the
/// request, because otherwise hyper can add `keep-alive` to a response that already contains `close`.
///
/// ```
/// # use health_runtime::{Flag, HealthState};
/// # #[derive(Clone, HealthState)]
/// # struct AppState { #[health_check] flag: Flag }
/// # let runtime = tokio::runtime::Runtime::new().unwrap();
/// # runtime.block_on(async {
/// # let health = AppState { flag: Flag::healthy() }.start_health();
/// let answer = health.probes().answer("GET", "/livez", None).await.expect("a path of a probe");
/// let response = http::Response::<bytes::Bytes>::from(answer);
/// assert_eq!(response.status(), 200);
/// # });
/// ```
#[cfg_attr(docsrs, doc(cfg(feature = "http-1")))]
impl From<Answer> for Response<Bytes> {
    fn from(answer: Answer) -> Self {
        respond(answer, Version::HTTP_11)
    }
}

/// The response to a request with this HTTP version.
pub(super) fn respond<B: From<Bytes>>(answer: Answer, version: Version) -> Response<B> {
    // The map is cloned, because checking and inserting the headers one by one takes a fifth of the whole request. It
    // contains a length, which is then replaced, so that the clone does not have to grow.
    static COMMON: LazyLock<HeaderMap> = LazyLock::new(|| {
        let of_the_body = [("content-type", FORMAT.content_type()), ("content-length", "0")];
        let pairs = COMMON_HEADERS.into_iter().chain(of_the_body);
        pairs
            .map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_static(value)))
            .collect()
    });
    let mut headers = COMMON.clone();
    if answer.has_body() {
        headers.insert(CONTENT_LENGTH, digits(answer.length));
    } else {
        headers.remove(CONTENT_LENGTH);
    }
    if let Some(content_type) = answer.content_type {
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    }
    for (name, value) in answer.own.iter().flat_map(|own| own.iter()) {
        let value = HeaderValue::try_from(value).expect("a header of ours is valid");
        headers.append(HeaderName::from_static(name), value);
    }
    let status = StatusCode::from_u16(answer.status).expect("it is one of our codes");
    let mut response = Response::new(B::from(answer.body));
    *response.status_mut() = status;
    *response.headers_mut() = headers;
    if answer.closing {
        close(&mut response, version);
    }
    response
}

/// Asks the client to close the connection after this response, to a request with this HTTP version.
pub(super) fn close<A>(response: &mut Response<A>, version: Version) {
    if version > Version::HTTP_11 {
        return; // HTTP/2 has no such header
    }
    if version < Version::HTTP_11 {
        // If an HTTP/1.0 client asks for it, hyper adds `keep-alive` to an HTTP/1.1 response, even beside `close`.
        *response.version_mut() = version;
    }
    let close = HeaderValue::from_static("close");
    response.headers_mut().insert(CONNECTION, close);
}

/// A length as a header value. For bodies of our size, this needs neither an allocation nor a reference count. It saves
/// 352 of about 6,300 instructions and 25 ns for each request (`benches/probe.rs`, the best of eight runs each).
fn digits(length: usize) -> HeaderValue {
    const LENGTHS: usize = 4096;
    static DIGITS: [[u8; 4]; LENGTHS] = {
        let mut table = [[b'0'; 4]; LENGTHS];
        let mut length = 0;
        while length < LENGTHS {
            let (mut rest, mut place) = (length, 4);
            while rest > 0 {
                place -= 1;
                table[length][place] = b"0123456789"[rest % 10];
                rest /= 10;
            }
            length += 1;
        }
        table
    };
    let Some(digits) = DIGITS.get(length) else {
        return HeaderValue::from(length);
    };
    let zeros = digits[..3].iter().take_while(|digit| **digit == b'0').count();
    HeaderValue::from_static(str::from_utf8(&digits[zeros..]).expect("digits are ASCII"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_length_is_written_as_a_number() {
        for length in 0..5_000 {
            assert_eq!(digits(length), HeaderValue::from(length));
        }
    }
}
