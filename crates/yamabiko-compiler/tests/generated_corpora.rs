//! The Rust code for the files of others compiles without warnings.

mod reference;

use std::error::Error;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use reference::corpora::{Corpus, corpora};
use reference::{directory, site_packages};
use yamabiko_compiler::Config;

type Outcome<T = ()> = Result<T, Box<dyn Error>>;

/// What there is no Rust for, and what is said about it.
const REFUSED: [(&str, &str); 3] = [
    // The edition that is still in the making.
    ("conformance/messages/test_messages_edition_unstable.proto", "edition UNSTABLE"),
    // Extensions of message sets have larger numbers than anything else.
    ("message_set.proto", "invalid field number: 2147483646"),
    ("json_and_names.proto", "`_` cannot be a name in Rust"),
];

/// The APIs of Google are too many to compile each time.
const SOME_APIS: [&str; 4] =
    ["google/firestore/v1/", "google/pubsub/v1/", "google/spanner/v1/", "google/storage/v2/"];

/// Where each of them is.
fn paths(corpus: &Corpus) -> impl Iterator<Item = (&str, PathBuf)> {
    corpus.files.iter().map(|name| {
        let mut paths = corpus.roots.iter().map(|root| root.join(name));
        (name.as_str(), paths.find(|path| path.exists()).expect("one of the roots has it"))
    })
}

fn config(corpus: &Corpus) -> Config {
    corpus.roots.iter().fold(Config::new(), Config::include)
}

/// A crate of generated code.
struct Crate {
    home: PathBuf,
    root: String,
    lines: usize,
}

impl Crate {
    fn new(name: &str) -> Outcome<Self> {
        let home = directory(name);
        let yamabiko = Path::new(env!("CARGO_MANIFEST_DIR")).join("../yamabiko");
        fs::write(
            home.join("Cargo.toml"),
            format!(
                "[package]\nname = \"generated\"\nversion = \"0.0.0\"\nedition = \"2024\"\n\n\
                 [workspace]\n\n[dependencies.yamabiko]\npath = {yamabiko:?}\n\
                 default-features = false\nfeatures = [\"tokio\"]\n"
            ),
        )?;
        // The versions that everything else is tested with, which are there.
        let lock = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../Cargo.lock");
        fs::copy(lock, home.join("Cargo.lock"))?;
        Ok(Self { home, root: "#![deny(warnings)]\n".to_owned(), lines: 0 })
    }

    /// Generates code for files into a module of its own.
    fn add(&mut self, module: &str, config: &Config, files: &[PathBuf]) -> Outcome {
        let directory = self.home.join("src").join(module);
        let generated = config.try_generate(files)?;
        let mut children = String::new();
        for file in &generated.files {
            file.write_to(&directory)?;
            self.lines += file.content.lines().count();
            if let (Some(""), Some(stem)) =
                (file.path.parent().and_then(Path::to_str), file.path.file_stem())
            {
                let _ = writeln!(children, "    pub mod {};", stem.to_string_lossy());
            }
        }
        let own_file = generated.files.iter().any(|file| file.path == Path::new("mod.rs"));
        let body = if own_file { ";".to_owned() } else { format!(" {{\n{children}}}") };
        let _ = writeln!(self.root, "pub mod {module}{body}");
        Ok(())
    }

    fn check(&self) -> Outcome {
        fs::write(self.home.join("src/lib.rs"), &self.root)?;
        let target = self.home.with_file_name("generated-target");
        let output = Command::new(env!("CARGO"))
            .args(["check", "--offline", "--quiet", "--message-format", "short"])
            .current_dir(&self.home)
            .env("CARGO_TARGET_DIR", target)
            .env("CARGO_PROFILE_DEV_DEBUG", "0")
            .env("CARGO_INCREMENTAL", "0")
            .output()?;
        let complaint = String::from_utf8_lossy(&output.stderr);
        let complaint: Vec<&str> = complaint.lines().take(40).collect();
        assert!(output.status.success() && complaint.is_empty(), "{}", complaint.join("\n"));
        Ok(())
    }
}

#[test]
fn code_for_all_corpora_compiles_without_warnings() -> Outcome {
    let mut generated = Crate::new("generated-corpora")?;
    let mut all = 0;
    for (index, corpus) in corpora(&site_packages()).iter().enumerate() {
        let is_large = corpus.files.len() > 1000;
        let files: Vec<PathBuf> = paths(corpus)
            .filter(|(name, _)| !REFUSED.iter().any(|(refused, _)| refused == name))
            .filter(|(name, _)| !is_large || SOME_APIS.iter().any(|api| name.starts_with(api)))
            .map(|(_, path)| path)
            .collect();
        generated.add(&format!("corpus_{index}"), &config(corpus), &files)?;
        println!("{}: {} files, {} lines so far", corpus.name, files.len(), generated.lines);
        all += files.len();
    }
    generated.check()?;
    println!("in all: {all} files, {} lines of Rust, no warnings", generated.lines);
    Ok(())
}

#[test]
fn what_there_is_no_rust_for_is_said() {
    let corpora = corpora(&site_packages());
    for (refused, why) in REFUSED {
        let mut all = corpora.iter();
        let found = all
            .find_map(|corpus| Some((corpus, paths(corpus).find(|(name, _)| *name == refused)?.1)));
        let (corpus, path) = found.expect("a corpus has it");
        let error = config(corpus).try_generate([path]).expect_err("there is no Rust for it");
        assert!(error.to_string().contains(why), "{refused}: {error}");
    }
}

/// Takes long: `cargo test -p yamabiko-compiler --test generated_corpora --
/// --ignored --nocapture`.
#[test]
#[ignore = "8,000 files, which make millions of lines"]
fn code_for_all_apis_of_google_compiles_without_warnings() -> Outcome {
    /// So many files at once fit in memory.
    const AT_ONCE: usize = 250;
    let corpora = corpora(&site_packages());
    let Some(corpus) = corpora.iter().find(|corpus| corpus.files.len() > 1000) else {
        println!("skipped: there are none");
        return Ok(());
    };
    let files: Vec<PathBuf> = paths(corpus).map(|(_, path)| path).collect();
    let mut lines = 0;
    for (index, files) in files.chunks(AT_ONCE).enumerate() {
        let mut generated = Crate::new("generated-apis")?;
        generated.add("apis", &config(corpus), files)?;
        generated.check()?;
        println!("{}: {} lines", index * AT_ONCE + files.len(), generated.lines);
        lines += generated.lines;
    }
    println!("in all: {} files, {lines} lines of Rust, no warnings", files.len());
    Ok(())
}
