//! A connection on tokio, as its streaming calls know it.

use yamabiko_core::grpc::server::ServerConnection;
use yamabiko_core::h2::StreamKey;

use super::connection::Connection;
use crate::compression::Sending;
use crate::stream::serving::{Carrier, Wires};

impl Carrier for Connection {
    fn max_message(&self) -> usize {
        self.server.limits.max_message
    }

    fn sending(&self) -> Sending {
        self.server.sending
    }

    fn with<T>(
        &self,
        stream: StreamKey,
        action: impl FnOnce(&mut ServerConnection, Option<&mut Wires>) -> T,
    ) -> T {
        Connection::with(self, stream, action)
    }

    #[cfg(feature = "blocking")]
    fn wait(&self) {
        use tokio::runtime::{Handle, RuntimeFlavor};

        match Handle::try_current().map(|runtime| runtime.runtime_flavor()) {
            // What this thread has woken last waits for it, where no other thread would find it.
            Ok(RuntimeFlavor::MultiThread) => tokio::task::block_in_place(std::thread::park),
            _ => std::thread::park(),
        }
    }
}
