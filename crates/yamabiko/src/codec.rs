//! The seam between calls and message libraries: generated code names a marker
//! type, such as [`Buffa`], that turns messages into bytes and back.
//!
//! Another library joins with a few lines, here for messages of prost:
//!
//! ```ignore
//! struct Prost;
//!
//! impl<T: prost::Message + Default + 'static> Codec<T> for Prost {
//!     type Sizes = ();
//!
//!     fn size(message: &T) -> (usize, ()) {
//!         (message.encoded_len(), ())
//!     }
//!     fn encode(message: &T, (): (), out: &mut Vec<u8>) {
//!         message.encode_raw(out);
//!     }
//!     fn decode(bytes: &[u8]) -> Result<T, Status> {
//!         T::decode(bytes).map_err(|error| Status::internal(error.to_string()))
//!     }
//! }
//! ```

use buffa::{DecodeError, Message, SizeCache};
use yamabiko_core::grpc::{Origin, Status};

/// Turns messages of type `T` into bytes and back.
///
/// A message is measured once and then written behind its length prefix,
/// straight into the buffer that goes to the socket.
pub trait Codec<T>: 'static {
    /// What measuring found out and writing needs.
    type Sizes;

    /// The encoded length of `message` in bytes. The runtime compares it with
    /// its limits and writes only a message that is within them.
    fn size(message: &T) -> (usize, Self::Sizes);

    /// Appends `message` to `out`: exactly as many bytes as [`size`](Self::size)
    /// said when it returned `sizes`.
    fn encode(message: &T, sizes: Self::Sizes, out: &mut Vec<u8>);

    /// The message that `bytes`, all of them, encode.
    ///
    /// # Errors
    ///
    /// The status for the call when they are not such a message.
    fn decode(bytes: &[u8]) -> Result<T, Status>;
}

/// The codec of generated messages: protobuf's binary format by the crate
/// `buffa`, within its limits for untrusted input (nesting, unknown fields,
/// memory for elements).
#[derive(Clone, Copy, Debug)]
pub struct Buffa;

impl<T: Message + 'static> Codec<T> for Buffa {
    /// The lengths of nested messages; on the heap only when there are many.
    type Sizes = SizeCache;

    #[inline]
    fn size(message: &T) -> (usize, SizeCache) {
        let mut sizes = SizeCache::new();
        let size = message.compute_size(&mut sizes);
        // A message of 4 GiB or more measures `u32::MAX`, which no limit admits.
        (usize::try_from(size).unwrap_or(usize::MAX), sizes)
    }

    #[inline]
    fn encode(message: &T, mut sizes: SizeCache, out: &mut Vec<u8>) {
        message.write_to(&mut sizes, out);
    }

    #[inline]
    fn decode(bytes: &[u8]) -> Result<T, Status> {
        T::decode_from_slice(bytes).map_err(|error| undecodable(&error))
    }
}

#[cold]
fn undecodable(error: &DecodeError) -> Status {
    let message = format!("cannot decode the message: {error}");
    let status = match error {
        DecodeError::ElementMemoryLimitExceeded
        | DecodeError::UnknownFieldLimitExceeded
        | DecodeError::MessageTooLarge => Status::resource_exhausted(message),
        _ => Status::internal(message),
    };
    status.with_origin(Origin::Concluded)
}

#[cfg(test)]
mod tests {
    use buffa_types::google::protobuf::{ListValue, StringValue, Value};
    use yamabiko_core::grpc::Code;

    use super::*;

    fn encoded<T: Message + 'static>(message: &T) -> Vec<u8> {
        let (size, sizes) = Buffa::size(message);
        let mut out = b"head".to_vec();
        Buffa::encode(message, sizes, &mut out);
        assert_eq!(out.len(), b"head".len() + size);
        out.split_off(b"head".len())
    }

    #[test]
    fn a_message_is_appended_with_the_size_that_was_measured() {
        let name = StringValue { value: "なんしー".to_owned(), ..Default::default() };
        assert_eq!(encoded(&name), [b"\x0a\x0c".as_slice(), "なんしー".as_bytes()].concat());
    }

    #[test]
    fn sizes_of_many_nested_messages_are_kept() {
        let values = (0..100).map(|number| Value::from(f64::from(number))).collect();
        let list = ListValue { values, ..Default::default() };
        let bytes = encoded(&list);
        assert_eq!(<Buffa as Codec<ListValue>>::decode(&bytes).as_ref().ok(), Some(&list));
    }

    #[test]
    fn bytes_that_are_no_message_are_an_internal_error_that_says_why() {
        let status = <Buffa as Codec<StringValue>>::decode(b"\x0a\x05abc").expect_err("cut short");
        assert_eq!((status.code(), status.origin()), (Code::Internal, Origin::Concluded));
        assert!(status.message().starts_with("cannot decode the message: "), "{status}");
    }
}
