//! What a caching proxy would keep: the answers of the last minute.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// How long an answer may be kept, which the server says of it too.
pub(super) const MAX_AGE: Duration = Duration::from_secs(60);
/// Answers that are kept at most; a proxy has its limit too.
const MAX_KEPT: usize = 100;

/// Answers by their requests.
#[derive(Debug, Default)]
pub(super) struct Kept(Mutex<HashMap<Vec<u8>, Answer>>);

#[derive(Debug)]
struct Answer {
    made: Instant,
    body: Vec<u8>,
}

impl Kept {
    /// The answer to the same request if there is one, or else the one that is made now.
    pub(super) fn answer(&self, request: Vec<u8>, make: impl FnOnce() -> Vec<u8>) -> Vec<u8> {
        let now = Instant::now();
        let mut answers = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        answers.retain(|_, answer| now.duration_since(answer.made) < MAX_AGE);
        if answers.len() >= MAX_KEPT {
            answers.clear();
        }
        let kept = answers.entry(request);
        kept.or_insert_with(|| Answer { made: now, body: make() }).body.clone()
    }
}
