//! Being a build script: talking to cargo.

use crate::config::Generated;
use crate::diagnostic::Diagnostics;

/// Prints cargo's instructions: when to run again, and what to warn about.
pub(crate) fn tell_cargo(generated: &Generated) {
    for input in &generated.inputs {
        println!("cargo::rerun-if-changed={}", input.display());
    }
    for warning in &generated.warnings {
        println!("cargo::warning={warning}");
    }
}

/// Ends the build script. Cargo shows what a failed build script printed, so
/// there is nothing but the errors.
pub(crate) fn fail(diagnostics: &Diagnostics) -> ! {
    eprint!("{diagnostics}");
    std::process::exit(1)
}
