//! What is made of certificates and keys, and made anew when they change.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use crate::Error;

/// The configuration that new connections get.
#[derive(Debug)]
pub(super) struct Current<C> {
    loaded: Mutex<Option<(Arc<C>, Instant)>>,
}

impl<C> Default for Current<C> {
    fn default() -> Self {
        Current { loaded: Mutex::new(None) }
    }
}

impl<C> Current<C> {
    /// What there is, loaded if it is the first time or `every` has passed since. What cannot be
    /// loaded again is logged, and what was there before goes on.
    pub(super) fn load(
        &self,
        every: Option<Duration>,
        load: impl FnOnce() -> Result<C, Error>,
    ) -> Result<Arc<C>, Error> {
        let mut loaded = self.loaded.lock().unwrap_or_else(PoisonError::into_inner);
        let now = Instant::now();
        let before = match &*loaded {
            Some((current, at)) if every.is_none_or(|every| now - *at < every) => {
                return Ok(Arc::clone(current));
            }
            Some((current, _)) => Some(Arc::clone(current)),
            None => None,
        };
        let current = match (load(), before) {
            (Ok(current), _) => Arc::new(current),
            (Err(error), Some(before)) => {
                tracing::error!(%error, "cannot reload certificates, the old ones stay");
                before
            }
            (Err(error), None) => return Err(error),
        };
        *loaded = Some((Arc::clone(&current), now));
        Ok(current)
    }

    /// Loads it again.
    pub(super) fn reload(&self, load: impl FnOnce() -> Result<C, Error>) -> Result<(), Error> {
        let current = Arc::new(load()?);
        let mut loaded = self.loaded.lock().unwrap_or_else(PoisonError::into_inner);
        *loaded = Some((current, Instant::now()));
        Ok(())
    }
}

/// Who does the arithmetic: what the application has installed for its process, or ring.
pub(super) fn provider() -> Arc<rustls::crypto::CryptoProvider> {
    rustls::crypto::CryptoProvider::get_default()
        .cloned()
        .unwrap_or_else(|| Arc::new(rustls::crypto::ring::default_provider()))
}
