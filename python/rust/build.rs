//! Puts the files of protobuf itself where maturin takes them for the wheel.
//!
//! The compiler has them inside; who passes the directory to other tools, as
//! `-I` of `grpc_tools`, needs them as files.

use std::{env, fs, io, path::Path};

fn main() -> io::Result<()> {
    let from = Path::new("../../crates/yamabiko-compiler/src/well_known/google");
    println!("cargo::rerun-if-changed={}", from.display());
    let out = env::var_os("OUT_DIR").expect("cargo sets it for build scripts");
    copy(from, &Path::new(&out).join("_proto/google"))
}

fn copy(from: &Path, to: &Path) -> io::Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy(&entry.path(), &target)?;
        } else {
            fs::copy(entry.path(), target)?;
        }
    }
    Ok(())
}
