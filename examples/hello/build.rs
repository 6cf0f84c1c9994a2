//! Turns hello.proto into Rust.

fn main() {
    yamabiko_compiler::build(["proto/hello.proto"]);
}
