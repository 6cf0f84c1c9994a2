//! Turns interop.proto into Rust.

fn main() {
    yamabiko_compiler::build(["proto/interop.proto"]);
}
