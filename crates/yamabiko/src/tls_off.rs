//! What stands in for `tls/` without the feature `tls`: sessions that never
//! exist, so that the drivers are written once.

use std::io;
use std::sync::Arc;

use yamabiko_core::ReceiveBuffer;

use crate::address::Place;
use crate::{Error, Peer};

/// Never made.
pub(crate) enum Session {}

/// Never made.
#[derive(Clone, Debug)]
pub(crate) enum ServerTls {}

/// Never made.
#[derive(Clone, Debug)]
pub(crate) enum ClientTls {}

/// Never made.
#[derive(Clone, Debug)]
pub(crate) enum Destination {}

impl Session {
    pub(crate) fn is_open(&self) -> bool {
        match *self {}
    }

    pub(crate) fn receive(&mut self, _: &[u8], _: &mut ReceiveBuffer) -> io::Result<usize> {
        match *self {}
    }

    pub(crate) fn has_ended(&self) -> bool {
        match *self {}
    }

    pub(crate) fn seal(&mut self, _: &[u8]) -> usize {
        match *self {}
    }

    pub(crate) fn close(&mut self) {
        match *self {}
    }

    pub(crate) fn output(&self) -> &[u8] {
        match *self {}
    }

    pub(crate) fn sent(&mut self, _: usize) {
        match *self {}
    }
}

pub(crate) fn read(
    session: &mut Session,
    _: &mut ReceiveBuffer,
    _: impl FnMut(&mut [u8]) -> io::Result<usize>,
) -> io::Result<usize> {
    match *session {}
}

impl ServerTls {
    pub(crate) fn check(&self) -> Result<(), Error> {
        match *self {}
    }

    pub(crate) fn accept(&self, _: &Arc<Peer>) -> Result<Session, Error> {
        match *self {}
    }
}

impl ClientTls {
    pub(crate) fn of_the_system() -> Option<Self> {
        None
    }

    pub(crate) fn to(&self, _: &Place) -> Result<Destination, Error> {
        match *self {}
    }
}

impl Destination {
    pub(crate) fn session(&self) -> Result<Session, String> {
        match *self {}
    }
}
