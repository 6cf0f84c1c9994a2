//! What each side has told the other in SETTINGS (RFC 9113 §6.5).

use std::collections::VecDeque;

use super::config::UNTOLD_CONCURRENT_STREAMS;
use super::connection::{Connection, Side};
use super::error::Error;
use super::window::DEFAULT_WINDOW;
use crate::frame::{
    DEFAULT_MAX_FRAME_SIZE, ErrorCode, HEAD_LEN, Settings, setting, write_settings,
    write_settings_ack,
};

/// The peer's settings, at their defaults until it speaks.
#[derive(Debug)]
pub struct PeerSettings {
    pub(super) initial_window: u32,
    pub(super) max_frame: usize,
    pub(super) max_concurrent_streams: u32,
    pub(super) max_header_list: u32,
}

impl Default for PeerSettings {
    fn default() -> Self {
        PeerSettings {
            initial_window: DEFAULT_WINDOW,
            max_frame: DEFAULT_MAX_FRAME_SIZE as usize,
            // RFC 9113 §6.5.2 sets no limit before the peer does: what it would refuse had better
            // wait.
            max_concurrent_streams: UNTOLD_CONCURRENT_STREAMS,
            max_header_list: u32::MAX,
        }
    }
}

/// Ours: the stream window that the peer is known to use, and those it has not acknowledged.
#[derive(Debug)]
pub struct OwnSettings {
    pub(super) stream_window: u32,
    unacknowledged: VecDeque<u32>,
}

impl Default for OwnSettings {
    fn default() -> Self {
        OwnSettings { stream_window: DEFAULT_WINDOW, unacknowledged: VecDeque::new() }
    }
}

impl<C: Default> Connection<C> {
    /// The largest header list that the peer takes, in bytes.
    pub fn peer_max_header_list(&self) -> u32 {
        self.peer.max_header_list
    }

    /// Announces the limits of `self.config`, at the beginning and after each change.
    pub(super) fn announce_settings(&mut self) {
        let config = &self.config;
        let (first, value) = match self.opening.side() {
            Side::Client => (setting::ENABLE_PUSH, 0),
            Side::Server => (setting::MAX_CONCURRENT_STREAMS, config.max_concurrent_streams),
        };
        let all = [
            (first, value),
            (setting::INITIAL_WINDOW_SIZE, config.stream_window),
            (setting::MAX_HEADER_LIST_SIZE, config.max_header_list),
        ];
        write_settings(&mut self.output.bytes, &all);
        self.own.unacknowledged.push_back(config.stream_window);
    }

    /// Changes the receive window of every stream. It holds once the peer has acknowledged it.
    pub fn set_stream_window(&mut self, size: u32) {
        self.config.stream_window = size;
        self.announce_settings();
    }

    /// Changes how many streams the peer may have open. Those that are open stay.
    pub fn set_max_concurrent_streams(&mut self, limit: u32) {
        self.config.max_concurrent_streams = limit;
        self.announce_settings();
    }

    pub(super) fn receive_settings_ack(&mut self) -> Result<(), Error> {
        let Some(window) = self.own.unacknowledged.pop_front() else {
            return Err(Error::Peer {
                code: ErrorCode::PROTOCOL_ERROR,
                reason: "an acknowledgement of SETTINGS that were never sent",
            });
        };
        self.own.stream_window = window;
        for stream in self.streams.iter_mut() {
            stream.receive.retarget(window);
        }
        Ok(())
    }

    pub(super) fn receive_settings(&mut self, settings: Settings<'_>) -> Result<(), Error> {
        let mut initial_window = self.peer.initial_window;
        for (id, value) in settings.iter() {
            match id {
                setting::HEADER_TABLE_SIZE => self.encoder.set_max_table_size(value as usize),
                // RFC 9113 §6.5.2: a server must not ask a client for leave to be pushed to.
                setting::ENABLE_PUSH if value == 1 && self.opening.side() == Side::Client => {
                    return Err(Error::Peer {
                        code: ErrorCode::PROTOCOL_ERROR,
                        reason: "ENABLE_PUSH from a server",
                    });
                }
                setting::MAX_CONCURRENT_STREAMS => self.peer.max_concurrent_streams = value,
                setting::INITIAL_WINDOW_SIZE => initial_window = value,
                setting::MAX_FRAME_SIZE => self.peer.max_frame = value as usize,
                setting::MAX_HEADER_LIST_SIZE => self.peer.max_header_list = value,
                _ => {}
            }
        }
        // Once, whatever a frame of 2,730 settings says: it concerns every stream.
        self.change_send_windows(initial_window)?;
        write_settings_ack(&mut self.output.bytes);
        self.clocks.strikes.wrote_besides(HEAD_LEN);
        self.pump();
        Ok(())
    }

    /// RFC 9113 §6.9.2: the difference applies to every stream, and may leave it below zero.
    fn change_send_windows(&mut self, size: u32) -> Result<(), Error> {
        let delta = i64::from(size) - i64::from(self.peer.initial_window);
        if delta == 0 {
            return Ok(());
        }
        self.peer.initial_window = size;
        for stream in self.streams.iter_mut() {
            stream.send.change(delta).map_err(|code| Error::Peer {
                code,
                reason: "INITIAL_WINDOW_SIZE overflows a window",
            })?;
        }
        let waiting: Vec<_> = self.streams.keys().collect();
        for key in waiting {
            self.line_up(key);
        }
        Ok(())
    }
}
