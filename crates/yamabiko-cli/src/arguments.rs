//! The command line: this is the one definition that parsing, `--help` and
//! `--version` come from.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueHint};

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
    Generate(Generate),
}

/// Generate Rust code from .proto files
///
/// Writes a module for each package: `hello` to hello.rs, `shop.v1` to
/// shop/v1.rs, for `mod hello;` and `mod shop;` side by side in a crate that
/// depends on yamabiko. Files that the given ones import are generated too.
/// Build scripts do the same by `yamabiko_compiler::build`, without files to
/// check in.
#[derive(Debug, Args)]
#[command(
    arg_required_else_help = true,
    after_help = "Examples:\n  \
        yamabiko generate --out src proto/hello.proto\n  \
        yamabiko generate --out src --check proto/hello.proto   (in CI: fail if src is stale)"
)]
pub(crate) struct Generate {
    /// The files to generate code from
    #[arg(value_name = "FILE", required = true, value_hint = ValueHint::FilePath)]
    pub(crate) files: Vec<PathBuf>,

    /// Look for imports in DIR first, then in proto/, in . and beside each FILE
    #[arg(short = 'I', long = "include", value_name = "DIR", value_hint = ValueHint::DirPath)]
    pub(crate) includes: Vec<PathBuf>,

    /// Write to DIR, which is created if need be
    #[arg(short, long, value_name = "DIR", default_value = ".", value_hint = ValueHint::DirPath)]
    pub(crate) out: PathBuf,

    /// Write nothing; fail if a file is missing or not what would be written
    #[arg(long)]
    pub(crate) check: bool,
}
