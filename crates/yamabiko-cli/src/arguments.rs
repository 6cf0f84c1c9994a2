//! The command line: this is the one definition that parsing, `--help` and
//! `--version` come from.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum, ValueHint};

/// gRPC from .proto files, in one command.
#[derive(Debug, Parser)]
#[command(
    name = "yamabiko",
    version,
    arg_required_else_help = true,
    subcommand_required = true,
    disable_help_subcommand = true,
    after_help = "Example:\n  yamabiko generate --out src proto/hello.proto"
)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// What can be done.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    Breaking(Breaking),
    Check(Check),
    Explain(Explain),
    Format(Format),
    Generate(Generate),
    Lint(Lint),
    Lsp(Lsp),
    Protoc(Protoc),
}

/// Generate code from .proto files
///
/// Without FILE, what yamabiko.toml says, here or above. With FILE, Rust, unless
/// --to or --plugin say something else.
///
/// Rust is a module for each package: `hello` to hello.rs, `shop.v1` to
/// shop/v1.rs, for `mod hello;` and `mod shop;` side by side in a crate that
/// depends on yamabiko. Files that the given ones import are generated too.
/// Build scripts do the same by `yamabiko_compiler::build`, without files to
/// check in. Python is as protoc and grpcio-tools write it.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
        yamabiko generate                             (what yamabiko.toml says)\n  \
        yamabiko generate --out src proto/hello.proto\n  \
        yamabiko generate --to python --to pyi proto/hello.proto\n  \
        yamabiko generate --plugin go --opt paths=source_relative --out go proto/hello.proto\n  \
        yamabiko generate --out src --check proto/hello.proto   (in CI: fail if src is stale)")]
pub(crate) struct Generate {
    /// The files to generate code from
    #[arg(value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) files: Vec<PathBuf>,

    /// What to generate
    #[arg(long, value_enum, value_name = "LANGUAGE", requires = "files")]
    pub(crate) to: Vec<Language>,

    /// Have the plugin protoc-gen-NAME of protoc generate code; without PROGRAM
    /// it is looked for on PATH
    #[arg(long = "plugin", value_name = "NAME[=PROGRAM]", requires = "files")]
    pub(crate) plugins: Vec<String>,

    /// Tell the plugin this
    #[arg(long = "opt", value_name = "OPTION", requires = "plugins")]
    pub(crate) options: Vec<String>,

    /// Look for imports in DIR first, then in proto/, in ., in the directory that
    /// a FILE's package says, and beside each FILE
    #[arg(
        short = 'I',
        long = "include",
        value_name = "DIR",
        value_hint = ValueHint::DirPath,
        requires = "files"
    )]
    pub(crate) includes: Vec<PathBuf>,

    /// Write to DIR, which is created if need be; by default this directory
    #[arg(short, long, value_name = "DIR", value_hint = ValueHint::DirPath, requires = "files")]
    pub(crate) out: Option<PathBuf>,

    /// Do what this file says, instead of yamabiko.toml here or above
    #[arg(long, value_name = "TOML", value_hint = ValueHint::FilePath, conflicts_with = "files")]
    pub(crate) config: Option<PathBuf>,

    /// Write nothing; fail if a file is missing or not what would be written
    #[arg(long)]
    pub(crate) check: bool,
}

/// What yamabiko generates without a plugin.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Language {
    /// For the crate yamabiko
    Rust,
    /// x_pb2.py, and x_pb2_grpc.py where there are services
    Python,
    /// What type checkers read: x_pb2.pyi and x_pb2_grpc.pyi
    Pyi,
}

/// Format .proto files
///
/// Two spaces, one statement a line, the prelude in order, imports sorted.
/// Nothing changes its meaning and no comment is lost. Without an option, what
/// would be written goes to standard output.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
        yamabiko format -w             (every .proto file below this directory)\n  \
        yamabiko format --check proto  (in CI: fail if a file is not formatted)")]
pub(crate) struct Format {
    /// Files, directories, or - for standard input; without any, this directory
    #[arg(value_name = "PATH", value_hint = ValueHint::AnyPath)]
    pub(crate) paths: Vec<PathBuf>,

    /// Write the files that change
    #[arg(short, long, conflicts_with = "check")]
    pub(crate) write: bool,

    /// Write nothing; name the files that would change, and fail if there are any
    #[arg(long)]
    pub(crate) check: bool,

    /// Show what changes
    #[arg(short, long)]
    pub(crate) diff: bool,
}

/// Say what is wrong with .proto files, and mend it
///
/// Each mistake is told once, with the place, the cause and what to do; a file
/// is read on after an error. Fails if there is an error; warnings are no
/// failure.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
        yamabiko check                 (every .proto file below this directory)\n  \
        yamabiko check --fix proto     (mend what can be mended)\n  \
        yamabiko check --format github (in a workflow: notes at the lines)")]
pub(crate) struct Check {
    /// Files and directories; without any, this directory
    #[arg(value_name = "PATH", value_hint = ValueHint::AnyPath)]
    pub(crate) paths: Vec<PathBuf>,

    /// Look for imports in DIR first, then in proto/, in ., in the directory that
    /// a file's package says, and beside each file
    #[arg(short = 'I', long = "include", value_name = "DIR", value_hint = ValueHint::DirPath)]
    pub(crate) includes: Vec<PathBuf>,

    /// Change the files as the advice says, and check again
    #[arg(long)]
    pub(crate) fix: bool,

    /// How to print what is wrong
    #[arg(long, value_enum, value_name = "FORMAT", default_value = "text")]
    pub(crate) format: CheckFormat,

