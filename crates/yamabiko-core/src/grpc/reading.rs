//! How a driver reads and paces streams of messages: the same commands for a
//! server and a client, over what both keep for a call's receiving half.

/// Gives a connection, whose calls have a `Receiving`, what reading takes.
macro_rules! reading {
    ($connection:ty) => {
        impl $connection {
            /// From now on the call's windows open as its messages are [consumed](Self::consumed), not as
            /// they come: the peer can run ahead by a window and a message, not more.
            pub fn read_on_demand(&mut self, stream: StreamKey) {
                if let Some(call) = self.h2.call(stream) {
                    call.receiving.pace.get_or_insert(Pace::default());
                }
            }

            /// So many messages, of so many bytes together, have been read from a call that is [read on
            /// demand](Self::read_on_demand).
            pub fn consumed(&mut self, stream: StreamKey, messages: usize, bytes: usize) {
                let pace = self.h2.call(stream).and_then(|call| call.receiving.pace.as_mut());
                if let Some(pace) = pace {
                    let release = self.inbound.unread.consumed(pace, messages, bytes);
                    self.release(stream, release);
                }
            }

            /// A call is over: what it was assembling is freed, and what nobody will read is given back.
            pub(super) fn forget(&mut self, stream: StreamKey, receiving: &Receiving) {
                self.inbound.forget(stream, receiving);
                let owed = self.inbound.unread.settle_connection();
                if owed > 0 {
                    self.h2.release_connection(owed);
                }
                self.release_kept();
            }

            /// Gives windows back, as far as there is room for what they let in.
            fn release(&mut self, stream: StreamKey, release: Release) {
                let now = self.inbound.assembling.release(stream, release.stream);
                self.h2.release_parts(stream, now, release.connection);
            }

            /// Gives back to other streams what was kept for want of room.
            #[inline]
            fn release_kept(&mut self) {
                while let Some((stream, owed)) = self.inbound.assembling.next_release() {
                    self.h2.release_parts(stream, owed, 0);
                }
            }

            /// Whether a message for this call would leave soon, so that the next one is welcome. If not,
            /// [`next_room`](Self::next_room) tells when it is.
            pub fn has_room(&mut self, stream: StreamKey) -> bool {
                self.h2.has_room(stream)
            }

            /// A call that found no [room](Self::has_room) and has it now. To be asked after events and
            /// after [`sent`](Self::sent), until it gives `None`.
            #[inline]
            pub fn next_room(&mut self) -> Option<StreamKey> {
                self.h2.next_room()
            }
        }
    };
}
pub(super) use reading;
