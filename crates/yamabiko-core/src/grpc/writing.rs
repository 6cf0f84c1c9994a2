//! What a driver sends of a connection: the same for a server and a client.

/// Gives a connection what sending takes.
macro_rules! writing {
    ($connection:ty) => {
        impl $connection {
            /// Bytes for the peer: all of them, or with
            /// [`Config::gathers`](crate::h2::Config::gathers) a piece.
            pub fn output(&self) -> &[u8] {
                self.h2.output()
            }

            /// [`output`](Self::output) in pieces, as many as there is room for. Says how many.
            pub fn gather<'a>(&'a self, pieces: &mut [std::io::IoSlice<'a>]) -> usize {
                self.h2.gather(pieces)
            }

            /// Whether [`output`](Self::output) is one piece of several.
            #[inline]
            pub fn is_scattered(&self) -> bool {
                self.h2.is_scattered()
            }

            /// Bytes of output that wait, in all pieces.
            #[inline]
            pub fn unsent(&self) -> usize {
                self.h2.unsent()
            }

            /// The driver has sent `count` bytes of [`output`](Self::output).
            pub fn sent(&mut self, count: usize) {
                self.h2.sent(count);
            }

            /// Whether so much output waits that nothing more should be read.
            pub fn is_backed_up(&self) -> bool {
                self.h2.is_backed_up()
            }

            /// How many calls are live.
            pub fn live_calls(&self) -> usize {
                self.h2.live_streams()
            }

            /// Whether the last call has ended on a connection that is leaving.
            pub fn is_drained(&self) -> bool {
                self.h2.is_drained()
            }
        }
    };
}
pub(super) use writing;
