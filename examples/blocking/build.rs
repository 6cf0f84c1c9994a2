//! Generates code from the file of the example on tokio.

fn main() {
    yamabiko_compiler::build(["../route-guide/proto/guide.proto"]);
}
