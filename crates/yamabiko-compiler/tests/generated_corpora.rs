//! The Rust code for the files of others compiles without warnings.

mod reference;

use std::error::Error;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use reference::corpora::{Corpus, corpora};
use reference::{directory, site_packages};
use yamabiko_compiler::Config;

type Outcome<T = ()> = Result<T, Box<dyn Error>>;

/// What does not compile yet: its message `message` has the name of the module for what is in it.
const NOT_YET: &str = "json_and_names.proto";

/// The APIs of Google are too many to compile each time.
const SOME_APIS: [&str; 4] =
    ["google/firestore/v1/", "google/pubsub/v1/", "google/spanner/v1/", "google/storage/v2/"];

/// Whether a corpus is too large to compile each time.
fn is_large(corpus: &Corpus) -> bool {
    corpus.files.len() > 1000
}

/// Where each of them is.
fn paths(corpus: &Corpus) -> impl Iterator<Item = (&str, PathBuf)> {
    corpus.files.iter().map(|name| {
        let mut paths = corpus.roots.iter().map(|root| root.join(name));
        (name.as_str(), paths.find(|path| path.exists()).expect("one of the roots has it"))
    })
}

fn config(corpus: &Corpus) -> Config {
    let unstable = corpus.options.contains(&"--experimental_editions");
    corpus.roots.iter().fold(Config::new().unstable_editions(unstable), Config::include)
}

/// A crate of generated code.
struct Crate {
    home: PathBuf,
    root: String,
    lines: usize,
    /// What could not be generated.
    warnings: Vec<String>,
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
        Ok(Self { home, root: "#![deny(warnings)]\n".to_owned(), lines: 0, warnings: Vec::new() })
    }

    /// Generates code for files into a module of its own.
    fn add(&mut self, module: &str, config: &Config, files: &[PathBuf]) -> Outcome {
        let directory = self.home.join("src").join(module);
        let generated = config.try_generate(files)?;
        // Which of two alike names was changed is told, and no warning about the code.
        let is_choice = |warning: &String| warning.contains("field names collide");
        self.warnings.extend(generated.warnings.into_iter().filter(|told| !is_choice(told)));
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
        let complaints = self.complaints()?;
        let first: Vec<&str> = complaints.iter().take(40).map(String::as_str).collect();
        assert!(complaints.is_empty(), "{}", first.join("\n"));
        Ok(())
    }

    /// What the compiler says, by lines: nothing, if all is well.
    fn complaints(&self) -> Outcome<Vec<String>> {
        fs::write(self.home.join("src/lib.rs"), &self.root)?;
        let target = self.home.with_extension("target");
        let output = Command::new(env!("CARGO"))
            .args(["check", "--offline", "--quiet", "--message-format", "short"])
            .current_dir(&self.home)
            .env("CARGO_TARGET_DIR", target)
            .env("CARGO_PROFILE_DEV_DEBUG", "0")
            .env("CARGO_INCREMENTAL", "0")
            .output()?;
        let complaint = String::from_utf8_lossy(&output.stderr);
        let mut complaints = self.warnings.clone();
        complaints.extend(complaint.lines().map(str::to_owned));
        if complaints.is_empty() && !output.status.success() {
            complaints.push(output.status.to_string());
        }
        Ok(complaints)
    }
}

