//! `_pb2.py`, `_pb2.pyi` and `_pb2_grpc.py` are those of grpcio-tools, byte for
//! byte; what only ours writes works.

mod reference;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use reference::{
    Run, difference, directory, include, ours, proto_files, python, run_ours, run_theirs,
    site_packages,
};

/// Every kind of output that both write.
const OUTPUTS: &[&[&str]] = &[
    &["--python_out=.", "--pyi_out=.", "--grpc_python_out=."],
    &["--python_out=.", "--grpc_python_out=grpc_1_0:."],
    &[
        "--python_out=pyi_out,experimental_strip_nonfunctional_codegen:.",
        "--grpc_python_out=grpc_2_0,nas:.",
    ],
];

fn own(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests").join(name)
}

/// Compares all outputs of all files below `root`, one file after the other.
fn compare(test: &str, root: &Path, below: &str) {
    let home = directory(test);
    let files = proto_files(&root.join(below));
    let lines = files.iter().flat_map(|file| OUTPUTS.iter().map(move |outputs| (file, outputs)));
    let runs: Vec<Run> = lines
        .enumerate()
        .map(|(index, (file, outputs))| {
            let mut arguments = vec![
                format!("-I{}", root.display()),
                format!("-I{}", include().display()),
                format!("{below}{file}"),
            ];
            arguments.extend(outputs.iter().map(|output| (*output).to_owned()));
            Run { name: format!("{index:04}"), arguments, stdin: Vec::new() }
        })
        .collect();
    for side in ["theirs", "ours"] {
        for run in &runs {
            fs::create_dir_all(home.join(side).join(&run.name)).expect("it is below target/");
        }
    }
    let theirs = run_theirs(&home.join("theirs"), &runs);
    let mut written = 0;
    let mut differences = Vec::new();
    for (run, theirs) in runs.iter().zip(&theirs) {
        assert_eq!(theirs.code, "0", "protoc takes {:?}: {}", run.arguments, theirs.stderr);
        written += theirs.files.len();
        if let Some(difference) = difference(theirs, &run_ours(&home.join("ours"), run)) {
            differences.push(format!("protoc {}\n{difference}", run.arguments.join(" ")));
        }
    }
    println!("{} files, {written} outputs, {} differ", files.len(), differences.len());
    assert!(!files.is_empty());
    assert!(differences.is_empty(), "{}", differences.join("\n"));
}

#[test]
fn the_files_of_protobuf_itself_come_out_the_same() {
    compare("python_output_protobuf", &include(), "");
}

#[test]
fn googleapis_common_protos_come_out_the_same() {
    compare("python_output_googleapis", &site_packages(), "google/");
}

#[test]
fn nasty_files_come_out_the_same() {
    compare("python_output_nasty", &own("nasty-python"), "");
}

/// Generates code for the services of the fixture.
fn generate(home: &Path, arguments: &[&str]) {
    let proto = own("typed-services");
    let output = Command::new(ours())
        .arg(format!("-I{}", proto.display()))
        .args(arguments)
        .args(proto_files(&proto))
        .current_dir(home)
        .output()
        .expect("the example starts");
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{stderr}");
}

fn check_types(home: &Path, options: &[&str], file: &str) -> String {
    let output = Command::new(python())
        .args(["-m", "mypy", "--no-error-summary", "--show-error-codes"])
        .args(options)
        .args(["--no-pretty", "--no-color-output", "--cache-dir=.cache", file])
        .current_dir(home)
        .output()
        .expect("Python starts");
    String::from_utf8_lossy(&output.stdout).into_owned()
}

#[test]
fn types_of_services_say_what_calls_take_and_return() {
    let home = directory("python_output_types");
    generate(&home, &["--python_out=.", "--pyi_out=.", "--grpc_python_out=.", "--grpc_pyi_out=."]);
    fs::copy(own("typed-services/right.py"), home.join("right.py")).expect("it is there");
    let wrong = fs::read_to_string(own("typed-services/wrong.py")).expect("it is there");
    fs::write(home.join("wrong.py"), &wrong).expect("it is below target/");
    assert_eq!(check_types(&home, &["--strict"], "right.py"), "");

    let found = check_types(&home, &["--strict"], "wrong.py");
    let mut found: Vec<(usize, String)> = found
        .lines()
        .filter(|line| line.contains(": error:"))
        .map(|line| {
            let number = line.split(':').nth(1).and_then(|number| number.parse().ok());
            let kind = line.rsplit('[').next().unwrap_or_default().trim_end_matches(']');
            (number.expect("mypy says where"), kind.to_owned())
        })
        .collect();
    found.sort();
    let expected: Vec<(usize, String)> = (1..)
        .zip(wrong.lines())
        .filter_map(|(number, line)| Some((number, line.split_once("  # ")?.1.to_owned())))
        .collect();
    assert_eq!(found, expected);
}

#[test]
fn modules_with_relative_imports_work_below_any_package() {
    let home = directory("python_output_relative");
    let inner = home.join("outer/inner");
    fs::create_dir_all(&inner).expect("it is below target/");
    generate(
        &inner,
        &[
            "--python_out=relative_imports:.",
            "--pyi_out=relative_imports:.",
            "--grpc_python_out=relative_imports:.",
            "--grpc_pyi_out=relative_imports:.",
        ],
    );
    for name in ["", "sub/"] {
        fs::write(inner.join(name).join("__init__.py"), "").expect("it is below target/");
    }
    fs::write(home.join("outer/__init__.py"), "").expect("it is below target/");
    let modules = ["sub.up_pb2", "sub.up_pb2_grpc", "hello_pb2_grpc", "sub.word_pb2"];
    let output = Command::new(python())
        .arg(own("typed-services/use_as_package.py"))
        .args(modules.map(|module| format!("outer.inner.{module}")))
        .env("PYTHONPATH", &home)
        .output()
        .expect("Python starts");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    fs::write(
        home.join("use.py"),
        "from outer.inner import hello_pb2_grpc\n\
         from outer.inner.sub.up_pb2 import Up\n\
         def name(stub: hello_pb2_grpc.WaysStub, up: Up) -> str:\n    \
         return stub.One(up.request).text + up.word.text\n",
    )
    .expect("it is below target/");
    // Not strictly: what protoc writes has a `Mapping` of anything.
    assert_eq!(check_types(&home, &[], "use.py"), "");
}

#[test]
fn what_is_generated_has_no_syntax_errors() {
    let home = directory("python_output_syntax");
    let proto = own("typed-services");
    generate(&home, &["--python_out=.", "--pyi_out=.", "--grpc_python_out=.", "--grpc_pyi_out=."]);
    // Comments and names can be such that what grpcio-tools writes is not Python.
    let sound = reference::contents(&home)
        .into_keys()
        .filter(|name| !matches!(name.as_str(), "awkward_pb2_grpc.py" | "awkward_pb2.pyi"))
        .collect::<Vec<_>>();
    assert!(sound.len() > proto_files(&proto).len() * 3);
    let output = Command::new(python())
        .args([
            "-c",
            "import ast, sys\nfor name in sys.argv[1:]: ast.parse(open(name).read(), name)",
        ])
        .args(&sound)
        .current_dir(&home)
        .output()
        .expect("Python starts");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}
