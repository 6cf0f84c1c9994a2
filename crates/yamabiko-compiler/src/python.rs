//! From descriptors to Python, byte for byte as protoc and grpcio-tools write it.
//!
//! | file | from | written by |
//! |---|---|---|
//! | `x_pb2.py` | `--python_out` | `messages`, with `options`, `offsets` and, for one file, `bootstrap` |
//! | `x_pb2.pyi` | `--pyi_out` | `interface`, with `interface_types`, `interface_imports` |
//! | `x_pb2_grpc.py` | `--grpc_python_out` | `services`, with `beta` for code of old |
//! | `x_pb2_grpc.pyi` | `--grpc_pyi_out`, ours | `service_types` |
//!
//! `names` and `imports` know what modules are called, `comments`, `escape` and
//! `text` how things are written down, `parameters` what a caller may ask for.

mod beta;
mod bootstrap;
mod comments;
mod escape;
mod imports;
mod interface;
mod interface_imports;
mod interface_types;
mod messages;
mod names;
mod offsets;
mod options;
mod parameters;
mod service_types;
mod services;
mod text;

use std::collections::BTreeSet;

use buffa_codegen::generated::descriptor::FileDescriptorProto;

use crate::descriptors::{Named as _, Pool};
pub(crate) use escape::octal;
use imports::Imports;
use parameters::{InterfaceParameters, MessageParameters, ServiceParameters};
use services::Services;

/// Which kind of module to write.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Generator {
    /// `x_pb2.py`.
    Messages,
    /// `x_pb2.pyi`.
    Interface,
    /// `x_pb2_grpc.py`.
    Services,
    /// `x_pb2_grpc.pyi`.
    ServiceTypes,
}

/// A file that was generated, or a piece of one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Piece {
    /// The path, relative to the output directory.
    pub file: String,
    /// Where in a file that was generated before the text belongs; `None` if it
    /// is a file of its own.
    pub insertion_point: Option<String>,
    /// The text.
    pub text: String,
}

impl Piece {
    fn file(file: String, text: String) -> Self {
        Self { file, insertion_point: None, text }
    }
}

/// What code is generated from.
pub(crate) struct Source<'a, 'p> {
    /// All files.
    pub pool: &'p Pool<'a>,
    /// The file to generate code for.
    pub file: &'a FileDescriptorProto,
    /// The same as code embeds it: without what only the compiler is to see.
    pub embedded: &'p FileDescriptorProto,
    /// The names of the files that code is generated for in this run.
    pub generated: &'p BTreeSet<String>,
}

impl Generator {
    /// Generates the code of a file as `parameter` asks. Errors are in protoc's
    /// words.
    pub(crate) fn generate(
        self,
        source: &Source<'_, '_>,
        parameter: &str,
    ) -> Result<Vec<Piece>, String> {
        match self {
            Self::Messages => source.messages(parameter),
            Self::Interface => source.interface(parameter),
            Self::Services => source.services(parameter),
            Self::ServiceTypes => source.service_types(parameter),
        }
    }
}

impl Source<'_, '_> {
    fn messages(&self, parameter: &str) -> Result<Vec<Piece>, String> {
        let parameters = MessageParameters::parse(parameter)?;
        let imports = self.imports(parameters.relative_imports);
        let mut pieces = Vec::new();
        if parameters.interface {
            let text = interface::write(self, &imports, parameters.functional_only);
            pieces.push(Piece::file(names::output_file(self.file.name(), ".pyi"), text));
        }
        let text = messages::write(self, &imports);
        pieces.push(Piece::file(names::output_file(self.file.name(), ".py"), text));
        Ok(pieces)
    }

    fn interface(&self, parameter: &str) -> Result<Vec<Piece>, String> {
        let parameters = InterfaceParameters::parse(parameter)?;
        let imports = self.imports(parameters.relative_imports);
        let text = interface::write(self, &imports, parameters.functional_only);
        let name = parameters.file.unwrap_or_else(|| names::output_file(self.file.name(), ".pyi"));
        Ok(vec![Piece::file(name, text)])
    }

    fn services(&self, parameter: &str) -> Result<Vec<Piece>, String> {
        let name = services::output_file(self.file.name())?;
        let parameters = ServiceParameters::parse(parameter)?;
        let imports = self.imports(parameters.relative_imports);
        let mut services = Services {
            pool: self.pool,
            file: self.file,
            imports: &imports,
            stripped_prefixes: parameters.stripped_prefixes,
            within_messages: false,
        };
        let mut pieces = vec![Piece::file(name.clone() + "_pb2_grpc.py", services.module()?)];
        if parameters.beta {
            services.within_messages = true;
            pieces.push(Piece {
                file: name + "_pb2.py",
                insertion_point: Some("module_scope".to_owned()),
                text: services.insertion()?,
            });
        }
        Ok(pieces)
    }

    fn service_types(&self, parameter: &str) -> Result<Vec<Piece>, String> {
        let name = services::output_file(self.file.name())?;
        let parameters = InterfaceParameters::parse(parameter)?;
        let imports = self.imports(parameters.relative_imports);
        let text = service_types::write(self.pool, self.file, &imports);
        Ok(vec![Piece::file(name + "_pb2_grpc.pyi", text)])
    }

    fn imports(&self, relative: bool) -> Imports {
        let generated = if relative { self.generated.clone() } else { BTreeSet::new() };
        Imports { relative, generated }
    }
}