#[test]
fn code_for_all_corpora_compiles_without_warnings() -> Outcome {
    let mut generated = Crate::new("generated-corpora")?;
    let mut all = 0;
    for (index, corpus) in corpora(&site_packages()).iter().enumerate() {
        let is_large = is_large(corpus);
        let files: Vec<PathBuf> = paths(corpus)
            .filter(|(name, _)| *name != NOT_YET)
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
fn an_edition_in_the_making_has_to_be_allowed() {
    let corpora = corpora(&site_packages());
    let is_unstable = |(name, _): &(&str, PathBuf)| name.ends_with("edition_unstable.proto");
    let mut all = corpora.iter();
    let found = all.find_map(|corpus| Some((corpus, paths(corpus).find(is_unstable)?.1)));
    let (corpus, path) = found.expect("a corpus has it");
    let error = config(corpus).unstable_editions(false).try_generate([path]).expect_err("refused");
    assert!(error.to_string().contains("edition UNSTABLE"), "{error}");
}

/// The types of the files that the compiler brings along, by their full names.
fn well_known_types() -> Outcome<(Vec<String>, Vec<String>)> {
    let home = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/well_known");
    let (mut imports, mut types) = (Vec::new(), Vec::new());
    for name in reference::proto_files(&home) {
        let mut scope: Vec<String> = Vec::new();
        for line in fs::read_to_string(home.join(&name))?.lines() {
            let words: Vec<&str> = line.split_whitespace().collect();
            match words.as_slice() {
                ["package", package] => scope.push(package.trim_end_matches(';').to_owned()),
                ["message" | "enum", of, "{"] => {
                    scope.push((*of).to_owned());
                    types.push(scope.join("."));
                }
                _ => {
                    // Braces that open and close anything else.
                    for letter in line.chars() {
                        match letter {
                            '{' => scope.push("{".to_owned()),
                            '}' => drop(scope.pop()),
                            _ => {}
                        }
                    }
                }
            }
        }
        imports.push(name);
    }
    Ok((imports, types))
}

#[test]
fn every_well_known_type_can_be_a_field() -> Outcome {
    let (imports, types) = well_known_types()?;
    assert!(imports.len() >= 15 && types.len() > 60, "{imports:?} {types:?}");
    let home = directory("well-known-fields");
    let mut proto = "syntax = \"proto2\";\npackage fields;\n".to_owned();
    for name in &imports {
        let _ = writeln!(proto, "import \"{name}\";");
    }
    proto.push_str("message Fields {\n");
    for (index, name) in types.iter().enumerate() {
        let _ = writeln!(proto, "  optional .{name} f{index} = {};", index + 1);
    }
    proto.push_str("}\n");
    let path = home.join("fields.proto");
    fs::write(&path, proto)?;
    let mut generated = Crate::new("generated-well-known-fields")?;
    generated.add("fields", &Config::new().include(home), &[path])?;
    generated.check()
}

/// Takes long: `make corpora`.
#[test]
#[ignore = "8,000 files, which make millions of lines"]
fn code_for_all_apis_of_google_compiles_without_warnings() -> Outcome {
    let corpora = corpora(&site_packages());
    let Some(corpus) = corpora.iter().find(|corpus| is_large(corpus)) else {
        println!("skipped: there are none");
        return Ok(());
    };
    let chunks = chunks(corpus);
    let next = AtomicUsize::new(0);
    let totals = Mutex::new(Totals::default());
    thread::scope(|scope| {
        for worker in 0..WORKERS {
            let (chunks, next, totals) = (&chunks, &next, &totals);
            scope.spawn(move || {
                while let Some(files) = chunks.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let checked = check_chunk(worker, corpus, files);
                    totals.lock().expect("no worker panics").add(
                        files,
                        checked,
                        corpus.files.len(),
                    );
                }
            });
        }
    });
    let Totals { files, lines, warnings, failures } = totals.into_inner()?;
    println!("in all: {files} files, {lines} lines of Rust, {warnings} warnings");
    assert_eq!(files, corpus.files.len(), "every file is in a chunk");
    assert_eq!(failures, [""; 0], "{} chunks fail", failures.len());
    Ok(())
}

/// What has come of all chunks so far.
#[derive(Default)]
struct Totals {
    files: usize,
    lines: usize,
    warnings: usize,
    failures: Vec<String>,
}

impl Totals {
    fn add(
        &mut self,
        files: &[PathBuf],
        checked: Result<(usize, Vec<String>), String>,
        all: usize,
    ) {
        self.files += files.len();
        let first = files[0].display();
        match checked {
            Ok((lines, complaints)) => {
                self.lines += lines;
                self.warnings += complaints.len();
                if !complaints.is_empty() {
                    self.failures.push(format!("{first} ff.:\n{}", complaints.join("\n")));
                }
            }
            Err(error) => self.failures.push(format!("{first} ff.: {error}")),
        }
        let Self { files, lines, warnings, failures } = self;
        let failed = failures.len();
        println!(
            "{files} of {all} files, {lines} lines, {warnings} warnings, {failed} failed chunks"
        );
    }
}

/// So many compilers run at a time; each takes some gigabytes.
const WORKERS: usize = 2;

/// Generates and compiles code for some files: the lines, and what was complained about.
fn check_chunk(
    worker: usize,
    corpus: &Corpus,
    files: &[PathBuf],
) -> Result<(usize, Vec<String>), String> {
    let mut generated =
        Crate::new(&format!("generated-apis-{worker}")).map_err(|error| error.to_string())?;
    generated.add("apis", &config(corpus), files).map_err(|error| error.to_string())?;
    let complaints = generated.complaints().map_err(|error| error.to_string())?;
    Ok((generated.lines, complaints))
}

/// The files of a corpus in groups that fit in memory. Those of a directory stay together, so that
/// what they import of each other is compiled once.
fn chunks(corpus: &Corpus) -> Vec<Vec<PathBuf>> {
    /// So many bytes of `.proto` at once.
    const AT_ONCE: u64 = 1_500_000;
    let mut chunks: Vec<Vec<PathBuf>> = Vec::new();
    let mut size = AT_ONCE;
    for (_, path) in paths(corpus) {
        let bytes = fs::metadata(&path).map_or(0, |data| data.len());
        size += bytes;
        match chunks.last_mut() {
            Some(chunk) if size <= AT_ONCE => chunk.push(path),
            _ => {
                chunks.push(vec![path]);
                size = bytes;
            }
        }
    }
    chunks
}
