//! The compiler of `yamabiko._core`: protoc's command line, in this process.

use std::io::{self, Write};
use std::path::PathBuf;

use pyo3::prelude::*;
use yamabiko_compiler::protoc::{self as compiler, PythonModule};

/// Enters what this module has.
pub(crate) fn register(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_function(wrap_pyfunction!(protoc, module)?)?;
    module.add_function(wrap_pyfunction!(generate_project, module)?)?;
    module.add_function(wrap_pyfunction!(generate_python, module)?)
}

/// Runs protoc with these arguments, and writes to the process's own streams.
///
/// `program` is the name under which it shows itself. Returns the exit status.
/// Other threads run meanwhile.
#[pyfunction]
fn protoc(python: Python<'_>, program: &str, arguments: Vec<String>) -> i32 {
    python.detach(|| {
        // As they come: what plugins print goes to the same streams.
        let mut out = io::stdout();
        let status = compiler::run(program, &arguments, &mut out, &mut io::stderr());
        // There is nobody left to tell that standard output is closed.
        let _ = out.flush();
        status
    })
}

/// Generates what `yamabiko.toml` says, or with `check` sees whether that has
/// been done, and writes to the process's own streams. Without `settings` the
/// file is here or above.
///
/// Returns the exit status. Other threads run meanwhile.
#[pyfunction]
fn generate_project(python: Python<'_>, settings: Option<PathBuf>, check: bool) -> i32 {
    python.detach(|| {
        let mut out = io::stdout();
        let settings = settings.as_deref();
        let status =
            yamabiko_compiler::generate_project(settings, check, &mut out, &mut io::stderr());
        // There is nobody left to tell that standard output is closed.
        let _ = out.flush();
        status
    })
}

/// The path and the text of modules, those that are imported first.
type Modules = Vec<(String, String)>;
/// File, line, column, what is wrong and what to do about it.
type Mistake = (String, Option<u32>, Option<u32>, String, Option<String>);

/// The modules of a file and of all that it imports: messages, or services.
///
/// Of the two lists that are returned one is empty: there are modules, or
/// there are mistakes.
#[pyfunction]
fn generate_python(
    python: Python<'_>,
    name: &str,
    include: Vec<PathBuf>,
    services: bool,
) -> (Modules, Vec<Mistake>) {
    let module = if services { PythonModule::Services } else { PythonModule::Messages };
    match python.detach(|| compiler::generate_python(name, &include, module)) {
        Ok(modules) => (modules, Vec::new()),
        Err(mistakes) => (Vec::new(), mistakes.into_iter().map(in_parts).collect()),
    }
}

fn in_parts(mistake: compiler::Mistake) -> Mistake {
    (mistake.file, mistake.line, mistake.column, mistake.message, mistake.hint)
}
