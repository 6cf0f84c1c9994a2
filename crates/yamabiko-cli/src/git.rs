//! Files as they were in a revision, by the command `git`: nothing is fetched,
//! and the files on disk are left alone.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::io::Write as _;
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};

/// The `.proto` files of a revision below the current directory, by path.
pub(crate) fn proto_files(revision: &str) -> Result<BTreeMap<PathBuf, Vec<u8>>, String> {
    let commit = format!("{revision}^{{commit}}");
    // A revision that starts with a dash is none, and must not be an option.
    let known = run(["rev-parse", "--verify", "--quiet", "--end-of-options", &commit])?;
    if !known.status.success() {
        return Err(format!(
            "{revision} is no revision that git knows here, no directory and no file"
        ));
    }
    let commit = String::from_utf8_lossy(&known.stdout).trim().to_owned();
    let list = succeed(run(["ls-tree", "-r", "-z", &commit])?)?;
    // `<mode> blob <object>\t<path>\0`, paths seen from here.
    let mut objects = Vec::new();
    for entry in list.split(|&byte| byte == 0).filter(|entry| !entry.is_empty()) {
        let entry = String::from_utf8_lossy(entry);
        let Some((about, path)) = entry.split_once('\t') else { continue };
        let mut about = about.split(' ').skip(1);
        if let (Some("blob"), Some(object), true) =
            (about.next(), about.next(), path.ends_with(".proto"))
        {
            objects.push((PathBuf::from(path), object.to_owned()));
        }
    }
    contents(objects)
}

/// The contents of objects, all by one process.
fn contents(objects: Vec<(PathBuf, String)>) -> Result<BTreeMap<PathBuf, Vec<u8>>, String> {
    let mut child = Command::new("git")
        .args(["cat-file", "--batch"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .map_err(missing)?;
    let mut input = child.stdin.take().expect("it is piped");
    let asked: String = objects.iter().map(|(_, object)| format!("{object}\n")).collect();
    // git answers while it is asked, and would wait for a reader.
    let writer = std::thread::spawn(move || input.write_all(asked.as_bytes()));
    let output = child.wait_with_output().map_err(missing)?;
    let _ = writer.join();
    let answer = succeed(output)?;
    let mut files = BTreeMap::new();
    let mut rest = answer.as_slice();
    for (path, object) in objects {
        // `<object> blob <size>\n<content>\n`
        let broken = || format!("git does not give {object}, which is {}", path.display());
        let end = rest.iter().position(|&byte| byte == b'\n').ok_or_else(broken)?;
        let head = String::from_utf8_lossy(&rest[..end]).into_owned();
        let size = head.rsplit(' ').next().and_then(|size| size.parse::<usize>().ok());
        let size = size.ok_or_else(broken)?;
        let content = rest.get(end + 1..end + 1 + size).ok_or_else(broken)?;
        files.insert(path.clone(), content.to_vec());
        rest = rest.get(end + 1 + size + 1..).unwrap_or_default();
    }
    Ok(files)
}

fn run<S: AsRef<OsStr>>(arguments: impl IntoIterator<Item = S>) -> Result<Output, String> {
    Command::new("git").args(arguments).output().map_err(missing)
}

fn missing(error: std::io::Error) -> String {
    format!("cannot run git: {error}")
}

fn succeed(output: Output) -> Result<Vec<u8>, String> {
    if output.status.success() {
        return Ok(output.stdout);
    }
    Err(format!("git: {}", String::from_utf8_lossy(&output.stderr).trim()))
}
