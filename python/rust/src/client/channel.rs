//! A channel of `yamabiko._core`.

use std::sync::Arc;
use std::time::{Duration, Instant};

use pyo3::prelude::*;
use yamabiko::blocking::{Channel as CoreChannel, Connectivity};

use super::line::Line;
use super::target;
use crate::compression::encoding;
use crate::times::{self, Times};

/// The way to a server.
#[pyclass(frozen, module = "yamabiko._core")]
pub(super) struct Channel {
    pub(super) line: Arc<Line>,
}

#[pymethods]
impl Channel {
    /// A limit of None is the usual one, a negative one is none.
    #[new]
    #[pyo3(signature = (
        target, *, user_agent, authority=None, max_receive=None, max_send=None, max_metadata=None,
        compression=0, times=None
    ))]
    #[expect(clippy::too_many_arguments, reason = "keywords in Python")]
    fn new(
        target: String,
        user_agent: String,
        authority: Option<String>,
        max_receive: Option<i64>,
        max_send: Option<i64>,
        max_metadata: Option<u32>,
        compression: i64,
        times: Option<Times>,
    ) -> PyResult<Self> {
        let compression = encoding(compression)?;
        let mut builder =
            CoreChannel::builder(target::address(&target)?).exact_user_agent(user_agent);
        if let Some(authority) = authority {
            builder = builder.authority(authority);
        }
        if let Some(bytes) = max_receive {
            builder = builder.max_message_size(usize::try_from(bytes).unwrap_or(usize::MAX / 2));
        }
        if let Some(bytes) = max_metadata {
            builder = builder.max_metadata_size(bytes);
        }
        if let Some(times) = times {
            builder = times::tell_channel(builder, &times);
        }
        let max_send = max_send.and_then(|bytes| usize::try_from(bytes).ok());
        Ok(Channel { line: Arc::new(Line::new(target, max_send, compression, Ok(builder))) })
    }

    /// Where it stands, by the number of `grpc.ChannelConnectivity`.
    fn connectivity(&self, connect: bool) -> i32 {
        if self.line.is_closed() {
            return number(Connectivity::Shutdown);
        }
        match self.line.channel() {
            Ok(channel) => number(channel.connectivity(connect)),
            Err(_) => number(Connectivity::TransientFailure),
        }
    }

    /// Waits until it stands elsewhere than `before`, but not longer than so many seconds.
    fn wait_for_change(&self, py: Python<'_>, before: i32, seconds: f64) -> i32 {
        let until = Instant::now() + Duration::try_from_secs_f64(seconds).unwrap_or_default();
        let channel = self.line.channel();
        py.detach(|| {
            let Ok(channel) = channel else { return self.still(before, until) };
            let mut state = channel.connectivity(false);
            while number(state) == before && Instant::now() < until {
                state = channel.wait_for_change(state, until);
            }
            number(state)
        })
    }

    /// Closes it; its calls end with CANCELLED.
    fn close(&self, py: Python<'_>) {
        let channel = self.line.close();
        py.detach(|| {
            if let Some(channel) = channel {
                channel.close();
            }
        });
    }

    /// Whether it was closed.
    fn is_closed(&self) -> bool {
        self.line.is_closed()
    }
}

impl Channel {
    /// A channel that can never connect stays where it is.
    fn still(&self, before: i32, until: Instant) -> i32 {
        std::thread::sleep(until.saturating_duration_since(Instant::now()));
        before
    }
}

fn number(connectivity: Connectivity) -> i32 {
    match connectivity {
        Connectivity::Idle => 0,
        Connectivity::Connecting => 1,
        Connectivity::Ready => 2,
        Connectivity::TransientFailure => 3,
        Connectivity::Shutdown => 4,
    }
}
