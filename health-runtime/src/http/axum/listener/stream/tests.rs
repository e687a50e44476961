use std::io::ErrorKind;
use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, DuplexStream, duplex};
use tokio::time::timeout;

use super::*;
use crate::Health;

fn ms(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

const HEAD: Duration = Duration::from_millis(400);
const END: Duration = Duration::from_millis(200);

/// Shorter than the real limits, and in the same order.
static SHORT: Limits = Limits { head: HEAD, end: END };

/// Both ends of a connection, and the engine that drains.
struct Bench {
    health: Health,
    client: DuplexStream,
    stream: DrainStream<DuplexStream>,
}

impl Bench {
    fn new() -> Self {
        let health = Health::builder(()).drain(Duration::ZERO).start();
        let (client, server) = duplex(1 << 20);
        let connection = health.engine.serving.listener().connection();
        let stream = DrainStream::new(server, connection, Some(&SHORT));
        Self { health, client, stream }
    }

    /// The client sends this, and the server reads it.
    async fn sends(&mut self, bytes: &[u8]) {
        self.client.write_all(bytes).await.unwrap();
        let mut read = vec![0; bytes.len()];
        self.stream.read_exact(&mut read).await.unwrap();
        assert_eq!(read, bytes);
    }

    /// Drains, and waits until the servers stop.
    async fn stops(&mut self) {
        let mut byte = [0];
        // Reads first, as a server does while it serves.
        let wait = self.stream.read(&mut byte);
        assert!(timeout(ms(20), wait).await.is_err(), "it is not ended while it serves");
        self.health.drain();
        self.health.shutdown_signal().await;
    }

    /// How long it takes until a read fails; `None` if it does not fail within a second.
    async fn is_cut_after(&mut self) -> Option<Duration> {
        let began = Instant::now();
        let read = timeout(ms(1_000), self.stream.read(&mut [0])).await.ok()?;
        assert_eq!(read.unwrap_err().kind(), ErrorKind::TimedOut);
        Some(began.elapsed())
    }
}

const ORDER: &[u8] = b"GET /orders HTTP/1.1\r\nHost: x\r\n\r\n";
const PUT: &[u8] = b"PUT / HTTP/1.1\r\nContent-Length: 9\r\n\r\ntea";

#[tokio::test]
async fn a_head_is_cut_at_its_time_limit_after_the_first_byte_while_serving() {
    let mut bench = Bench::new();
    bench.sends(ORDER).await;
    bench.sends(b"GET").await;
    let began = Instant::now();
    for byte in b" /orders" {
        assert!(timeout(ms(20), bench.stream.read(&mut [0])).await.is_err());
        bench.sends(&[*byte]).await; // a further byte does not restart the clock
    }
    bench.is_cut_after().await.expect("it is cut");
    let took = began.elapsed();
    assert!((HEAD..2 * HEAD).contains(&took), "{took:?}");
}

#[tokio::test]
async fn each_head_has_its_own_time_limit() {
    let mut bench = Bench::new();
    for _ in 0..3 {
        bench.sends(b"GET /orders HTTP/1.1\r\n").await;
        assert!(timeout(HEAD / 2, bench.stream.read(&mut [0])).await.is_err());
        bench.sends(b"\r\n").await;
        assert!(timeout(ms(20), bench.stream.read(&mut [0])).await.is_err());
    }
}

#[tokio::test]
async fn neither_an_idle_connection_nor_a_slow_body_is_cut_while_serving() {
    for request in [&b""[..], ORDER, PUT, b"\r\n", http1_preface()] {
        let mut bench = Bench::new();
        bench.sends(request).await;
        assert_eq!(bench.is_cut_after().await, None, "{request:?}");
    }
}

fn http1_preface() -> &'static [u8] {
    super::super::http1::PREFACE
}

