//! Turns door.proto into Rust.

fn main() {
    yamabiko_compiler::build(["proto/door.proto"]);
}
