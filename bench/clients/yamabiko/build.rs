//! Generates the services with cargo alone.

fn main() {
    yamabiko_compiler::build(["../../hello.proto", "../../streams.proto"]);
}
