//! What a call brings.

use yamabiko_core::grpc::Metadata;

/// A message and what the server says beside it.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Response<Res> {
    /// The message.
    pub message: Res,
    /// Metadata from before the message.
    pub headers: Metadata,
    /// Metadata from behind the message.
    pub trailers: Metadata,
    /// Whether the message came compressed. Where the response is a stream,
    /// [`came_compressed`](crate::Streaming::came_compressed) tells it of each message.
    pub compressed: bool,
}
