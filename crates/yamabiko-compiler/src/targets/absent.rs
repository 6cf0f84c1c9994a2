//! A plugin that is not there: what to install, or to use instead.

use std::env;
use std::io::{self, ErrorKind};

use super::Plugin;
use crate::diagnostic::Diagnostic;
use crate::hints::similar;

/// How plugins get there, by their names without `protoc-gen-`.
const INSTALL: [(&str, &str); 22] = [
    ("buffa", "cargo install protoc-gen-buffa"),
    ("connect-go", "go install connectrpc.com/connect/cmd/protoc-gen-connect-go@latest"),
    ("connect-kotlin", "see https://connectrpc.com/docs/kotlin/generating-code"),
    ("dart", "dart pub global activate protoc_plugin"),
    ("doc", "go install github.com/pseudomuto/protoc-gen-doc/cmd/protoc-gen-doc@latest"),
    ("es", "npm install --save-dev @bufbuild/protoc-gen-es"),
    ("go", "go install google.golang.org/protobuf/cmd/protoc-gen-go@latest"),
    ("go-grpc", "go install google.golang.org/grpc/cmd/protoc-gen-go-grpc@latest"),
    (
        "grpc-gateway",
        "go install github.com/grpc-ecosystem/grpc-gateway/v2/protoc-gen-grpc-gateway@latest",
    ),
    ("grpc-swift", "brew install protoc-gen-grpc-swift"),
    ("grpc-web", "npm install --save-dev protoc-gen-grpc-web"),
    ("grpclib_python", "pip install grpclib"),
    ("mypy", "pip install mypy-protobuf"),
    ("mypy_grpc", "pip install mypy-protobuf"),
    (
        "openapiv2",
        "go install github.com/grpc-ecosystem/grpc-gateway/v2/protoc-gen-openapiv2@latest",
    ),
    ("prost", "cargo install protoc-gen-prost"),
    ("prost-serde", "cargo install protoc-gen-prost-serde"),
    ("python_betterproto2", "pip install betterproto2_compiler"),
    ("swift", "brew install swift-protobuf"),
    ("tonic", "cargo install protoc-gen-tonic"),
    ("ts", "npm install --save-dev @protobuf-ts/plugin"),
    ("ts_proto", "npm install --save-dev ts-proto"),
];

/// What needs no plugin here.
const BUILT_IN: [(&str, &[&str]); 3] = [
    ("rust", &["rust", "prost", "tonic", "buffa"]),
    ("python", &["python", "grpc_python", "grpclib_python", "python_betterproto2"]),
    ("pyi", &["pyi", "mypy", "mypy_grpc", "grpc_pyi"]),
];

/// Why the plugin could not be started, and what to do.
pub(super) fn explain(plugin: &Plugin, error: &io::Error) -> Diagnostic {
    let name = &plugin.name;
    if let Some(program) = &plugin.program {
        let program = program.display();
        return match error.kind() {
            ErrorKind::NotFound => {
                Diagnostic::new(format!("no program {program} to run as {name}"))
            }
            ErrorKind::PermissionDenied => {
                Diagnostic::new(format!("{program} cannot be run as {name}: it is not executable"))
                    .help(format!("chmod +x {program}"))
            }
            _ => Diagnostic::new(format!("{program} cannot be run as {name}: {error}")),
        };
    }
    if error.kind() != ErrorKind::NotFound {
        return Diagnostic::new(format!("{name} cannot be run: {error}"));
    }
    let short = name.strip_prefix("protoc-gen-").unwrap_or(name);
    let mut diagnostic = Diagnostic::new(format!("`{name}` not found in PATH"));
    let present = plugins_on_path();
    let meant = INSTALL.iter().map(|(name, _)| *name);
    if let Some(meant) = similar::best(short, present.iter().map(String::as_str).chain(meant)) {
        diagnostic = diagnostic.help(format!("did you mean `{meant}`?"));
    }
    if let Some((_, install)) = INSTALL.iter().find(|(name, _)| *name == short) {
        diagnostic = diagnostic.help(format!("install it: {install}"));
    }
    if let Some((target, _)) = BUILT_IN.iter().find(|(_, plugins)| plugins.contains(&short)) {
        diagnostic = diagnostic.help(format!("or do without it: yamabiko itself writes {target}"));
    } else {
        diagnostic = diagnostic.help("without a plugin, yamabiko writes rust, python and pyi");
    }
    diagnostic
}

/// The plugins on PATH, by their names without `protoc-gen-`.
fn plugins_on_path() -> Vec<String> {
    let path = env::var_os("PATH").unwrap_or_default();
    let entries = env::split_paths(&path).filter_map(|directory| directory.read_dir().ok());
    let names =
        entries.flatten().flatten().filter_map(|entry| entry.file_name().into_string().ok());
    let mut names: Vec<String> =
        names.filter_map(|name| Some(name.strip_prefix("protoc-gen-")?.to_owned())).collect();
    names.sort();
    names.dedup();
    names
}
