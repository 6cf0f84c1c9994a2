//! Bytes in a header field: the base64 of `-bin` metadata (grpc `doc/PROTOCOL-HTTP2.md`,
//! "Binary-Header").

use base64::Engine as _;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};

/// Padding is not sent, and accepted; nor do we mind bits beyond the last octet.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new()
        .with_encode_padding(false)
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true),
);

/// The text that stands for these bytes on the wire.
pub fn encode(bytes: &[u8]) -> String {
    BASE64.encode(bytes)
}

/// The bytes of one value, or `None` if it is not base64.
pub fn decode(value: &[u8]) -> Option<Vec<u8>> {
    BASE64.decode(value).ok()
}
