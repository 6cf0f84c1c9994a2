//! Turns guide.proto into Rust.

fn main() {
    yamabiko_compiler::build(["proto/guide.proto"]);
}
