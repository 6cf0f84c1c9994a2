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

use buffa::MessageField;
use buffa_codegen::generated::descriptor::FileDescriptorProto;

use crate::descriptors::{Named as _, Pool, without_source_retention};
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

impl Generator {
    /// Generates the code of `file`, one of the files `generated` in this run,
    /// as `parameter` asks. Errors are in protoc's words.
    pub(crate) fn generate<'a>(
        self,
        pool: &Pool<'a>,
        file: &'a FileDescriptorProto,
        generated: &BTreeSet<String>,
        parameter: &str,
    ) -> Result<Vec<Piece>, String> {
        let imports = |relative| Imports {
            relative,
            generated: if relative { generated.clone() } else { BTreeSet::new() },
        };
        match self {
            Self::Messages => {
                let parameters = MessageParameters::parse(parameter)?;
                let imports = imports(parameters.relative_imports);
                let mut pieces = Vec::new();
                if parameters.interface {
                    let text = interface::write(pool, file, &imports, parameters.functional_only);
                    pieces.push(Piece::file(names::output_file(file.name(), ".pyi"), text));
                }
                let mut stripped = without_source_retention(pool, file);
                stripped.source_code_info = MessageField::none();
                let text = messages::write(pool, file, &stripped, &imports);
                pieces.push(Piece::file(names::output_file(file.name(), ".py"), text));
                Ok(pieces)
            }
            Self::Interface => {
                let parameters = InterfaceParameters::parse(parameter)?;
                let imports = imports(parameters.relative_imports);
                let text = interface::write(pool, file, &imports, parameters.functional_only);
                let name =
                    parameters.file.unwrap_or_else(|| names::output_file(file.name(), ".pyi"));
                Ok(vec![Piece::file(name, text)])
            }
            Self::Services => {
                let name = services::output_file(file.name())?;
                let parameters = ServiceParameters::parse(parameter)?;
                let imports = imports(parameters.relative_imports);
                let mut services = Services {
                    pool,
                    file,
                    imports: &imports,
                    stripped_prefixes: parameters.stripped_prefixes,
                    within_messages: false,
                };
                let mut pieces =
                    vec![Piece::file(name.clone() + "_pb2_grpc.py", services.module()?)];
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
            Self::ServiceTypes => {
                let name = services::output_file(file.name())?;
                let parameters = InterfaceParameters::parse(parameter)?;
                let imports = imports(parameters.relative_imports);
                let text = service_types::write(pool, file, &imports);
                Ok(vec![Piece::file(name + "_pb2_grpc.pyi", text)])
            }
        }
    }
}
