//! What becomes of a handler's error: the client is told the status, the log
//! the cause; and what a client's error names.

mod support;

use std::error::Error;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use support::{Echo, assert_status, connect, failure, say, serve};
use tracing::field::{Field, Visit};
use tracing::{Event, Level, Metadata, Subscriber, span};
use yamabiko::error_details::{ErrorInfo, StatusDetails};
use yamabiko::{Channel, Code, OrStatus, Origin, Status, StatusError};

#[derive(Debug)]
struct StoreError(std::io::Error);

impl fmt::Display for StoreError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the store at /secret")
    }
}

impl Error for StoreError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        Some(&self.0)
    }
}

impl StatusError for StoreError {
    fn status(&self) -> Status {
        Status::internal("the books cannot be read").with_detail(ErrorInfo::new("STORE", "test"))
    }
}

fn read() -> Result<String, StoreError> {
    Err(StoreError(std::io::Error::other("disk on fire")))
}

/// What was logged on this thread: the level, then all fields.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<(Level, String)>>>);

impl Log {
    fn lines(&self) -> Vec<(Level, String)> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

struct Words(String);

impl Visit for Words {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.0.push_str(&format!("{field}={value:?} "));
    }
}

impl Subscriber for Log {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.target().starts_with("yamabiko")
    }

    fn new_span(&self, _: &span::Attributes<'_>) -> span::Id {
        span::Id::from_u64(1)
    }

    fn record(&self, _: &span::Id, _: &span::Record<'_>) {}

    fn record_follows_from(&self, _: &span::Id, _: &span::Id) {}

    fn event(&self, event: &Event<'_>) {
        let mut words = Words(String::new());
        event.record(&mut words);
        let mut lines = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        lines.push((*event.metadata().level(), words.0));
    }

    fn enter(&self, _: &span::Id) {}

    fn exit(&self, _: &span::Id) {}
}

#[tokio::test]
async fn the_client_is_told_the_status_and_the_log_the_cause() {
    let log = Log::default();
    let _guard = tracing::subscriber::set_default(log.clone());
    let (_server, address) = serve(Echo::new(|_, _| async { Ok(read()?) })).await;
    let status = failure(say(&connect(&address).await, "")).await;
    assert_eq!((status.code(), status.origin()), (Code::Internal, Origin::Server));
    assert_eq!(status.message(), "the books cannot be read");
    assert_eq!(status.detail::<ErrorInfo>().map(|info| info.reason).as_deref(), Some("STORE"));
    assert!(status.source().is_none() && !format!("{status:?}").contains("secret"), "{status:?}");
    let lines = log.lines();
    let (level, words) = lines.iter().find(|(_, words)| words.contains("secret")).expect("a line");
    assert_eq!(*level, Level::ERROR);
    assert!(words.contains("the store at /secret: disk on fire"), "{words}");
    assert!(words.contains(support::SAY), "{words}");
}

#[tokio::test]
async fn a_mistake_of_the_clients_is_no_error_of_the_servers() {
    let log = Log::default();
    let _guard = tracing::subscriber::set_default(log.clone());
    let (_server, address) = serve(Echo::new(|text, _| async move {
        let number: u32 = text.parse().or_status(Code::InvalidArgument, "no number")?;
        Ok(number.to_string())
    }))
    .await;
    let status = failure(say(&connect(&address).await, "seven")).await;
    assert_status(&status, Code::InvalidArgument, &["no number"]);
    let lines = log.lines();
    let line = lines.iter().find(|(_, words)| words.contains("invalid digit")).expect("a line");
    assert_eq!(line.0, Level::DEBUG);
}

#[tokio::test]
async fn a_client_names_the_method_the_server_and_who_says_so() {
    let (_server, address) =
        serve(Echo::new(|_, _| async { Err(Status::not_found("no book")) })).await;
    let said = failure(say(&connect(&address).await, "")).await;
    assert_eq!(said.message(), "no book", "word for word");
    let call = format!("{} at {address}", support::SAY);
    assert_eq!(said.call(), Some(call.as_str()));
    assert_eq!(said.to_string(), format!("NOT_FOUND: no book (said by the server: {call})"));

    let nobody = support::Reserved::new();
    let channel = Channel::lazy(nobody.address()).expect("an address");
    let concluded = failure(say(&channel, "")).await;
    assert_status(&concluded, Code::Unavailable, &[support::SAY, &nobody.address(), "refused"]);
    assert!(concluded.to_string().ends_with(" (concluded here)"), "{concluded}");
}

#[tokio::test]
async fn a_client_learns_nothing_of_a_server_behind_the_one_it_calls() {
    let log = Log::default();
    let _guard = tracing::subscriber::set_default(log.clone());
    let nobody = support::Reserved::new();
    let behind = Channel::lazy(nobody.address()).expect("an address");
    let (_front, front) = serve(Echo::new(move |text, _| {
        let behind = behind.clone();
        async move { Ok(say(&behind, text).await?.value) }
    }))
    .await;
    let status = failure(say(&connect(&front).await, "")).await;
    assert_status(&status, Code::Unavailable, &["a call that the server made has failed"]);
    assert!(!format!("{status:?}").contains(&nobody.address()), "{status:?}");
    let lines = log.lines();
    let told = |words: &str| words.contains("a call failed") && words.contains(&nobody.address());
    let line = lines.iter().find(|(_, words)| told(words)).expect("a line");
    assert_eq!(line.0, Level::WARN, "{}", line.1);
}
