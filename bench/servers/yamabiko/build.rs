//! Generates the service with cargo alone.

fn main() {
    yamabiko_compiler::build(["../../hello.proto"]);
}
