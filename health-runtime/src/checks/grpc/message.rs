//! The two messages of the health service. They have one field each, so this needs neither generated code nor a library
//! for Protocol Buffers.
//!
//! ```text
//! message HealthCheckRequest { string service = 1; }
//! message HealthCheckResponse { ServingStatus status = 1; }
//! ```

use std::fmt;

use bytes::{Buf, BufMut};
use tonic::Status;
use tonic::codec::{Codec, DecodeBuf, Decoder, EncodeBuf, Encoder};

/// The first byte of the request's field: its number, 1, and the type of a text.
const SERVICE: u8 = 1 << 3 | 2;

/// The status of a service, as the server reports it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct ServingStatus(u64);

impl ServingStatus {
    pub(super) const SERVING: Self = Self(1);
}

impl fmt::Display for ServingStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            0 => f.write_str("UNKNOWN"),
            1 => f.write_str("SERVING"),
            2 => f.write_str("NOT_SERVING"),
            3 => f.write_str("SERVICE_UNKNOWN"),
            other => write!(f, "the unknown status {other}"),
        }
    }
}

/// Writes the name of a service as the request, and reads the status in the answer.
#[derive(Debug)]
pub(super) struct HealthCodec;

impl Codec for HealthCodec {
    type Encode = String;
    type Decode = ServingStatus;
    type Encoder = Self;
    type Decoder = Self;

    fn encoder(&mut self) -> Self {
        Self
    }

    fn decoder(&mut self) -> Self {
        Self
    }
}

impl Encoder for HealthCodec {
    type Item = String;
    type Error = Status;

    fn encode(&mut self, service: String, buffer: &mut EncodeBuf<'_>) -> Result<(), Status> {
        write(&service, buffer);
        Ok(())
    }
}

impl Decoder for HealthCodec {
    type Item = ServingStatus;
    type Error = Status;

    fn decode(&mut self, buffer: &mut DecodeBuf<'_>) -> Result<Option<ServingStatus>, Status> {
        let status = read(buffer).ok_or_else(|| Status::internal("the answer is not a `HealthCheckResponse`"))?;
        Ok(Some(status))
    }
}

fn write(service: &str, buffer: &mut impl BufMut) {
    if service.is_empty() {
        return; // a field that has its default is left out
    }
    buffer.put_u8(SERVICE);
    let mut length = service.len();
    while length > 0x7f {
        buffer.put_u8(0x80 | length.to_le_bytes()[0]);
        length >>= 7;
    }
    buffer.put_u8(length.to_le_bytes()[0]);
    buffer.put_slice(service.as_bytes());
}

/// The status. Fields that are not known are skipped. `None` if the message is broken.
fn read(buffer: &mut impl Buf) -> Option<ServingStatus> {
    let mut status = ServingStatus(0);
    while buffer.has_remaining() {
        let key = varint(buffer)?;
        let (number, kind) = (key >> 3, key & 7);
        let skipped = match kind {
            0 => {
                let value = varint(buffer)?;
                if number == 1 {
                    status = ServingStatus(value);
                }
                0
            }
            1 => 8,
            2 => usize::try_from(varint(buffer)?).ok()?,
            5 => 4,
            _ => return None,
        };
        if skipped > buffer.remaining() {
            return None;
        }
        buffer.advance(skipped);
    }
    Some(status)
}

fn varint(buffer: &mut impl Buf) -> Option<u64> {
    let mut value = 0;
    for shift in (0..64).step_by(7) {
        let byte = buffer.has_remaining().then(|| buffer.get_u8())?;
        value |= u64::from(byte & 0x7f) << shift;
        if byte < 0x80 {
            return Some(value);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(service: &str) -> Vec<u8> {
        let mut buffer = Vec::new();
        write(service, &mut buffer);
        buffer
    }

    #[test]
    fn a_request_has_the_name_of_the_service() {
        assert_eq!(written(""), *b"");
        assert_eq!(written("abc"), *b"\x0a\x03abc");
        let long = "x".repeat(300);
        assert_eq!(written(&long)[..3], [0x0a, 0xac, 0x02]); // 300 = 0b10_0101100
        assert_eq!(written(&long)[3..], *long.as_bytes());
    }

    #[test]
    fn an_answer_has_a_status_and_maybe_more() {
        let status = |mut bytes: &[u8]| read(&mut bytes).map(|status| status.0);
        assert_eq!(status(&[]), Some(0));
        assert_eq!(status(&[8, 1]), Some(1));
        assert_eq!(status(&[8, 2]), Some(2));
        // A field of each other type before it.
        assert_eq!(status(&[16, 0x80, 1, 0x12, 2, 8, 2, 0x1d, 8, 2, 0, 0, 8, 1]), Some(1));
        assert_eq!(status(&[0x11, 1, 2, 3, 4, 5, 6, 7, 8, 8, 1]), Some(1));
    }

    #[test]
    fn a_broken_answer_is_no_status() {
        for mut broken in [
            &[8_u8][..],
            &[8, 0x80],
            &[0x12, 2, 1],
            &[0x11, 1],
            &[0x1d, 1],
            &[0x0b],
            &[8, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 1],
        ] {
            assert_eq!(read(&mut broken), None, "{broken:?}");
        }
    }
}