#[tokio::test]
async fn an_incomplete_request_is_cut_once_the_drain_is_over() {
    for request in [&b"GET /ord"[..], PUT, b"\r\n", http1_preface()] {
        let mut bench = Bench::new();
        bench.sends(request).await;
        bench.stops().await;
        let took = bench.is_cut_after().await.expect("it is cut");
        assert!((END / 2..2 * END).contains(&took), "{request:?}: {took:?}");
    }
}

#[tokio::test]
async fn a_connection_with_a_complete_or_opaque_request_is_never_cut() {
    let websocket = b"GET / HTTP/1.1\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n\x81";
    for request in [&b""[..], ORDER, &[PUT, b"teatea"].concat(), b"\x16\x03\x01", websocket] {
        let mut bench = Bench::new();
        bench.sends(request).await;
        bench.stops().await;
        assert_eq!(bench.is_cut_after().await, None, "{request:?}");
    }
}

#[tokio::test]
async fn a_body_that_keeps_arriving_is_not_cut() {
    let mut bench = Bench::new();
    bench
        .sends(b"PUT / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n")
        .await;
    bench.stops().await;
    for _ in 0..6 {
        assert!(timeout(END / 2, bench.stream.read(&mut [0])).await.is_err());
        bench.sends(b"3\r\ntea\r\n").await;
    }
    bench.sends(b"0\r\n\r\n").await;
    assert_eq!(bench.is_cut_after().await, None);
}

#[tokio::test]
async fn a_head_that_keeps_arriving_is_cut() {
    let mut bench = Bench::new();
    bench.sends(b"GET /").await;
    bench.stops().await;
    let began = Instant::now();
    loop {
        match timeout(END / 4, bench.stream.read(&mut [0])).await {
            Ok(read) => break assert_eq!(read.unwrap_err().kind(), ErrorKind::TimedOut),
            Err(_) => bench.sends(b"x").await,
        }
        assert!(began.elapsed() < ms(1_000));
    }
}

/// A request that is complete, on stream 1.
const GET: &[u8] = b"\0\0\x01\x01\x05\0\0\0\x01\x82";

#[tokio::test]
async fn an_http_2_connection_is_cut_only_after_its_complete_request_is_answered() {
    let mut bench = Bench::new();
    bench.sends(http1_preface()).await;
    bench.sends(GET).await;
    bench.stops().await;
    assert_eq!(bench.is_cut_after().await, None);
    // A server does the same: its task reads and writes at the same time.
    let (reader, mut writer) = tokio::io::split(bench.stream);
    let reading = tokio::spawn(async move {
        let mut reader = reader;
        reader.read(&mut [0]).await
    });
    tokio::task::yield_now().await;
    writer.write_all(b"\0\0\x01\x01\x04\0\0\0\x01\x88").await.unwrap();
    let mut answer = [IoSlice::new(b"\0\0\x03\0\x01\0\0"), IoSlice::new(b"\0\x01tea")];
    let mut rest = &mut answer[..];
    while !rest.is_empty() {
        let count = writer.write_vectored(rest).await.unwrap(); // an older tokio takes one buffer at a time
        IoSlice::advance_slices(&mut rest, count);
    }
    let read = timeout(ms(1_000), reading).await.expect("it is cut").unwrap();
    assert_eq!(read.unwrap_err().kind(), ErrorKind::TimedOut);
}

#[tokio::test]
async fn a_connection_outlives_the_engine_and_does_not_keep_it_alive() {
    let mut bench = Bench::new();
    bench.sends(b"GET /").await;
    assert!(timeout(ms(20), bench.stream.read(&mut [0])).await.is_err());
    let weak = bench.health.downgrade();
    drop(bench.health);
    let began = Instant::now();
    let read = bench.stream.read(&mut [0]).await;
    assert_eq!(read.unwrap_err().kind(), ErrorKind::TimedOut);
    assert!(began.elapsed() < HEAD, "as after the drain");
    assert!(weak.upgrade().is_none());
}
