//! What stands before the colon in `--python_out=parameters:DIRECTORY`.

/// What may be asked of a module of messages.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct MessageParameters {
    /// Write the stub file too.
    pub interface: bool,
    /// In the stub file, leave out imports that are there for features alone.
    pub functional_only: bool,
    /// Name other modules relative to this one.
    pub relative_imports: bool,
}

impl MessageParameters {
    /// Of several that are unknown protoc names the last one.
    pub(super) fn parse(parameter: &str) -> Result<Self, String> {
        let mut parameters = Self::default();
        let mut unknown = None;
        for name in names(parameter) {
            match name {
                "pyi_out" => parameters.interface = true,
                "annotate_code" => {}
                "experimental_strip_nonfunctional_codegen" => parameters.functional_only = true,
                "relative_imports" => parameters.relative_imports = true,
                other => unknown = Some(other),
            }
        }
        unknown.map_or(Ok(parameters), |name| Err(format!("Unknown generator option: {name}")))
    }
}

/// What may be asked of a stub file.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct InterfaceParameters {
    /// Leave out imports that are there for features alone.
    pub functional_only: bool,
    /// Name other modules relative to this one.
    pub relative_imports: bool,
    /// The name of the file to write.
    pub file: Option<String>,
}

impl InterfaceParameters {
    pub(super) fn parse(parameter: &str) -> Result<Self, String> {
        let mut parameters = Self::default();
        for name in names(parameter) {
            match name {
                "annotate_code" => {}
                "experimental_strip_nonfunctional_codegen" => parameters.functional_only = true,
                "relative_imports" => parameters.relative_imports = true,
                file if file.ends_with(".pyi") => parameters.file = Some(file.to_owned()),
                other => return Err(format!("Unknown generator option: {other}")),
            }
        }
        Ok(parameters)
    }
}

/// What may be asked of a module of services.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct ServiceParameters {
    /// Add the API of old to the module of messages.
    pub beta: bool,
    /// Beginnings that module names are to lose.
    pub stripped_prefixes: Vec<String>,
    /// Name other modules relative to this one.
    pub relative_imports: bool,
}

impl ServiceParameters {
    pub(super) fn parse(parameter: &str) -> Result<Self, String> {
        let mut parameters = Self::default();
        let mut given: Vec<&str> = parameter.split_terminator(',').collect();
        given.retain(|name| {
            parameters.relative_imports |= *name == "relative_imports";
            *name != "relative_imports"
        });
        if given.len() > 2 {
            return Err(
                "--grpc_python_out received too many comma-delimited parameters.".to_owned()
            );
        }
        parameters.stripped_prefixes = given.iter().skip(1).map(|&name| name.to_owned()).collect();
        match given.first().copied().unwrap_or_default() {
            "grpc_2_0" => {}
            "" if given.len() < 2 => {}
            "grpc_1_0" => parameters.beta = true,
            other => return Err(format!("Invalid grpc version '{other}'.")),
        }
        Ok(parameters)
    }
}

/// The names of parameters that may have values, which none here has.
fn names(parameter: &str) -> impl Iterator<Item = &str> {
    parameter
        .split(',')
        .filter(|part| !part.is_empty())
        .map(|part| part.split_once('=').map_or(part, |(name, _)| name))
}
