//! Where imports are looked for when nobody says so.

use std::collections::HashSet;
use std::fs;
use std::io::Read as _;
use std::path::{Path, PathBuf};

/// So much of a file is read to find its package.
const HEAD: u64 = 16 << 10;

/// The directories that were named, then `proto/`, the current one, for each
/// file the one that its package says, and the one that it is in. Only those
/// that are there.
pub(crate) fn include_directories(includes: &[PathBuf], files: &[PathBuf]) -> Vec<PathBuf> {
    let mut directories = includes.to_vec();
    let mut seen: HashSet<PathBuf> = includes.iter().cloned().collect();
    let usual = [PathBuf::from("proto"), PathBuf::from(".")];
    let by_package = files.iter().filter_map(|file| package_root(file));
    let beside = files.iter().map(|file| parent(file));
    for directory in usual.into_iter().chain(by_package).chain(beside) {
        if seen.insert(directory.clone()) && directory.is_dir() {
            directories.push(directory);
        }
    }
    directories
}

fn parent(file: &Path) -> PathBuf {
    match file.parent() {
        Some(parent) if parent != Path::new("") => parent.to_owned(),
        _ => PathBuf::from("."),
    }
}

/// `api` for a file `api/shop/v1/order.proto` in the package `shop.v1`, which is
/// how imports of such a file are written.
fn package_root(file: &Path) -> Option<PathBuf> {
    let mut text = Vec::new();
    fs::File::open(file).ok()?.take(HEAD).read_to_end(&mut text).ok()?;
    let text = String::from_utf8_lossy(&text);
    let package = text.lines().find_map(|line| {
        let name = line.trim_start().strip_prefix("package ")?;
        Some(name.split(';').next()?.trim().to_owned())
    })?;
    let mut directory = parent(file);
    for part in package.rsplit('.') {
        if directory.file_name()?.to_str()? != part || !directory.pop() {
            return None;
        }
    }
    Some(if directory == Path::new("") { PathBuf::from(".") } else { directory })
}
