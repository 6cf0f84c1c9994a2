//! The files of protobuf itself, which `.proto` files import without having them.
//!
//! They are printed from the descriptors that protoc has of them, and mean the
//! same. `UPDATE_EXPECTED=1 cargo test -p yamabiko-compiler --lib built_in_files`
//! writes them anew, of the protoc that `tests/protoc/set-up` installs.

macro_rules! files {
    ($($name:literal),* $(,)?) => {
        &[$(($name, include_str!(concat!("well_known/", $name)))),*]
    };
}

/// The name and the text of each file.
pub(crate) const FILES: &[(&str, &str)] = files![
    "google/protobuf/any.proto",
    "google/protobuf/api.proto",
    "google/protobuf/compiler/plugin.proto",
    "google/protobuf/cpp_features.proto",
    "google/protobuf/descriptor.proto",
    "google/protobuf/duration.proto",
    "google/protobuf/empty.proto",
    "google/protobuf/field_mask.proto",
    "google/protobuf/go_features.proto",
    "google/protobuf/java_features.proto",
    "google/protobuf/source_context.proto",
    "google/protobuf/struct.proto",
    "google/protobuf/timestamp.proto",
    "google/protobuf/type.proto",
    "google/protobuf/wrappers.proto",
];

/// The text of the file that imports call `name`.
pub(crate) fn text(name: &str) -> Option<&'static str> {
    FILES.iter().find(|(file, _)| *file == name).map(|(_, text)| *text)
}
