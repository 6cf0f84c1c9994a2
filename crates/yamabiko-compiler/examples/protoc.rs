//! protoc without protoc: `cargo run --example protoc -- -I. --python_out=. x.proto`.

use std::io;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let code = yamabiko_compiler::protoc::run(
        "protoc",
        &arguments,
        &mut io::stdout().lock(),
        &mut io::stderr().lock(),
    );
    std::process::exit(code);
}
