//! The fields of a message as bytes, in the encoding of Protocol Buffers.

use bytes::{Buf, BufMut, Bytes};

/// The types of a field that the messages have, as the last three bits of its key.
const NUMBER: u64 = 0;
const BYTES: u64 = 2;

/// The value of a field, if it has one of these types.
pub(super) enum Field {
    Number(u64),
    Bytes(Bytes),
}

pub(super) fn write_number(field: u64, value: u64, buffer: &mut impl BufMut) {
    write_varint(field << 3 | NUMBER, buffer);
    write_varint(value, buffer);
}

pub(super) fn write_bytes(field: u64, bytes: &[u8], buffer: &mut impl BufMut) {
    write_varint(field << 3 | BYTES, buffer);
    write_varint(bytes.len() as u64, buffer);
    buffer.put_slice(bytes);
}

fn write_varint(mut value: u64, buffer: &mut impl BufMut) {
    while value > 0x7f {
        buffer.put_u8(0x80 | value.to_le_bytes()[0]);
        value >>= 7;
    }
    buffer.put_u8(value.to_le_bytes()[0]);
}

/// Calls `take` with the number and the value of each field. Fields of other types are skipped. Returns `None` if the
/// message is broken, or if `take` returns `None`.
pub(super) fn fields(buffer: &mut impl Buf, mut take: impl FnMut(u64, Field) -> Option<()>) -> Option<()> {
    while buffer.has_remaining() {
        let key = read_varint(buffer)?;
        let (number, kind) = (key >> 3, key & 7);
        match kind {
            _ if number == 0 => return None,
            NUMBER => take(number, Field::Number(read_varint(buffer)?))?,
            1 => skip(buffer, 8)?,
            BYTES => {
                let length = usize::try_from(read_varint(buffer)?).ok()?;
                if length > buffer.remaining() {
                    return None;
                }
                take(number, Field::Bytes(buffer.copy_to_bytes(length)))?;
            }
            5 => skip(buffer, 4)?,
            _ => return None,
        }
    }
    Some(())
}

fn skip(buffer: &mut impl Buf, length: usize) -> Option<()> {
    if length > buffer.remaining() {
        return None;
    }
    buffer.advance(length);
    Some(())
}

fn read_varint(buffer: &mut impl Buf) -> Option<u64> {
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
