use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::Index;

use super::super::protocol::{Protocol, Waits};
use super::*;

fn after(pieces: &[&str]) -> Protocol {
    let mut protocol = Protocol::new();
    for piece in pieces {
        protocol.received(piece.as_bytes());
    }
    protocol
}

fn waits(pieces: &[&str]) -> Waits {
    after(pieces).waits()
}

fn is_opaque(pieces: &[&str]) -> bool {
    matches!(after(pieces), Protocol::Opaque)
}

#[test]
fn a_head_is_incomplete_until_its_empty_line() {
    for (pieces, expected) in [
        (&[""][..], Waits::Unknown),
        (&["G"], Waits::Head(1)),
        (&["GET /ord"], Waits::Head(1)),
        (&["GET /orders HTTP/1.1\r\nHost: x\r\n"], Waits::Head(1)),
        (&["GET /orders HTTP/1.1\r\nHost: x\r\n\r"], Waits::Head(1)),
        (&["GET /orders HTTP/1.1\r\nHost: x\r\n\r\n"], Waits::Unknown),
        (&["GET / HTTP/1.1\r\n", "Host: x\r\n\r", "\n"], Waits::Unknown),
        (&["GET / HTTP/1.0\nHost: x\n", "\n"], Waits::Unknown),
        (&["GET / HTTP/1.1\r\n\r\nGET"], Waits::Head(2)),
        (&["GET / HTTP/1.1\r\n\r\n", "GET / HTTP/1.1\r\n\r\n"], Waits::Unknown),
    ] {
        assert_eq!(waits(pieces), expected, "{pieces:?}");
    }
}

#[test]
fn empty_lines_between_requests_do_not_start_a_head() {
    assert_eq!(waits(&["GET / HTTP/1.1\r\n\r\n\r\n"]), Waits::More);
    assert_eq!(waits(&["\r\n", "GET / HTTP/1.1\r\n\r\n"]), Waits::Unknown);
    assert_eq!(waits(&["\r\n", "\r\nGET /"]), Waits::Head(2));
}

#[test]
fn a_body_is_incomplete_until_its_last_byte() {
    let post = "POST / HTTP/1.1\r\nHost: x\r\ncontent-LENGTH: 5\r\n\r\n";
    assert_eq!(waits(&[post]), Waits::More);
    assert_eq!(waits(&[post, "tea", "t"]), Waits::More);
    assert_eq!(waits(&[post, "tea", "tea"]), Waits::Head(2));
    assert_eq!(waits(&[post, "teate"]), Waits::Unknown);
    let empty = "POST / HTTP/1.1\r\nContent-Length: 0\r\n\r\n";
    assert_eq!(waits(&[empty]), Waits::Unknown);
}

#[test]
fn a_chunked_body_ends_after_its_trailers() {
    let post = "POST / HTTP/1.1\r\nTransfer-Encoding: gzip, Chunked\r\n\r\n";
    for body in [
        "0\r\n\r\n",
        "5;x=y\r\nhello\r\n0\r\n\r\n",
        "a \r\n0123456789\r\n00\r\nETag: x\r\nB: y\r\n\r\n",
    ] {
        for end in 0..body.len() {
            assert_eq!(waits(&[post, &body[..end]]), Waits::More, "{:?}", &body[..end]);
        }
        assert_eq!(waits(&[post, body]), Waits::Unknown, "{body:?}");
        assert_eq!(waits(&[post, body, "G"]), Waits::Head(2), "{body:?}");
    }
}

#[test]
fn a_request_that_is_not_plain_http_1_makes_the_connection_opaque() {
    for request in [
        "\u{16}\u{3}\u{1}",
        "GET / HTTP/1.1\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n",
        "CONNECT x:443 HTTP/1.1\r\n\r\n",
        "GET / HTTP/3.0\r\n",
        "POST / HTTP/1.1\r\nContent-Length: +5\r\n\r\n",
        "POST / HTTP/1.1\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\n",
        "POST / HTTP/1.1\r\nTransfer-Encoding: chunked, gzip\r\n\r\n",
        "POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n",
        "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nx",
        "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nab",
    ] {
        assert!(is_opaque(&[request]), "{request:?}");
        assert_eq!(waits(&[request, "GET /"]), Waits::Unknown, "{request:?}");
    }
}

#[test]
fn a_head_above_the_length_limit_makes_the_connection_opaque() {
    let line = format!("x: {}\r\n", "y".repeat(8_000));
    let mut protocol = after(&["GET / HTTP/1.1\r\n"]);
    for _ in 0..=LONGEST_HEAD / 8_000 {
        protocol.received(line.as_bytes());
    }
    assert!(matches!(protocol, Protocol::Opaque));
}

