//! Generates the service with cargo alone: protox reads the .proto in place of protoc.

fn main() -> anyhow::Result<()> {
    println!("cargo::rerun-if-changed=../hello.proto");
    let descriptors = protox::compile(["hello.proto"], [".."])?;
    tonic_prost_build::configure().compile_fds(descriptors)?;
    Ok(())
}