    /// When to use colours; NO_COLOR is respected
    #[arg(long, value_enum, value_name = "WHEN", default_value = "auto")]
    pub(crate) color: Colour,
}

/// How problems are printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum CheckFormat {
    /// For people
    Text,
    /// A line each, as protoc says it
    Gcc,
    /// One JSON document
    Json,
    /// SARIF 2.1.0, for code hosts and editors
    Sarif,
    /// Annotations of GitHub Actions
    Github,
}

/// When output is coloured.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Colour {
    /// On a terminal
    Auto,
    /// Always
    Always,
    /// Never
    Never,
}

/// Explain what a problem is about, by its code
#[derive(Debug, Args)]
#[command(arg_required_else_help = true, after_help = "Example:\n  yamabiko explain P0201")]
pub(crate) struct Explain {
    /// The codes, such as P0201
    #[arg(value_name = "CODE", required_unless_present = "list")]
    pub(crate) codes: Vec<String>,

    /// List all codes
    #[arg(long)]
    pub(crate) list: bool,
}
/// Check the style of .proto files
///
/// By default, only real mistakes are told and what generated code needs
/// (the groups BUGS and MINIMAL, and unused imports). Rules have buf's names; a
/// comment `// yamabiko:lint:ignore RULE` above an element leaves one out.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
        yamabiko lint                  (every .proto file below this directory)\n  \
        yamabiko lint --strict -I proto proto\n  \
        yamabiko lint --rules STANDARD,COMMENTS --except PACKAGE_VERSION_SUFFIX")]
pub(crate) struct Lint {
    /// Files or directories; without any, this directory
    #[arg(value_name = "PATH", value_hint = ValueHint::AnyPath)]
    pub(crate) paths: Vec<PathBuf>,

    /// Imports and packages are relative to DIR; by default, as in yamabiko.toml, or this directory
    #[arg(short = 'I', long = "include", value_name = "DIR", value_hint = ValueHint::DirPath)]
    pub(crate) includes: Vec<PathBuf>,

    /// Check all that is good style: the group STANDARD
    #[arg(long)]
    pub(crate) strict: bool,

    /// Check these rules or groups instead
    #[arg(long, value_name = "RULE", value_delimiter = ',')]
    pub(crate) rules: Vec<String>,

    /// Leave these rules or groups out
    #[arg(long, value_name = "RULE", value_delimiter = ',')]
    pub(crate) except: Vec<String>,

    /// Mend what can be mended without a change of meaning: unused imports
    #[arg(long)]
    pub(crate) fix: bool,

    /// How to print what is found
    #[arg(long, value_enum, default_value_t = Report::Text)]
    pub(crate) format: Report,

    /// List all rules and the groups that they are in
    #[arg(long)]
    pub(crate) list: bool,
}

/// How findings are printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Report {
    /// For people
    Text,
    /// An object a line
    Json,
    /// Annotations of GitHub Actions
    Github,
}

/// Tell which changes of .proto files break somebody, and whom
///
/// Compares the files with what they were before: in a git revision, in another
/// directory or in a descriptor set. Rules have buf's names; the group FILE asks
/// most, then come PACKAGE, WIRE_JSON and WIRE.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
        yamabiko breaking --against main\n  \
        yamabiko breaking --against v1.2.0 -I proto --rules WIRE_JSON\n  \
        yamabiko breaking --against released.binpb")]
pub(crate) struct Breaking {
    /// Files or directories; without any, this directory
    #[arg(value_name = "PATH", value_hint = ValueHint::AnyPath)]
    pub(crate) paths: Vec<PathBuf>,

    /// A git revision, a directory, or a file with a descriptor set
    #[arg(long, value_name = "REV|DIR|FILE")]
    pub(crate) against: Option<String>,

    /// Imports are relative to DIR; by default, as in yamabiko.toml, or this directory
    #[arg(short = 'I', long = "include", value_name = "DIR", value_hint = ValueHint::DirPath)]
    pub(crate) includes: Vec<PathBuf>,

    /// Check these rules or groups; by default, FILE
    #[arg(long, value_name = "RULE", value_delimiter = ',')]
    pub(crate) rules: Vec<String>,

    /// Leave these rules or groups out
    #[arg(long, value_name = "RULE", value_delimiter = ',')]
    pub(crate) except: Vec<String>,

    /// How to print what is found
    #[arg(long, value_enum, default_value_t = Report::Text)]
    pub(crate) format: Report,
}

/// Serve an editor: problems with quick fixes, definitions, completion, …
///
/// Speaks the Language Server Protocol over standard input and output. Imports
/// are relative to the project's directory and to proto/ in it; others are named
/// by the initialization option `includes`, a list of directories.
#[derive(Debug, Args)]
pub(crate) struct Lsp {
    /// Over standard input and output, as some editors say; nothing else is there
    #[arg(long)]
    pub(crate) stdio: bool,
}

/// Do what protoc does with the same command line
///
/// For descriptor sets, Python and plugins: the options, the files and the messages
/// are protoc's. `yamabiko protoc --help` lists them.
#[derive(Debug, Args)]
#[command(
    disable_help_flag = true,
    after_help = "Example:\n  \
        yamabiko protoc -Iproto --include_imports -o all.binpb proto/hello.proto"
)]
pub(crate) struct Protoc {
    /// As for protoc
    #[arg(value_name = "ARGUMENT", allow_hyphen_values = true, trailing_var_arg = true)]
    pub(crate) arguments: Vec<String>,
}
