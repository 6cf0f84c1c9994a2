//! The socket of a connection of a server on plain threads, with TLS or
//! without.

use std::io::{self, Read, Write};
use std::net::Shutdown;

use yamabiko_core::ReceiveBuffer;
use yamabiko_core::grpc::server::ServerConnection;

use crate::blocking::wire::Wire;
use crate::read_buffer;
use crate::tls::{self, Session};

/// A socket and what is known of it.
pub(super) struct Socket {
    /// None when it has been closed.
    wire: Option<Wire>,
    tls: Option<Box<Session>>,
    /// It may hold something that has not been read.
    readable: bool,
    /// The peer has closed its side: everything is to be read, to the end.
    hung_up: bool,
    /// We have said by TLS that we write nothing more.
    has_closed: bool,
}

/// What the system says of a socket.
#[derive(Clone, Copy, Default)]
pub(super) struct Came {
    pub(super) readable: bool,
    pub(super) hung_up: bool,
}

impl Socket {
    pub(super) fn new(wire: Wire, tls: Option<Box<Session>>) -> Self {
        Socket { wire: Some(wire), tls, readable: true, hung_up: false, has_closed: false }
    }

    pub(super) fn came(&mut self, came: Came) {
        self.readable |= came.readable;
        self.hung_up |= came.hung_up;
    }

    pub(super) fn is_readable(&self) -> bool {
        self.readable
    }

    /// Reads behind what `input` holds. Whether the peer may go on.
    ///
    /// # Errors
    /// The connection is lost.
    pub(super) fn read(&mut self, input: &mut ReceiveBuffer) -> io::Result<bool> {
        match self.read_some(input) {
            Ok(count) => Ok(count > 0),
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                self.readable = false;
                Ok(true)
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => Ok(true),
            Err(error) => Err(error),
        }
    }

    fn read_some(&mut self, input: &mut ReceiveBuffer) -> io::Result<usize> {
        let Some(mut wire) = self.wire.as_ref() else { return Ok(0) };
        if let Some(session) = &mut self.tls {
            return tls::read(session, input, |space| wire.read(space));
        }
        let space = read_buffer::space(input);
        let room = space.len();
        let count = wire.read(space)?;
        input.filled(count);
        // A short read has emptied the socket; what comes next is told. Unless the end has been
        // told already, which is to be read too.
        self.readable = count == room || self.hung_up;
        Ok(count)
    }

    /// Whether there is something to write. What the core has to say waits for the handshake.
    pub(super) fn has_output(&self, core: &ServerConnection) -> bool {
        match &self.tls {
            None => !core.output().is_empty(),
            Some(session) => {
                let core_may = session.is_open() && !core.output().is_empty();
                core_may || !session.output().is_empty()
            }
        }
    }

    /// Writes what the socket takes.
    pub(super) fn write(&mut self, core: &mut ServerConnection) -> io::Result<()> {
        let Some(mut wire) = self.wire.as_ref() else { return Ok(()) };
        let tls = &mut self.tls;
        loop {
            if let Some(session) = tls
                && session.output().is_empty()
            {
                let count = session.seal(core.output());
                core.sent(count);
            }
            let bytes = tls.as_ref().map_or_else(|| core.output(), |session| session.output());
            if bytes.is_empty() {
                return Ok(());
            }
            match wire.write(bytes) {
                Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
                Ok(count) => match tls {
                    None => core.sent(count),
                    Some(session) => session.sent(count),
                },
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(()),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
    }

    /// Sends the last words, and looks whether the peer has closed as well. Whether it is done.
    ///
    /// # Errors
    /// The connection is lost.
    pub(super) fn close(&mut self, core: &mut ServerConnection) -> io::Result<bool> {
        self.write(core)?;
        if self.has_output(core) {
            return Ok(false);
        }
        if let Some(session) = self.tls.as_mut().filter(|_| !self.has_closed) {
            self.has_closed = true;
            session.close();
            return self.close(core);
        }
        let Some(mut wire) = self.wire.as_ref() else { return Ok(true) };
        let _ = wire.shutdown(Shutdown::Write);
        let mut unwanted = [0; 4096];
        loop {
            match wire.read(&mut unwanted) {
                Ok(1..) => {}
                Ok(0) => return Ok(true),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(false),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
    }

    /// Gives the socket itself away, if it has not been closed.
    pub(super) fn take(&mut self) -> Option<Wire> {
        self.wire.take()
    }
}
