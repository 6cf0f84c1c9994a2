//! The status of a call (grpc `doc/statuscodes.md`, `doc/PROTOCOL-HTTP2.md` "Responses").

use std::error::Error;

use proptest::prelude::*;
use yamabiko_core::grpc::{Code, Metadata, Origin, Status};

const NAMES: [&str; 17] = [
    "OK",
    "CANCELLED",
    "UNKNOWN",
    "INVALID_ARGUMENT",
    "DEADLINE_EXCEEDED",
    "NOT_FOUND",
    "ALREADY_EXISTS",
    "PERMISSION_DENIED",
    "RESOURCE_EXHAUSTED",
    "FAILED_PRECONDITION",
    "ABORTED",
    "OUT_OF_RANGE",
    "UNIMPLEMENTED",
    "INTERNAL",
    "UNAVAILABLE",
    "DATA_LOSS",
    "UNAUTHENTICATED",
];

#[test]
fn codes_have_the_numbers_and_names_of_the_specification() {
    for (number, name) in NAMES.into_iter().enumerate() {
        let code = Code::from_number(number as u32).unwrap();
        assert_eq!(code.number() as usize, number);
        assert_eq!(code.name(), name);
        assert_eq!(code.to_string(), name);
    }
    assert_eq!(Code::all().len(), 17);
    assert_eq!(Code::all().map(Code::number).collect::<Vec<_>>(), (0..17).collect::<Vec<_>>());
    assert_eq!(Code::from_number(17), None);
    assert_eq!(Code::from_number(u32::MAX), None);
}

#[test]
fn code_on_the_wire_is_decimal_without_leading_zeros() {
    for code in Code::all() {
        assert_eq!(code.as_wire(), code.number().to_string().as_bytes());
        assert_eq!(Code::from_wire(code.as_wire()), Some(code));
    }
}

#[test]
fn what_is_no_code_on_the_wire_is_refused() {
    for value in ["", "17", "99", "-1", "+1", " 1", "1 ", "1.0", "0x1", "OK", "100", "2147483648"] {
        assert_eq!(Code::from_wire(value.as_bytes()), None, "{value:?}");
    }
}

#[test]
fn status_is_small() {
    assert!(size_of::<Status>() <= 48, "{}", size_of::<Status>());
    assert!(size_of::<Result<(), Status>>() <= 48);
}

#[test]
fn every_error_code_has_a_constructor() {
    let all = [
        Status::cancelled(""),
        Status::unknown(""),
        Status::invalid_argument(""),
        Status::deadline_exceeded(""),
        Status::not_found(""),
        Status::already_exists(""),
        Status::permission_denied(""),
        Status::resource_exhausted(""),
        Status::failed_precondition(""),
        Status::aborted(""),
        Status::out_of_range(""),
        Status::unimplemented(""),
        Status::internal(""),
        Status::unavailable(""),
        Status::data_loss(""),
        Status::unauthenticated(""),
    ];
    assert!(all.iter().map(Status::code).eq(Code::all().skip(1)));
    assert_eq!(Status::ok().code(), Code::Ok);
    assert_eq!(Status::ok().message(), "");
}

#[test]
fn status_reads_as_code_and_message() {
    assert_eq!(Status::not_found("no such user").to_string(), "NOT_FOUND: no such user");
    assert_eq!(Status::not_found(format!("no user: {}", 7)).to_string(), "NOT_FOUND: no user: 7");
    assert_eq!(Status::aborted("").to_string(), "ABORTED");
}

#[test]
fn status_of_the_peer_is_told_from_ours() {
    assert_eq!(Status::internal("").origin(), Origin::Application);
    assert_eq!(Status::from_wire(b"13", None).origin(), Origin::Server);
    let concluded = Status::unavailable("no route").with_origin(Origin::Concluded);
    assert_eq!(concluded.origin(), Origin::Concluded);
}

#[test]
fn status_from_the_wire_decodes_its_message() {
    let status = Status::from_wire(b"5", Some(b"caf%C3%A9"));
    assert_eq!((status.code(), status.message()), (Code::NotFound, "café"));
    let status = Status::from_wire(b"0", None);
    assert_eq!((status.code(), status.message()), (Code::Ok, ""));
}

#[test]
fn status_that_is_none_becomes_unknown_and_says_what_was_received() {
    let status = Status::from_wire(b"4\xff2", Some(b"oh%21"));
    assert_eq!(status.code(), Code::Unknown);
    assert_eq!(status.message(), r"invalid grpc-status: '4\xff2': oh!");
    assert_eq!(status.origin(), Origin::Server);
    assert_eq!(Status::from_wire(b"17", None).message(), "invalid grpc-status: '17'");
}

#[test]
fn metadata_and_details_are_empty_until_set() {
    let mut status = Status::aborted("conflict");
    assert!(status.metadata().is_empty());
    assert_eq!(status.details(), b"");
    status.metadata_mut().insert("retry-after", "1").unwrap();
    let status = status.with_details(vec![8, 10]);
    assert_eq!(status.metadata().get("retry-after"), Some("1"));
    assert_eq!(status.clone().details(), [8, 10]);
}

#[test]
fn source_is_kept() {
    let number = "x".parse::<u8>().unwrap_err();
    let status = Status::invalid_argument("not a number").with_source(number.clone());
    assert_eq!(status.clone().source().unwrap().to_string(), number.to_string());
    assert!(Status::invalid_argument("").source().is_none());
}

#[test]
fn invalid_metadata_becomes_internal_and_names_the_key() {
    let error = Metadata::new().insert("grpc-secret", "x").unwrap_err();
    let status = Status::from(error);
    assert_eq!(status.code(), Code::Internal);
    assert!(status.message().contains("grpc-secret"), "{status}");
    assert!(status.source().is_some());
}

#[test]
fn status_can_cross_threads() {
    fn check<T: Send + Sync + Clone + Error + 'static>() {}
    check::<Status>();
}

proptest! {
    #[test]
    fn no_status_on_the_wire_panics(code: Vec<u8>, message: Option<Vec<u8>>) {
        let status = Status::from_wire(&code, message.as_deref());
        let _ = (status.to_string(), format!("{status:?}"));
    }

    #[test]
    fn statuses_go_over_the_wire(number in 0..17u32, message: String) {
        let sent = Status::new(Code::from_number(number).unwrap(), message);
        let mut encoded = Vec::new();
        sent.write_message(&mut encoded);
        let received = Status::from_wire(sent.code().as_wire(), Some(&encoded));
        prop_assert_eq!((received.code(), received.message()), (sent.code(), sent.message()));
    }
}
