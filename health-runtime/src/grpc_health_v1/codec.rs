//! The messages as tonic sends and receives them.

use std::fmt;
use std::marker::PhantomData;

use bytes::{Buf, BufMut};
use tonic::codec::{Codec, DecodeBuf, Decoder, EncodeBuf, Encoder};
use tonic::{Code, Status};

/// A message that is sent.
pub(crate) trait Encode: Send + 'static {
    fn encode(&self, buffer: &mut impl BufMut);
}

/// A message that is received.
pub(crate) trait Decode: Sized + Send + 'static {
    const NAME: &'static str;
    /// The status for a message that is broken.
    const BROKEN: Code;

    /// Fields that are not known are skipped. `None` if the message is broken.
    fn decode(buffer: &mut impl Buf) -> Option<Self>;
}

/// Sends `E` and receives `D`.
pub(crate) struct HealthCodec<E, D>(PhantomData<fn(E) -> D>);

impl<E, D> HealthCodec<E, D> {
    pub(crate) fn new() -> Self {
        Self(PhantomData)
    }
}

impl<E, D> fmt::Debug for HealthCodec<E, D> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HealthCodec").finish()
    }
}

impl<E: Encode, D: Decode> Codec for HealthCodec<E, D> {
    type Encode = E;
    type Decode = D;
    type Encoder = Self;
    type Decoder = Self;

    fn encoder(&mut self) -> Self {
        Self::new()
    }

    fn decoder(&mut self) -> Self {
        Self::new()
    }
}

impl<E: Encode, D> Encoder for HealthCodec<E, D> {
    type Item = E;
    type Error = Status;

    fn encode(&mut self, message: E, buffer: &mut EncodeBuf<'_>) -> Result<(), Status> {
        message.encode(buffer);
        Ok(())
    }
}

impl<E, D: Decode> Decoder for HealthCodec<E, D> {
    type Item = D;
    type Error = Status;

    fn decode(&mut self, buffer: &mut DecodeBuf<'_>) -> Result<Option<D>, Status> {
        let broken = || Status::new(D::BROKEN, format!("the message is not a `{}`", D::NAME));
        D::decode(buffer).map(Some).ok_or_else(broken)
    }
}
