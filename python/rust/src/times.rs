//! How long connections last, as options of Python say it: by name, in
//! milliseconds.

use std::collections::HashMap;
use std::time::Duration;

use yamabiko::blocking::ChannelBuilder;
use yamabiko_core::h2::Config;

/// What stands for no limit: the largest int of C, as in grpcio.
const NO_LIMIT: u32 = i32::MAX as u32;

/// Values by the names that `_times.py` gives them.
pub(crate) type Times = HashMap<String, u32>;

/// Tells a server. A name that it has no use for is passed over.
pub(crate) fn tell_server(config: &mut Config, times: &Times) {
    for (name, &value) in times {
        match &**name {
            "keepalive_time" => config.keepalive.time = limit(value),
            "keepalive_timeout" => config.keepalive.timeout = time(value),
            "permit_without_calls" => config.permitted_pings.without_calls = value != 0,
            "permit_time" => config.permitted_pings.interval = time(value),
            "ping_strikes" => config.permitted_pings.strikes = value,
            "idle" => config.lifetime.idle = limit(value),
            "age" => config.lifetime.age = limit(value),
            "grace" => config.lifetime.grace = limit(value),
            "handshake" => config.handshake = time(value),
            _ => {}
        }
    }
}

/// Tells a channel, in the same way.
pub(crate) fn tell_channel(mut builder: ChannelBuilder, times: &Times) -> ChannelBuilder {
    for (name, &value) in times {
        builder = match &**name {
            "keepalive_time" => builder.keepalive_time(limit(value)),
            "keepalive_timeout" => builder.keepalive_timeout(time(value)),
            "keepalive_without_calls" => builder.keepalive_without_calls(value != 0),
            "idle" => builder.idle_timeout(limit(value)),
            _ => builder,
        };
    }
    builder
}

fn limit(milliseconds: u32) -> Option<Duration> {
    (milliseconds < NO_LIMIT).then(|| time(milliseconds))
}

fn time(milliseconds: u32) -> Duration {
    Duration::from_millis(u64::from(milliseconds))
}
