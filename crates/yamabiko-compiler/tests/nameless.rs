//! What Rust has no name or the generator no number for keeps both on the wire.

use std::error::Error;

use yamabiko::Service as _;
use yamabiko::buffa::{Enumeration as _, ExtensionSet as _, Message as _, MessageName as _};
use yamabiko::{Context, Status};
use yamabiko_compiler_fixtures::all::languages::Features;
use yamabiko_compiler_fixtures::all::pb;
use yamabiko_compiler_fixtures::all::underscore::under;
use yamabiko_compiler_fixtures::all::underscore::under::underscore::Underscore2;

struct Nothing;

impl under::Lines for Nothing {
    async fn underscore(&self, _: under::Underscore, _: &Context) -> Result<Underscore2, Status> {
        Err(Status::not_found("nothing"))
    }
}

#[test]
fn an_underscore_has_a_name_in_rust_and_its_own_on_the_wire() {
    assert_eq!(under::Underscore::FULL_NAME, "_.under._");
    assert_eq!(under::Underscore::PACKAGE, "_.under");
    assert_eq!(under::Underscore::NAME, "_");
    assert_eq!(Underscore2::TYPE_URL, "type.googleapis.com/_.under._.__");
    assert_eq!(under::Kind::UNDERSCORE3.proto_name(), "___");
    assert_eq!(under::Kind::from_proto_name("___"), Some(under::Kind::UNDERSCORE3));
    assert_eq!(under::LinesServer::new(Nothing).name(), "_.under.Lines");
}

#[test]
fn an_extension_of_a_message_set_keeps_a_number_that_no_field_may_have()
-> Result<(), Box<dyn Error>> {
    assert_eq!(under::underscore::underscore2::FAR.number(), 2_147_483_646);
    let mut set = under::Set::default();
    let item = Underscore2 { underscore: Some("far".to_owned()), ..Default::default() };
    set.set_extension(&under::underscore::underscore2::FAR, item);
    let bytes = set.encode_to_vec();
    // A group of the number, 2^31 - 2, and the message.
    assert_eq!(bytes, b"\x0b\x10\xfe\xff\xff\xff\x07\x1a\x05\x0a\x03far\x0c");
    let read = under::Set::decode_from_slice(&bytes)?;
    let item = read.extension(&under::underscore::underscore2::FAR).ok_or("it is there")?;
    assert_eq!(item.underscore.as_deref(), Some("far"));
    Ok(())
}

#[test]
fn the_features_of_a_language_can_be_fields() {
    let cpp = pb::CppFeatures { legacy_closed_enum: Some(true), ..Default::default() };
    let features = Features { cpp: cpp.into(), ..Default::default() };
    assert_eq!(features.cpp.legacy_closed_enum, Some(true));
}
