//! What comes of the calls of a server that leaves.

use std::fmt;
use std::sync::Arc;

use crate::Peer;

/// What came of the calls that were in progress when a server began to leave.
///
/// Its [`Display`](fmt::Display) is a line for a log.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct ShutDown {
    /// Calls that have ended by themselves.
    pub finished: usize,
    /// Calls that were cut, since their time was over.
    pub cut: Vec<CutCall>,
    /// Answers that were cut, since their clients did not read them in time.
    pub unread: usize,
}

/// A call that was cut.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct CutCall {
    /// The path of its method, such as `/hello.HelloService/SayHello`.
    pub method: String,
    /// Who called.
    pub peer: Arc<Peer>,
}

impl ShutDown {
    /// What came of `in_progress` calls, when these were cut of `live` ones.
    pub(crate) fn new(in_progress: usize, live: usize, cut: Vec<CutCall>) -> Self {
        let unread = live.saturating_sub(cut.len());
        ShutDown { finished: in_progress.saturating_sub(live), cut, unread }
    }

    /// Whether nothing was cut.
    pub fn is_clean(&self) -> bool {
        self.cut.is_empty() && self.unread == 0
    }
}

impl fmt::Display for ShutDown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} calls finished", self.finished)?;
        if !self.cut.is_empty() {
            write!(f, ", {} cut", self.cut.len())?;
        }
        for (index, CutCall { method, peer }) in self.cut.iter().enumerate() {
            write!(f, "{} {method} from {peer}", if index == 0 { ":" } else { "," })?;
        }
        match self.unread {
            0 => Ok(()),
            unread => write!(f, ", {unread} answers that nobody read"),
        }
    }
}
