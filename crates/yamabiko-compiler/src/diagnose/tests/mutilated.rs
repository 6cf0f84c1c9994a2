//! Files that end anywhere, and files in which bytes change, go and come.

use std::ops::Range;
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use super::corpus::{Sample, of_packages, of_tests};
use super::*;
use crate::diagnostic::Severity;
use crate::proto::{self, Open};
use crate::well_known;

/// Longer than this is a hang: most take less than a thousandth of it.
const HANG: Duration = Duration::from_secs(60);

/// What was looked at, and which text is, for whoever watches.
#[derive(Default)]
struct Log {
    text: Vec<u8>,
    texts: usize,
    broken: usize,
    problems: usize,
    slowest: (Duration, Vec<u8>),
}

/// Looks at many texts, and fails with the text if that takes too long or panics.
fn watched(what: &str, look_at_all: impl FnOnce(&mut dyn FnMut(&Sample, &[u8])) + Send + 'static) {
    let log = Arc::new(Mutex::new(Log::default()));
    let (beats, heard) = channel();
    let started = Instant::now();
    let own = Arc::clone(&log);
    let work = thread::Builder::new().stack_size(2 << 20).spawn(move || {
        look_at_all(&mut |sample, text| look(sample, text, &own, &beats));
    });
    let work = work.expect("a thread can be started");
    let text = |log: &Mutex<Log>| {
        let log = log.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        log.text.escape_ascii().to_string()
    };
    loop {
        match heard.recv_timeout(HANG) {
            Ok(()) => {}
            Err(RecvTimeoutError::Disconnected) => break,
            Err(RecvTimeoutError::Timeout) => panic!("it hangs: {}", text(&log)),
        }
    }
    assert!(work.join().is_ok(), "it panics: {}", text(&log));
    let log = log.lock().expect("nobody has panicked");
    println!(
        "{what}: {} texts, {} of them broken, with {} problems, in {:.0?}; the slowest took {:.1?}, \
         with {} bytes",
        log.texts,
        log.broken,
        log.problems,
        started.elapsed(),
        log.slowest.0,
        log.slowest.1.len(),
    );
}

/// Checks a text, and looks at what is said about it.
fn look(sample: &Sample, text: &[u8], log: &Mutex<Log>, beats: &Sender<()>) {
    log.lock().expect("nobody has panicked").text = text.to_owned();
    beats.send(()).expect("somebody listens");
    let started = Instant::now();
    let diagnostics = check_text(&sample.root, &sample.file, text);
    let took = started.elapsed();
    let is_broken = diagnostics.iter().any(|one| one.severity() == Severity::Error);
    let mut errors = diagnostics.iter().filter(|one| one.severity() == Severity::Error);
    if has_errors(sample, text) {
        assert!(is_broken, "protoc finds something");
    } else {
        // What we say ourselves is that a text is none.
        assert!(errors.all(|one| one.protoc().is_none()), "protoc finds nothing: {diagnostics:?}");
    }
    for diagnostic in diagnostics.iter().filter(|one| one.file() == Some(&sample.file)) {
        lies_within(diagnostic, text);
    }
    assert!(diagnostics.iter().all(|one| one.code().is_some() && one.file().is_some()));
    let formatted = crate::format::format(Path::new("a.proto"), text);
    if let Ok(once) = &formatted {
        assert_eq!(crate::format::format(Path::new("a.proto"), once).as_ref(), Ok(once));
    }
    assert!(formatted.is_ok() || is_broken, "it is right, but cannot be formatted");
    let mut log = log.lock().expect("nobody has panicked");
    log.texts += 1;
    log.broken += usize::from(is_broken);
    log.problems += diagnostics.len();
    if took > log.slowest.0 {
        log.slowest = (took, text.to_owned());
    }
}

/// A problem has a code and a place, and with what mends it lies in the text.
fn lies_within(diagnostic: &Diagnostic, text: &[u8]) {
    let is_whole = diagnostic.code() == Some(codes::UTF16);
    assert!(is_whole || diagnostic.position().is_some(), "no place: {diagnostic}");
    assert!(diagnostic.code().is_some(), "no code: {diagnostic}");
    let lines = text.split(|byte| *byte == b'\n').count();
    for label in diagnostic.labels().iter().filter(|label| label.file().is_none()) {
        assert!(label.range().end <= text.len(), "{diagnostic}");
        assert!((1..=lines).contains(&label.start().line), "{diagnostic}");
    }
    let mut end = 0;
    for change in diagnostic.edit().map(Edit::changes).unwrap_or_default() {
        let range = change.range.clone();
        assert!(end <= range.start && range.start <= range.end, "{diagnostic}");
        end = range.end;
    }
    assert!(end <= text.len(), "{diagnostic}");
}

