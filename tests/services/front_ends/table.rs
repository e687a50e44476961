//! The requests, and the codes of their answers in each state.

/// The requests of a case are sent at once.
#[derive(Debug)]
pub(crate) struct Case {
    pub(crate) name: &'static str,
    pub(crate) requests: &'static [&'static str],
    /// The code of each answer: starting, healthy, degraded, unhealthy, held, draining. `None`: the request is refused
    /// by the framework, if it likes.
    pub(crate) codes: Option<[u16; 6]>,
}

const fn case(name: &'static str, requests: &'static [&'static str], codes: [u16; 6]) -> Case {
    let codes = Some(codes);
    Case { name, requests, codes }
}

const fn refused(name: &'static str, requests: &'static [&'static str]) -> Case {
    let codes = None;
    Case { name, requests, codes }
}

/// A request with this first line and these other headers.
macro_rules! request {
    ($line:literal $(, $header:literal)*) => {
        concat!($line, " HTTP/1.1\r\nHost: x\r\n", $($header, "\r\n",)* "\r\n")
    };
}

const READY: [u16; 6] = [503, 200, 200, 503, 503, 503];
const LIVE: [u16; 6] = [200; 6];
const STARTED: [u16; 6] = [503, 200, 200, 200, 200, 200];
/// Ready, but for `db`.
const OTHERS: [u16; 6] = [503, 200, 200, 200, 503, 503];
/// `cache` alone, which is not critical.
const CACHE: [u16; 6] = [503, 200, 503, 200, 503, 503];
const UNKNOWN: [u16; 6] = [404; 6];
const METHOD: [u16; 6] = [405; 6];

const LONG: &str = concat!(
    "GET /readyz/",
    "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef",
    "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef",
    " HTTP/1.1\r\nHost: x\r\n\r\n"
);

pub(crate) const CASES: &[Case] = &[
    // --- the probes and the methods ---
    case("liveness", &[request!("GET /livez")], LIVE),
    case("readiness", &[request!("GET /readyz")], READY),
    case("startup", &[request!("GET /startupz")], STARTED),
    case("health", &[request!("GET /health")], READY),
    case("HEAD of liveness", &[request!("HEAD /livez")], LIVE),
    case("HEAD of readiness", &[request!("HEAD /readyz")], READY),
    case("HEAD of startup", &[request!("HEAD /startupz")], STARTED),
    case("HEAD of a check", &[request!("HEAD /readyz/db")], READY),
    case("HEAD of an unknown check", &[request!("HEAD /readyz/typo")], UNKNOWN),
    case("OPTIONS of readiness", &[request!("OPTIONS /readyz")], READY),
    case(
        "OPTIONS of an unknown check",
        &[request!("OPTIONS /livez/typo")],
        UNKNOWN,
    ),
    case("POST", &[request!("POST /readyz", "Content-Length: 0")], METHOD),
    case("PUT without a length", &[request!("PUT /livez")], METHOD),
    case("DELETE of a check", &[request!("DELETE /readyz/db")], METHOD),
    case("PATCH", &[request!("PATCH /health")], METHOD),
    case("TRACE", &[request!("TRACE /livez")], METHOD),
    case("a method in lower case", &[request!("get /livez")], METHOD),
    case("a method of its own", &[request!("BREW /startupz")], METHOD),
    case("the name before the method", &[request!("POST /readyz/typo")], UNKNOWN),
    case(
        "the method before the query",
        &[request!("POST /readyz?group=typo")],
        METHOD,
    ),
    // --- the version and the connection ---
    case("HTTP/1.0 without Host", &["GET /readyz HTTP/1.0\r\n\r\n"], READY),
    case("OPTIONS by HTTP/1.0", &["OPTIONS /livez HTTP/1.0\r\n\r\n"], LIVE),
    case("HEAD by HTTP/1.0", &["HEAD /readyz HTTP/1.0\r\nHost: x\r\n\r\n"], READY),
    case("POST by HTTP/1.0", &["POST /readyz HTTP/1.0\r\n\r\n"], METHOD),
    case(
        "HTTP/1.0 that keeps the connection",
        &["GET /livez HTTP/1.0\r\nConnection: keep-alive\r\n\r\n"],
        LIVE,
    ),
    case(
        "HTTP/1.1 that closes",
        &[request!("GET /readyz", "Connection: close")],
        READY,
    ),
    case(
        "HTTP/1.1 that keeps",
        &[request!("GET /readyz", "Connection: keep-alive")],
        READY,
    ),
    case("HTTP/1.1 without Host", &["GET /readyz HTTP/1.1\r\n\r\n"], READY),
    case("an empty Host", &["GET /readyz HTTP/1.1\r\nHost:\r\n\r\n"], READY),
    case("two Hosts", &[request!("GET /readyz", "Host: y")], READY),
    case(
        "lines that end without CR",
        &["GET /readyz HTTP/1.1\nHost: x\n\n"],
        READY,
    ),
    case(
        "an empty line first",
        &["\r\nGET /readyz HTTP/1.1\r\nHost: x\r\n\r\n"],
        READY,
    ),
    case(
        "names of headers in capitals",
        &["GET /livez HTTP/1.1\r\nHOST: x\r\nCONNECTION: CLOSE\r\n\r\n"],
        LIVE,
    ),
    // --- headers that do not count ---
    case(
        "Accept-Encoding",
        &[request!("GET /readyz", "Accept-Encoding: gzip, br")],
        READY,
    ),
    case(
        "a conditional request",
        &[request!("GET /readyz", "If-None-Match: *")],
        READY,
    ),
    case("a range", &[request!("GET /readyz", "Range: bytes=0-3")], READY),
    case(
        "an origin",
        &[request!("GET /livez", "Origin: https://a.example")],
        LIVE,
    ),
    case(
        "an override of the method",
        &[request!("GET /livez", "X-HTTP-Method-Override: POST")],
        LIVE,
    ),
    // --- the format ---
    case(
        "Accept of text",
        &[request!("GET /readyz", "Accept: text/plain, text/*;q=0.5")],
        READY,
    ),
    case(
        "Accept of health+json",
        &[request!("GET /readyz", "Accept: application/health+json")],
        READY,
    ),
    case(
        "Accept of Actuator",
        &[request!(
            "GET /health",
            "Accept: application/vnd.spring-boot.actuator.v3+json, application/json"
        )],
        READY,
    ),
    case(
        "Accept of nothing",
        &[request!("GET /readyz", "Accept: application/xml;q=0")],
        READY,
    ),
    case(
        "Accept that cannot be read",
        &[request!("GET /livez", "Accept: ;;/\"")],
        LIVE,
    ),
    case("verbose", &[request!("GET /readyz?verbose")], READY),
    case("the format json", &[request!("GET /readyz?format=json")], READY),
    case("the format text", &[request!("GET /readyz?format=text")], READY),
    case(
        "the format health+json",
        &[request!("GET /readyz?format=health+json")],
        READY,
    ),
    case("the format spring", &[request!("GET /health?format=spring")], READY),
    case(
        "the format microprofile",
        &[request!("GET /startupz?format=microprofile")],
        STARTED,
    ),
    case("the format aspnet", &[request!("HEAD /livez?format=aspnet")], LIVE),
    case(
        "the format of a check",
        &[request!("GET /readyz/cache?format=text", "Accept: application/json")],
        CACHE,
    ),
    case(
        "the format of a part",
        &[request!("GET /readyz?verbose&exclude=billing&exclude=db")],
        OTHERS,
    ),
    case("an unknown format", &[request!("GET /readyz?format=xml")], UNKNOWN),
    // --- bodies ---
    case(
        "GET with a body",
        &["GET /livez HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\ntea"],
        LIVE,
    ),
    case(
        "POST with a body",
        &["POST /livez HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\ntea"],
        METHOD,
    ),
    case(
        "POST with chunks",
        &["POST /livez HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n3\r\ntea\r\n0\r\n\r\n"],
        METHOD,
    ),
    case(
        "Expect",
        &["POST /livez HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\n"],
        METHOD,
    ),
    // --- checks, nested structs ---
    case("a critical check", &[request!("GET /readyz/db")], READY),
    case("a check that is not critical", &[request!("GET /readyz/cache")], CACHE),
    case("a check in health", &[request!("GET /health/cache")], CACHE),
    case("a check of liveness", &[request!("GET /livez/worker")], LIVE),
    case("a check of startup", &[request!("GET /startupz/migrated")], LIVE),
    case("a check of another probe", &[request!("GET /livez/db")], UNKNOWN),
    case("a check with details", &[request!("GET /readyz/queue")], OTHERS),
    case("a nested struct", &[request!("GET /readyz/billing")], OTHERS),
    case("a nested check", &[request!("GET /readyz/billing.ledger")], OTHERS),
    case(
        "a nested check by a slash",
        &[request!("GET /readyz/billing/ledger")],
        UNKNOWN,
    ),
    case("an unknown check", &[request!("GET /readyz/typo")], UNKNOWN),
    case("another case", &[request!("GET /readyz/DB")], UNKNOWN),
    case("a slash at the end", &[request!("GET /readyz/")], UNKNOWN),
    case("a slash after the name", &[request!("GET /readyz/db/")], UNKNOWN),
    case("two slashes", &[request!("GET /readyz//db")], UNKNOWN),
    case("dots", &[request!("GET /readyz/../livez")], UNKNOWN),
    case("a long name", &[LONG], UNKNOWN),
    // --- percent-encoding ---
    case("an encoded name", &[request!("GET /readyz/d%62")], READY),
    case("an encoded dot", &[request!("GET /readyz/billing%2Eledger")], OTHERS),
    case("an encoded slash", &[request!("GET /readyz/billing%2Fledger")], UNKNOWN),
    case("encoded twice", &[request!("GET /readyz/d%2562")], UNKNOWN),
    case("not UTF-8", &[request!("GET /readyz/%FF")], UNKNOWN),
    case("half an escape", &[request!("GET /readyz/d%6")], UNKNOWN),
    case("an encoded new line", &[request!("GET /readyz/d%0Ab")], UNKNOWN),
    // --- the target ---
    case("absolute form", &[request!("GET http://other.example/readyz")], READY),
    case(
        "absolute form with a query",
        &[request!("GET http://other.example:81/readyz?exclude=db")],
        OTHERS,
    ),
    // --- queries ---
    case("an empty query", &[request!("GET /readyz?")], READY),
    case("an unknown key", &[request!("GET /readyz?x=db")], READY),
    case("odd separators", &[request!("GET /readyz?&&=&?&exclude")], READY),
    case("exclude", &[request!("GET /readyz?exclude=db")], OTHERS),
    case("exclude, encoded", &[request!("GET /readyz?%65xclude=%64b")], OTHERS),
    case(
        "exclude a nested struct",
        &[request!("GET /readyz?exclude=billing")],
        READY,
    ),
    case(
        "exclude an unknown check",
        &[request!("GET /readyz?exclude=typo")],
        READY,
    ),
    case(
        "a comma does not separate",
        &[request!("GET /readyz?exclude=db,cache")],
        READY,
    ),
    case(
        "exclude at startup",
        &[request!("HEAD /startupz?exclude=migrated")],
        UNKNOWN,
    ),
    case("a group", &[request!("GET /readyz?group=core")], READY),
    case("a group in health", &[request!("GET /health?group=fast")], OTHERS),
    case("two groups", &[request!("GET /readyz?group=core&group=fast")], READY),
    case(
        "a group without db",
        &[request!("GET /readyz?group=core&exclude=db")],
        OTHERS,
    ),
    case("an unknown group", &[request!("GET /readyz?group=typo")], UNKNOWN),
    case("a group of liveness", &[request!("GET /livez?group=core")], UNKNOWN),
    case("nothing is left", &[request!("GET /readyz/db?exclude=db")], UNKNOWN),
    case("hops", &[request!("GET /readyz?hops=1")], READY),
    case(
        "part of a nested struct",
        &[request!("GET /readyz/billing?exclude=billing.mail")],
        OTHERS,
    ),
    case(
        "more than 64 names",
        &[request!(
            "GET /readyz?exclude=a&exclude=a&exclude=a&exclude=a&exclude=a&exclude=a&exclude=a&exclude=a&exclude=a&exclude=a&exclude=a&exclude=a&exclude=a&exclude=a&exclude=a&exclude=a&exclude=a&exclude=a&exclude=a&exclude=a&exclude=a&exclude=a&exclude=a&exclude=a&exclude=a&exclude=a&exclude=a&exclude=a&exclude=a&exclude=a&exclude=a&exclude=a&exclude=a&exclude=a&exclude=a&exclude=a&exclude=a&exclude=a&exclude=a&exclude=a&exclude=a&exclude=a&exclude=a&exclude=a&exclude=a&exclude=a&exclude=a&exclude=a&exclude=a&exclude=a&exclude=a&exclude=a&exclude=a&exclude=a&exclude=a&exclude=a&exclude=a&exclude=a&exclude=a&exclude=a&exclude=a&exclude=a&exclude=a&exclude=a&exclude=a"
        )],
        UNKNOWN,
    ),
    // --- pipelined: while draining, the first answer closes the connection ---
    case(
        "pipelined",
        &[
            request!("GET /livez"),
            request!("OPTIONS /startupz/migrated"),
            request!("GET /livez/worker"),
        ],
        LIVE,
    ),
    case(
        "pipelined with HEAD",
        &[request!("HEAD /livez"), request!("GET /livez")],
        LIVE,
    ),
    case(
        "pipelined methods",
        &[request!("POST /livez", "Content-Length: 0"), request!("PUT /readyz/db")],
        METHOD,
    ),
    case(
        "pipelined after a body",
        &[
            "POST /livez HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\ntea",
            request!("BREW /livez"),
        ],
        METHOD,
    ),
    case(
        "pipelined by HTTP/1.0",
        &[
            "GET /readyz HTTP/1.0\r\nConnection: keep-alive\r\n\r\n",
            "HEAD /readyz/db HTTP/1.0\r\nConnection: keep-alive\r\n\r\n",
        ],
        READY,
    ),
    // --- paths of the application ---
    case("the path of a probe and more", &[request!("GET /readyzz")], UNKNOWN),
    case("a suffix", &[request!("GET /livez.html")], UNKNOWN),
    case("an encoded path of a probe", &[request!("GET /ready%7A")], UNKNOWN),
    case("a path with an encoded slash", &[request!("GET /readyz%2Fdb")], UNKNOWN),
    case("a path in capitals", &[request!("GET /READYZ")], UNKNOWN),
    case("two slashes first", &[request!("GET //readyz")], UNKNOWN),
    case("the root", &[request!("GET /")], UNKNOWN),
    case("HEAD of the application", &[request!("HEAD /orders")], UNKNOWN),
    case("OPTIONS of the server", &[request!("OPTIONS *")], UNKNOWN),
    // --- what a framework may refuse ---
    refused("CONNECT", &[request!("CONNECT livez:80")]),
    refused(
        "an upgrade",
        &[request!("GET /livez", "Connection: Upgrade", "Upgrade: h2c")],
    ),
    refused(
        "a WebSocket",
        &[request!("GET /livez", "Connection: Upgrade", "Upgrade: websocket")],
    ),
    refused("HTTP/2.0", &["GET /livez HTTP/2.0\r\nHost: x\r\n\r\n"]),
    refused("HTTP/0.9", &["GET /livez\r\n\r\n"]),
    refused("a space in the path", &[request!("GET /livez /x")]),
    refused("a line that is none", &["\0\0\0\r\n\r\n"]),
    refused("a path that is not ASCII", &[request!("GET /readyz/ä")]),
    refused("a header without a colon", &[request!("GET /livez", "x")]),
    refused(
        "two lengths",
        &[request!("GET /livez", "Content-Length: 1", "Content-Length: 2")],
    ),
    refused(
        "a length and chunks",
        &["POST /livez HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"],
    ),
];

pub(crate) const MOVED: &[Case] = &[
    case("readiness", &[request!("GET /ops/health/ready")], READY),
    case("liveness", &[request!("HEAD /ops/health/live")], LIVE),
    case("startup", &[request!("GET /ops/health/startup")], STARTED),
    case("health", &[request!("GET /ops/health")], READY),
    case("a check", &[request!("GET /ops/health/ready/db")], READY),
    case("a check of health", &[request!("GET /ops/health/worker")], LIVE),
    case("an unknown check", &[request!("GET /ops/health/readyy")], UNKNOWN),
    case("a slash at the end", &[request!("GET /ops/health/")], UNKNOWN),
    case("a method", &[request!("POST /ops/health/live")], METHOD),
    case("exclude", &[request!("GET /ops/health/ready?exclude=typo")], READY),
    case("a shorter path", &[request!("GET /ops")], LIVE),
    case("a check of a shorter path", &[request!("GET /ops/worker")], LIVE),
    case(
        "a check that a shorter path has not",
        &[request!("GET /ops/db")],
        UNKNOWN,
    ),
    case("plain text", &[request!("GET /ping")], LIVE),
    case("HEAD of plain text", &[request!("HEAD /ping")], LIVE),
    case("a check in plain text", &[request!("GET /ping/worker")], LIVE),
    case("a body of its own", &[request!("GET /old")], READY),
    case("HEAD of a body of its own", &[request!("HEAD /old")], READY),
];

/// In the state `hanging`, whose readiness has no result.
pub(crate) const HANGING: &[Case] = &[
    case("readiness", &[request!("GET /readyz")], [503; 6]),
    case("HEAD of readiness", &[request!("HEAD /readyz")], [503; 6]),
    case("the check", &[request!("GET /readyz/db")], [503; 6]),
    case("liveness", &[request!("GET /livez")], [200; 6]),
    case("readiness by HTTP/1.0", &["GET /readyz HTTP/1.0\r\n\r\n"], [503; 6]),
];
