use super::*;

fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len()).unwrap().to_be_bytes();
    let mut frame = length[1..].to_vec();
    frame.extend([kind, flags]);
    frame.extend(stream.to_be_bytes());
    frame.extend(payload);
    frame
}

#[derive(Default)]
struct Connection(Http2);

impl Connection {
    fn client(&mut self, kind: u8, flags: u8, stream: u32) -> &mut Self {
        self.0.received(&frame(kind, flags, stream, b"abc")).unwrap();
        self
    }

    fn server(&mut self, kind: u8, flags: u8, stream: u32) -> &mut Self {
        self.0.sent(&frame(kind, flags, stream, b"abc"));
        self
    }

    fn owes(&self) -> bool {
        self.0.owes_an_answer()
    }
}

const SETTINGS: u8 = 0x4;

#[test]
fn a_complete_request_is_owed_an_answer_until_the_last_frame_of_it() {
    let mut connection = Connection::default();
    assert!(!connection.client(SETTINGS, 0, 0).owes());
    assert!(connection.client(HEADERS, END_STREAM | END_HEADERS, 1).owes());
    assert!(connection.server(HEADERS, END_HEADERS, 1).owes());
    assert!(connection.server(DATA, 0, 1).owes());
    assert!(!connection.server(DATA, END_STREAM, 1).owes());
}

#[test]
fn an_incomplete_request_is_owed_nothing() {
    let mut connection = Connection::default();
    assert!(!connection.client(HEADERS, END_STREAM, 1).owes(), "its headers go on");
    assert!(!connection.client(CONTINUATION, 0, 1).owes());
    assert!(connection.client(CONTINUATION, END_HEADERS, 1).owes());
    let mut connection = Connection::default();
    assert!(
        !connection.client(HEADERS, END_HEADERS, 1).owes(),
        "its body is missing"
    );
    assert!(!connection.client(DATA, 0, 1).owes());
    assert!(connection.client(DATA, END_STREAM, 1).owes());
    let mut connection = Connection::default();
    connection.client(HEADERS, END_HEADERS, 1).client(DATA, 0, 1);
    assert!(
        connection.client(HEADERS, END_STREAM | END_HEADERS, 1).owes(),
        "trailers"
    );
}

#[test]
fn a_reset_of_either_side_ends_the_wait() {
    for by_client in [true, false] {
        let mut connection = Connection::default();
        connection.client(HEADERS, END_STREAM | END_HEADERS, 1);
        connection.client(HEADERS, END_STREAM | END_HEADERS, 3);
        for stream in [1, 3] {
            assert!(connection.owes());
            if by_client {
                connection.client(RST_STREAM, 0, stream);
            } else {
                connection.server(RST_STREAM, 0, stream);
            }
        }
        assert!(!connection.owes());
    }
}

#[test]
fn a_request_that_was_answered_early_is_owed_nothing_more() {
    let mut connection = Connection::default();
    connection.client(HEADERS, END_HEADERS, 1);
    connection.server(HEADERS, END_STREAM | END_HEADERS, 1);
    assert!(!connection.client(DATA, END_STREAM, 1).owes());
    assert!(!connection.client(HEADERS, END_STREAM | END_HEADERS, 1).owes());
}

#[test]
fn frames_are_found_regardless_of_how_the_bytes_are_split() {
    let mut stream = frame(SETTINGS, 0, 0, &[0; 18]);
    stream.extend(frame(HEADERS, END_HEADERS, 1, &[7; 300]));
    stream.extend(frame(DATA, 0, 1, &vec![7; 70_000]));
    stream.extend(frame(DATA, END_STREAM, 1, b""));
    for size in [1, 2, 7, 9, 24, 1_000, 100_000] {
        let mut http2 = Http2::default();
        let (last, all) = stream.split_last().unwrap();
        for bytes in all.chunks(size) {
            http2.received(bytes).unwrap();
            assert!(!http2.owes_an_answer());
        }
        http2.received(&[*last]).unwrap();
        assert!(http2.owes_an_answer());
    }
}

#[test]
fn more_streams_than_the_limit_make_the_connection_opaque() {
    let mut http2 = Http2::default();
    let mut opens = (0..=u32::try_from(MOST_STREAMS).unwrap()).map(|nth| frame(HEADERS, END_HEADERS, 2 * nth + 1, b""));
    let followed = opens.try_for_each(|open| http2.received(&open));
    assert_eq!(followed, Err(Other::Opaque));
}
