//! The messages of `grpc.health.v1`, the standard health service of gRPC, for its client (`checks::Grpc`) and its
//! server (`Health::grpc`).
//!
//! ```text
//! wire   the fields of a message as bytes
//! codec  the messages as tonic sends and receives them
//! ```
//!
//! There are five messages with one field each, so this needs neither generated code nor a library for Protocol
//! Buffers. The crate `tonic-health` would bring `prost`, and it has no `List`.
//!
//! ```text
//! message HealthCheckRequest  { string service = 1; }
//! message HealthCheckResponse { ServingStatus status = 1; }
//! message HealthListRequest   {}
//! message HealthListResponse  { map<string, HealthCheckResponse> statuses = 1; }
//! ```

mod codec;
mod wire;

use std::fmt;

use bytes::{Buf, BufMut};
use tonic::Code;

pub(crate) use self::codec::{Decode, Encode, HealthCodec};
use self::wire::{Field, fields, write_bytes, write_number};

/// The name of the health service.
pub(crate) const SERVICE: &str = "grpc.health.v1.Health";

/// The key of the metadata with which a check asks. As over HTTP, where it is in the query, the answer then leaves out
/// the checks that ask other services in turn.
pub(crate) const HOPS: &str = "health-hops";

/// The name of the service that a client asks about. It is empty if the client asks about the whole server.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct HealthCheckRequest(pub(crate) String);

/// What a server says about a service.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct ServingStatus(u64);

/// Asks for the status of every service.
#[derive(Debug)]
pub(crate) struct HealthListRequest;

/// The name and the status of every service.
#[derive(Debug)]
pub(crate) struct HealthListResponse(pub(crate) Vec<(String, ServingStatus)>);

impl ServingStatus {
    pub(crate) const SERVING: Self = Self(1);
    pub(crate) const NOT_SERVING: Self = Self(2);
    /// Only a stream of `Watch` says this.
    pub(crate) const SERVICE_UNKNOWN: Self = Self(3);
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

impl Encode for HealthCheckRequest {
    fn encode(&self, buffer: &mut impl BufMut) {
        if !self.0.is_empty() {
            write_bytes(1, self.0.as_bytes(), buffer); // a field that has its default is left out
        }
    }
}

impl Decode for HealthCheckRequest {
    const NAME: &'static str = "HealthCheckRequest";
    const BROKEN: Code = Code::InvalidArgument;

    fn decode(buffer: &mut impl Buf) -> Option<Self> {
        let mut service = String::new();
        fields(buffer, |number, field| {
            if let (1, Field::Bytes(bytes)) = (number, field) {
                service = String::from_utf8(bytes.into()).ok()?;
            }
            Some(())
        })?;
        Some(Self(service))
    }
}

impl Encode for ServingStatus {
    fn encode(&self, buffer: &mut impl BufMut) {
        if *self != Self::default() {
            write_number(1, self.0, buffer);
        }
    }
}

impl Decode for ServingStatus {
    const NAME: &'static str = "HealthCheckResponse";
    const BROKEN: Code = Code::Internal;

    fn decode(buffer: &mut impl Buf) -> Option<Self> {
        let mut status = Self::default();
        fields(buffer, |number, field| {
            if let (1, Field::Number(value)) = (number, field) {
                status = Self(value);
            }
            Some(())
        })?;
        Some(status)
    }
}

impl Decode for HealthListRequest {
    const NAME: &'static str = "HealthListRequest";
    const BROKEN: Code = Code::InvalidArgument;

    fn decode(buffer: &mut impl Buf) -> Option<Self> {
        fields(buffer, |_, _| Some(()))?;
        Some(Self)
    }
}

impl Encode for HealthListResponse {
    /// Each entry of a map is a message with the key as field 1 and the value as field 2.
    fn encode(&self, buffer: &mut impl BufMut) {
        let (mut entry, mut value) = (Vec::new(), Vec::new());
        for (service, status) in &self.0 {
            entry.clear();
            value.clear();
            write_bytes(1, service.as_bytes(), &mut entry);
            status.encode(&mut value);
            write_bytes(2, &value, &mut entry);
            write_bytes(1, &entry, buffer);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn encoded(message: &impl Encode) -> Vec<u8> {
        let mut buffer = Vec::new();
        message.encode(&mut buffer);
        buffer
    }

    fn asked(service: &str) -> Vec<u8> {
        encoded(&HealthCheckRequest(service.to_owned()))
    }

    #[test]
    fn a_request_has_the_name_of_the_service() {
        assert_eq!(asked(""), *b"");
        assert_eq!(asked("abc"), *b"\x0a\x03abc");
        let long = "x".repeat(300);
        assert_eq!(asked(&long)[..3], [0x0a, 0xac, 0x02]); // 300 = 0b10_0101100
        assert_eq!(asked(&long)[3..], *long.as_bytes());
        for service in ["", "abc", &long] {
            let request = HealthCheckRequest::decode(&mut &asked(service)[..]);
            assert_eq!(request.expect("it is valid").0, service);
        }
    }

    #[test]
    fn a_request_that_is_no_text_or_is_cut_off_is_refused() {
        for mut broken in [&b"\x0a\x02\xff\xfe"[..], b"\x0a\x03ab", b"\x0a", b"\x02\x01a"] {
            assert_eq!(HealthCheckRequest::decode(&mut broken), None, "{broken:?}");
        }
    }

    #[test]
    fn an_answer_has_a_status_and_maybe_more() {
        let status = |mut bytes: &[u8]| ServingStatus::decode(&mut bytes).map(|status| status.0);
        assert_eq!(status(&[]), Some(0));
        assert_eq!(status(&[8, 1]), Some(1));
        assert_eq!(status(&[8, 2]), Some(2));
        // A field of each other type before it.
        assert_eq!(status(&[16, 0x80, 1, 0x12, 2, 8, 2, 0x1d, 8, 2, 0, 0, 8, 1]), Some(1));
        assert_eq!(status(&[0x11, 1, 2, 3, 4, 5, 6, 7, 8, 8, 1]), Some(1));
        assert_eq!(encoded(&ServingStatus::SERVING), [8, 1]);
        assert_eq!(encoded(&ServingStatus(0)), b"");
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
            assert_eq!(ServingStatus::decode(&mut broken), None, "{broken:?}");
        }
    }

    #[test]
    fn a_list_has_an_entry_for_each_service() {
        let list = [
            (String::new(), ServingStatus::SERVING),
            ("db".into(), ServingStatus::NOT_SERVING),
        ];
        let bytes = encoded(&HealthListResponse(list.into()));
        assert_eq!(
            bytes,
            *b"\x0a\x06\x0a\x00\x12\x02\x08\x01\x0a\x08\x0a\x02db\x12\x02\x08\x02"
        );
    }
}