#[test]
fn the_preface_of_http_2_is_distinguished_from_a_request() {
    let preface = str::from_utf8(PREFACE).unwrap();
    for at in 0..preface.len() {
        let pieces = [&preface[..at], &preface[at..]];
        assert!(matches!(after(&pieces), Protocol::Http2(_)), "{pieces:?}");
        assert!(at == 0 || waits(&pieces[..1]) == Waits::Head(1));
    }
    assert_eq!(waits(&["P", "OST /"]), Waits::Head(1));
    assert!(is_opaque(&["GET / HTTP/1.1\r\n\r\n", preface]));
    assert!(is_opaque(&["\r\n", preface]));
}

/// A request, as clients send it.
fn request() -> impl Strategy<Value = Vec<u8>> {
    let headers = vec(("[a-z][a-z-]{0,12}", "[ -~]{0,40}"), 0..12);
    let body = prop_oneof![
        Just(None),
        vec(any::<u8>(), 0..300).prop_map(|body| Some((body, false))),
        vec(any::<u8>(), 0..300).prop_map(|body| Some((body, true))),
    ];
    (
        "(GET|POST|PATCH|PROPFIND)",
        "/[a-z/?=]{0,30}",
        headers,
        body,
        any::<bool>(),
        vec(1..80_usize, 1..5),
    )
        .prop_map(|(method, path, headers, body, trailers, sizes)| {
            let mut request = format!("{method} {path} HTTP/1.1\r\n").into_bytes();
            for (name, value) in headers {
                request.extend(format!("x-{name}: {value}\r\n").into_bytes());
            }
            match body {
                None => request.extend(b"\r\n"),
                Some((body, false)) => {
                    request.extend(format!("Content-Length: {}\r\n\r\n", body.len()).into_bytes());
                    request.extend(body);
                }
                Some((body, true)) => {
                    request.extend(b"transfer-encoding: chunked\r\n\r\n");
                    let (mut rest, mut sizes) = (&body[..], sizes.into_iter().cycle());
                    while !rest.is_empty() {
                        let (chunk, more) = rest.split_at(rest.len().min(sizes.next().unwrap()));
                        request.extend(format!("{:x}\r\n", chunk.len()).into_bytes());
                        request.extend(chunk);
                        request.extend(b"\r\n");
                        rest = more;
                    }
                    request.extend(if trailers {
                        &b"0\r\nx-sum: 1\r\n\r\n"[..]
                    } else {
                        b"0\r\n\r\n"
                    });
                }
            }
            request
        })
}

proptest! {
    #[test]
    fn each_request_is_complete_at_its_last_byte_regardless_of_how_it_is_split(
        requests in vec(request(), 1..5),
        cuts in vec(any::<Index>(), 0..30),
    ) {
        let ends: Vec<_> = requests.iter().scan(0, |end, request| { *end += request.len(); Some(*end) }).collect();
        let stream = requests.concat();
        let mut cuts: Vec<_> = cuts.into_iter().map(|cut| cut.index(stream.len())).collect();
        cuts.push(stream.len());
        cuts.sort_unstable();
        let (mut protocol, mut from) = (Protocol::new(), 0);
        for cut in cuts {
            protocol.received(&stream[from..cut]);
            from = cut;
            let is_complete = cut == 0 || ends.contains(&cut);
            prop_assert_eq!(protocol.waits() == Waits::Unknown, is_complete, "{:?}", &stream[..cut]);
            prop_assert!(!matches!(protocol, Protocol::Opaque));
        }
    }

    #[test]
    fn any_bytes_are_accepted_without_a_panic(pieces in vec(piece(), 0..40)) {
        let mut protocol = Protocol::new();
        for (sent, bytes) in pieces {
            if sent { protocol.sent(&bytes) } else { protocol.received(&bytes) }
            protocol.waits();
        }
    }
}

/// Pieces of input. Some are random. The others reach more states.
fn piece() -> impl Strategy<Value = (bool, Vec<u8>)> {
    let known = prop::sample::select(vec![
        &b"GET / HTTP/1.1\r\n"[..],
        b"\r\n",
        b"\n",
        b"Content-Length: 7\r\n",
        b"Transfer-Encoding: chunked\r\n",
        b"ffffffffffffffff\r\n",
        b"0\r\n",
        PREFACE,
        b"PRI * HT",
        b"\0\0\0\x01\x05\0\0\0\x01",
        b"\xff\xff\xff\0\x01\0\0\0\x01",
    ]);
    let bytes = prop_oneof![vec(any::<u8>(), 0..40), known.prop_map(<[u8]>::to_vec)];
    (any::<bool>(), bytes)
}