/// The files of a sample, with another text for its own.
struct Changed<'a> {
    sample: &'a Sample,
    text: &'a [u8],
}

impl Open for Changed<'_> {
    fn open(&mut self, name: &str) -> Result<Vec<u8>, String> {
        if let Some(text) = well_known::text(name) {
            return Ok(text.as_bytes().to_vec());
        }
        // The system would find some that protoc does not.
        if name.split('/').any(|part| matches!(part, "" | "." | "..")) {
            return Err("File not found.".to_owned());
        }
        let path = self.sample.root.join(name);
        if path == self.sample.file {
            return Ok(self.text.to_vec());
        }
        fs::read(path).map_err(|_| "File not found.".to_owned())
    }
}

/// Whether protoc would take a text.
fn has_errors(sample: &Sample, text: &[u8]) -> bool {
    let name = sample.file.strip_prefix(&sample.root).expect("it lies there");
    let mut problems = Vec::new();
    let names = [name.to_string_lossy().into_owned()];
    proto::compile(&names, &mut Changed { sample, text }, &mut problems).is_none()
}

/// Numbers that look random and are the same in each run.
struct Random(u64);

impl Random {
    fn below(&mut self, limit: usize) -> usize {
        // Knuth's linear congruence; the upper half is good enough.
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).expect("31 bits fit") % limit
    }
}

#[test]
fn a_file_may_end_anywhere() {
    let directory = directory("ends");
    let samples = of_tests(&directory);
    watched("ends", move |look| {
        for sample in samples {
            let step = if rounds().is_some() { 1 } else { 1 + sample.text.len() / 2 };
            for end in (0..sample.text.len()).step_by(step) {
                look(&sample, &sample.text[..end]);
            }
        }
    });
    fs::remove_dir_all(directory).expect("the directory can be removed");
}

#[test]
fn bytes_may_change_go_and_come() {
    let directory = directory("bytes");
    let mut samples = of_tests(&directory);
    if rounds().is_some() {
        samples.extend(of_packages(&directory));
    }
    println!("{} files", samples.len());
    watched("changes", move |look| {
        let mut random = Random(7);
        for _ in 0..rounds().unwrap_or(300) {
            let sample = &samples[random.below(samples.len())];
            let mut text = sample.text.clone();
            for _ in 0..=random.below(4) {
                change(&mut text, &mut random);
            }
            look(sample, &text);
        }
    });
    fs::remove_dir_all(directory).expect("the directory can be removed");
}

/// Changes a byte, some bytes or a word.
fn change(text: &mut Vec<u8>, random: &mut Random) {
    let at = random.below(text.len() + 1);
    match random.below(6) {
        0 if at < text.len() => text[at] = u8::try_from(random.below(256)).expect("a byte"),
        1 if at < text.len() => {
            let end = text.len().min(at + random.below(9));
            text.drain(at..end);
        }
        2 if random.below(4) == 0 => text.truncate(at),
        3 if at < text.len() => {
            let end = text.len().min(at + random.below(60));
            let piece = text[at..end].to_vec();
            let to = random.below(text.len());
            text.splice(to..to, piece);
        }
        // A word takes the place of another one.
        4 if at < text.len() => {
            let from = word(text, random.below(text.len()));
            let piece = text[from].to_vec();
            let to = word(text, at);
            text.splice(to, piece);
        }
        _ => {
            let piece = PIECES[random.below(PIECES.len())];
            text.splice(at..at, piece.iter().copied());
        }
    }
}

/// The word that a byte is part of.
fn word(text: &[u8], at: usize) -> Range<usize> {
    let is_word = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b'_';
    let start = text[..at].iter().rposition(|byte| !is_word(byte)).map_or(0, |before| before + 1);
    let end = text[at..].iter().position(|byte| !is_word(byte)).map_or(text.len(), |len| at + len);
    start..end.max(at)
}

const PIECES: [&[u8]; 36] = [
    b"{",
    b"}",
    b"[",
    b"]",
    b"(",
    b")",
    b";",
    b"=",
    b"\"",
    b"'",
    b"/*",
    b"//",
    b",",
    b"<",
    b"-",
    b".",
    b"message ",
    b"message M { M m = 1; }",
    b"enum E { V = 0; }",
    b"option ",
    b"option (a).b = { c: 1 };",
    b"repeated ",
    b"optional ",
    b"group G = 1 {",
    b"oneof o {",
    b"extend M {",
    b"map<string, M> m = 1;",
    b"rpc R (M) returns (M);",
    b"import \"a.proto\";",
    b"reserved 1 to max;",
    b"extensions 100 to max;",
    b"99999999999999999999",
    b"\0",
    b"\xff",
    b"\xe2\x80\x9c",
    b"\n",
];
