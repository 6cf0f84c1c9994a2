//! What stands at the top of a file: syntax or edition, package, imports, and
//! which declaration comes next.

use buffa::UnknownField;
use buffa_codegen::generated::descriptor::{self, FileDescriptorProto, SymbolVisibility};

use super::edition::{Edition, Syntax};
use super::hints::Context;
use super::{At, Parser, Parsing, Part, index, locations::text, paths};

impl Parser<'_> {
    /// Reads the whole file.
    pub(super) fn file(&mut self, file: &mut FileDescriptorProto) {
        self.next_with_comments();
        self.begin_statement(Context::File);
        let root = self.locations.open(None, &[], &self.current());
        self.note(root, Part::Other, root);
        let has_syntax = self.looking_at("syntax") || self.looking_at("edition");
        if has_syntax && self.syntax_identifier(file, root).is_err() {
            // Whatever follows is in a language that nobody knows.
            return;
        }
        while !self.at_end() {
            if self.top_level_statement(file, root).is_err() {
                self.skip_statement();
                if self.looking_at("}") {
                    self.error("Unmatched \"}\".");
                    self.next_with_comments();
                }
            }
        }
        self.locations.close(root, &self.lexer.previous());
    }

    fn syntax_identifier(&mut self, file: &mut FileDescriptorProto, root: At) -> Parsing {
        self.located(root, &[paths::file::SYNTAX], |parser, at| {
            parser.note(root, Part::Edition, at);
            parser.surroundings.has_syntax = true;
            let has_edition = parser.try_consume("edition");
            if !has_edition {
                parser.consume("syntax")?;
            }
            parser.consume("=")?;
            let place = parser.current().place();
            let name = text(&parser.string("Expected syntax identifier.")?);
            parser.end_of_declaration(";", Some(at))?;

            if has_edition {
                let Some(edition) = Edition::named(&name) else {
                    return Err(
                        parser.error_at(Some(place), format!("Unknown edition \"{name}\"."))
                    );
                };
                parser.syntax = Syntax::Editions(edition);
                file.syntax = Some("editions".to_owned());
                set_edition(file, edition);
                return Ok(());
            }
            parser.syntax = match name.as_str() {
                "proto2" => Syntax::Proto2,
                "proto3" => Syntax::Proto3,
                _ => {
                    return Err(parser.error_at(
                        Some(place),
                        format!(
                            "Unrecognized syntax identifier \"{name}\".  This parser \
                             only recognizes \"proto2\" and \"proto3\"."
                        ),
                    ));
                }
            };
            file.syntax = Some(name);
            Ok(())
        })
    }

    fn top_level_statement(&mut self, file: &mut FileDescriptorProto, root: At) -> Parsing {
        if self.try_end_of_declaration(";", None) {
            return Ok(());
        }
        self.begin_statement(Context::File);
        let visibility = self.visibility()?;
        if self.looking_at("message") {
            let path = [paths::file::MESSAGE, index(file.message_type.len())];
            let mut message = descriptor::DescriptorProto::default();
            let result = self.located(root, &path, |parser, at| {
                parser.message_definition(&mut message, visibility, at)
            });
            file.message_type.push(message);
            result
        } else if self.looking_at("enum") {
            let path = [paths::file::ENUM, index(file.enum_type.len())];
            let mut enumeration = descriptor::EnumDescriptorProto::default();
            let result = self.located(root, &path, |parser, at| {
                parser.enum_definition(&mut enumeration, visibility, at)
            });
            file.enum_type.push(enumeration);
            result
        } else if self.looking_at("service") {
            let path = [paths::file::SERVICE, index(file.service.len())];
            let mut service = descriptor::ServiceDescriptorProto::default();
            let result =
                self.located(root, &path, |parser, at| parser.service_definition(&mut service, at));
            file.service.push(service);
            result
        } else if self.looking_at("extend") {
            self.located(root, &[paths::file::EXTENSION], |parser, at| {
                let scope = super::field::Scope {
                    at: root,
                    messages_path: paths::file::MESSAGE,
                    messages: &mut file.message_type,
                };
                parser.extend(&mut file.extension, scope, at)
            })
        } else if self.looking_at("import") {
            self.import(file, root)
        } else if self.looking_at("package") {
            self.package(file, root)
        } else if self.looking_at("option") {
            self.located(root, &[paths::file::OPTIONS], |parser, at| {
                let options = &mut file.options.get_or_insert_default().uninterpreted_option;
                parser.option_statement(options, at)
            })
        } else {
            Err(self.error("Expected top-level statement (e.g. \"message\")."))
        }
    }

    /// `export` or `local`, in editions in which they are keywords.
    pub(super) fn visibility(&mut self) -> Parsing<Option<SymbolVisibility>> {
        if !self.syntax.has_visibility() {
            return Ok(None);
        }
        let visibility = if self.try_consume("export") {
            SymbolVisibility::VISIBILITY_EXPORT
        } else if self.try_consume("local") {
            SymbolVisibility::VISIBILITY_LOCAL
        } else {
            return Ok(None);
        };
        if self.looking_at("message") || self.looking_at("enum") {
            Ok(Some(visibility))
        } else {
            Err(self.error(
                "'local' and 'export' visibility modifiers are valid only on 'message' and 'enum'",
            ))
        }
    }

    fn package(&mut self, file: &mut FileDescriptorProto, root: At) -> Parsing {
        if file.package.is_some() {
            self.error("Multiple package definitions.");
            file.package = None;
        }
        self.located(root, &[paths::file::PACKAGE], |parser, at| {
            parser.note(root, Part::Name, at);
            parser.consume("package")?;
            loop {
                let name = parser.identifier("Expected identifier.")?;
                let package = file.package.get_or_insert_default();
                package.push_str(&name);
                if !parser.try_consume(".") {
                    break;
                }
                package.push('.');
            }
            parser.end_of_declaration(";", Some(at))
        })
    }

    fn import(&mut self, file: &mut FileDescriptorProto, root: At) -> Parsing {
        let start = self.current().place();
        self.consume("import")?;
        if self.looking_at("option") {
            if !self.syntax.has_option_imports() {
                self.error("option import is not supported before edition 2024.");
            }
            let path = [paths::file::OPTION_DEPENDENCY, index(file.option_dependency.len())];
            return self.located(root, &path, |parser, at| {
                parser.locations.move_start(at, start);
                parser.consume("option")?;
                parser.imported_file(&mut file.option_dependency, at)
            });
        }
        let position = index(file.dependency.len());
        self.located(root, &[paths::file::DEPENDENCY, position], |parser, at| {
            parser.locations.move_start(at, start);
            if !file.option_dependency.is_empty() {
                parser.error(
                    "imports should precede any option imports to ensure proto files can roundtrip.",
                );
            }
            if parser.looking_at("public") {
                let path = [paths::file::PUBLIC_DEPENDENCY, index(file.public_dependency.len())];
                parser.located(root, &path, |parser, _| parser.consume("public"))?;
                file.public_dependency.push(position);
            } else if parser.looking_at("weak") {
                if parser.syntax.has_option_imports() {
                    parser.error(
                        "weak import is not supported in edition 2024 and above. Consider using \
                         option import instead.",
                    );
                }
                let path = [paths::file::WEAK_DEPENDENCY, index(file.weak_dependency.len())];
                parser.located(root, &path, |parser, at| {
                    let place = parser.locations.start(at);
                    parser.places.insert_import("weak".to_owned(), place);
                    parser.consume("weak")
                })?;
                file.weak_dependency.push(position);
            }
            parser.imported_file(&mut file.dependency, at)
        })
    }

    fn imported_file(&mut self, imports: &mut Vec<String>, at: At) -> Parsing {
        let name = text(&self.string("Expected a string naming the file to import.")?);
        imports.push(name.clone());
        self.note(at, Part::Import, at);
        let place = self.locations.start(at);
        self.places.insert_import(name, place);
        self.end_of_declaration(";", Some(at))
    }
}

/// Puts the edition into the descriptor; as an unknown field if the descriptor
/// types do not know it yet.
fn set_edition(file: &mut FileDescriptorProto, edition: Edition) {
    const EDITION: u32 = 14;
    file.edition = <descriptor::Edition as buffa::Enumeration>::from_i32(edition.number);
    if file.edition.is_none() {
        let number = u64::try_from(edition.number).expect("editions are positive");
        file.__buffa_unknown_fields
            .push(UnknownField { number: EDITION, data: buffa::UnknownFieldData::Varint(number) });
    }
}
