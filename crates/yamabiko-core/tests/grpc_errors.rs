//! Errors and statuses: `?` in a handler, what stays on this side, and who said what.

use std::error::Error;
use std::fmt;

use yamabiko_core::grpc::{Code, Metadata, OrStatus, Origin, Status, StatusError};

#[derive(Debug)]
struct StoreError(std::io::Error);

impl fmt::Display for StoreError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the store at /secret: {}", self.0)
    }
}

impl Error for StoreError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        Some(&self.0)
    }
}

impl StatusError for StoreError {
    fn status(&self) -> Status {
        Status::unavailable("the books cannot be read")
    }
}

fn read() -> Result<(), StoreError> {
    Err(StoreError(std::io::Error::other("disk on fire")))
}

fn handler() -> Result<(), Status> {
    read()?;
    Ok(())
}

fn chain(error: &dyn Error) -> Vec<String> {
    let mut words = vec![error.to_string()];
    let mut source = error.source();
    while let Some(cause) = source {
        words.push(cause.to_string());
        source = cause.source();
    }
    words
}

#[test]
fn a_question_mark_keeps_the_error_as_the_source() {
    let status = handler().expect_err("the disk burns");
    assert_eq!((status.code(), status.origin()), (Code::Unavailable, Origin::Application));
    assert_eq!(
        chain(&status),
        [
            "UNAVAILABLE: the books cannot be read",
            "the store at /secret: disk on fire",
            "disk on fire"
        ]
    );
    assert!(status.source().is_some_and(|source| source.is::<StoreError>()));
}

#[test]
fn any_other_error_and_any_option_say_their_status_at_the_place() {
    let number: Result<u32, _> = "x".parse::<u32>();
    let status = number.or_status(Code::InvalidArgument, "no number").expect_err("x");
    assert_eq!((status.code(), status.message()), (Code::InvalidArgument, "no number"));
    assert!(status.source().is_some_and(|source| source.is::<std::num::ParseIntError>()));
    let status = None::<u32>.or_status(Code::NotFound, "none").expect_err("none");
    assert_eq!((status.code(), status.source().is_none()), (Code::NotFound, true));
    assert_eq!("7".parse::<u32>().or_status(Code::Internal, "").ok(), Some(7));
    // Words are an error too.
    let status = Err::<(), _>("spilled").or_status(Code::DataLoss, "gone").expect_err("gone");
    assert_eq!(status.source().map(ToString::to_string).as_deref(), Some("spilled"));
}

#[test]
fn the_source_never_goes_over_the_wire() {
    let status = handler().expect_err("the disk burns");
    let mut wire = Vec::new();
    status.write_message(&mut wire);
    assert_eq!(wire, b"the books cannot be read");
    assert!(status.details().is_empty() && status.metadata().is_empty());
}

#[test]
fn a_status_names_the_call_that_ended_with_it_and_who_says_so() {
    let call = ("/hello.Hello/SayHello", "localhost:50051");
    let said = Status::from_wire(b"5", Some(b"no such book")).of_call(call.0, call.1);
    assert_eq!(said.message(), "no such book", "as the server said it");
    assert_eq!(said.call(), Some("/hello.Hello/SayHello at localhost:50051"));
    assert_eq!(
        said.to_string(),
        "NOT_FOUND: no such book (said by the server: /hello.Hello/SayHello at localhost:50051)"
    );
    let concluded = Status::unavailable("connection lost").with_origin(Origin::Concluded);
    let concluded = concluded.of_call(call.0, call.1);
    assert_eq!(
        concluded.to_string(),
        "UNAVAILABLE: /hello.Hello/SayHello at localhost:50051: connection lost (concluded here)"
    );
    let again = concluded.clone().of_call(call.0, call.1);
    assert_eq!(again.message(), concluded.message(), "it is named once");
    assert_eq!(Status::not_found("x").to_string(), "NOT_FOUND: x");
}

#[test]
fn a_client_learns_nothing_of_the_servers_that_a_server_calls() {
    let own = handler().expect_err("the disk burns");
    assert_eq!(own.for_client().message(), "the books cannot be read");

    let mut said = Status::from_wire(b"5", Some(b"no such book")).with_details(vec![8, 5]);
    *said.metadata_mut() = Metadata::new();
    said.metadata_mut().insert("set-cookie", "secret").expect("it may be sent");
    let said = said.of_call("/inner.Books/Find", "10.0.0.7:50051");
    let told = said.for_client();
    assert_eq!((told.code(), told.message()), (Code::NotFound, "no such book"));
    assert_eq!(told.details(), [8, 5]);
    assert!(told.metadata().is_empty() && told.call().is_none(), "{told:?}");

    let lost = Status::unavailable("connection refused").with_origin(Origin::Concluded);
    let lost = lost.of_call("/inner.Books/Find", "10.0.0.7:50051");
    let told = lost.for_client();
    assert_eq!(told.code(), Code::Unavailable);
    assert!(!told.message().contains("10.0.0.7"), "{told}");
}
