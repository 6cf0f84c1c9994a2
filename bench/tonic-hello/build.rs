//! Generates the services with cargo alone: protox reads the .proto in place of protoc.

fn main() -> anyhow::Result<()> {
    for file in ["hello.proto", "streams.proto"] {
        println!("cargo::rerun-if-changed=../{file}");
        let descriptors = protox::compile([file], [".."])?;
        tonic_prost_build::configure().compile_fds(descriptors)?;
    }
    Ok(())
}
