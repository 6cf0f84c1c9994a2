//! Services and their methods.

use buffa_codegen::generated::descriptor::{MethodDescriptorProto, ServiceDescriptorProto};

use super::hints::Context;
use super::{At, Parser, Parsing, Part, index, paths};

impl Parser<'_> {
    /// `service`, a name, a block.
    pub(super) fn service_definition(
        &mut self,
        service: &mut ServiceDescriptorProto,
        at: At,
    ) -> Parsing {
        self.consume("service")?;
        self.located(at, &[paths::service::NAME], |parser, name| {
            parser.note(at, Part::Name, name);
            service.name = Some(parser.identifier("Expected service name.")?);
            Ok(())
        })?;
        let name = service.name.clone();
        self.in_block("service", name, at, |parser| parser.service_block(service, at))
    }

    fn service_block(&mut self, service: &mut ServiceDescriptorProto, at: At) -> Parsing {
        self.end_of_declaration("{", Some(at))?;
        while !self.try_end_of_declaration("}", None) {
            if self.at_end() {
                return Err(self.error("Reached end of input in service definition (missing '}')."));
            }
            if self.service_statement(service, at).is_err() {
                self.skip_statement();
            }
        }
        Ok(())
    }

    fn service_statement(
        &mut self,
        service: &mut ServiceDescriptorProto,
        service_at: At,
    ) -> Parsing {
        if self.try_end_of_declaration(";", None) {
            return Ok(());
        }
        self.begin_statement(Context::Service);
        if self.looking_at("option") {
            return self.located(service_at, &[paths::service::OPTIONS], |parser, at| {
                let options = &mut service.options.get_or_insert_default().uninterpreted_option;
                parser.option_statement(options, at)
            });
        }
        let path = [paths::service::METHOD, index(service.method.len())];
        let mut method = MethodDescriptorProto::default();
        let result = self.located(service_at, &path, |parser, at| parser.method(&mut method, at));
        service.method.push(method);
        result
    }

    fn method(&mut self, method: &mut MethodDescriptorProto, at: At) -> Parsing {
        self.consume("rpc")?;
        self.located(at, &[paths::method::NAME], |parser, name| {
            parser.note(at, Part::Name, name);
            method.name = Some(parser.identifier("Expected method name.")?);
            Ok(())
        })?;

        self.consume("(")?;
        method.client_streaming = self.stream(paths::method::CLIENT_STREAMING, at);
        self.located(at, &[paths::method::INPUT_TYPE], |parser, input| {
            parser.note(at, Part::InputType, input);
            method.input_type = Some(parser.named_type()?);
            Ok(())
        })?;
        self.consume(")")?;

        self.consume("returns")?;
        self.consume("(")?;
        method.server_streaming = self.stream(paths::method::SERVER_STREAMING, at);
        self.located(at, &[paths::method::OUTPUT_TYPE], |parser, output| {
            parser.note(at, Part::OutputType, output);
            method.output_type = Some(parser.named_type()?);
            Ok(())
        })?;
        self.consume(")")?;

        if self.looking_at("{") {
            self.method_options(method, at)
        } else {
            self.end_of_declaration(";", Some(at))
        }
    }

    /// The word `stream`, if it is there.
    fn stream(&mut self, path: i32, at: At) -> Option<bool> {
        self.looking_at("stream").then(|| {
            self.located(at, &[path], |parser, stream| {
                parser.note(at, Part::Other, stream);
                parser.next();
            });
            true
        })
    }

    fn method_options(&mut self, method: &mut MethodDescriptorProto, method_at: At) -> Parsing {
        self.end_of_declaration("{", Some(method_at))?;
        // The message is there even if the block is empty.
        let _ = method.options.get_or_insert_default();
        while !self.try_end_of_declaration("}", None) {
            if self.at_end() {
                return Err(self.error("Reached end of input in method options (missing '}')."));
            }
            if self.try_end_of_declaration(";", None) {
                continue;
            }
            self.located(method_at, &[paths::method::OPTIONS], |parser, at| {
                let options = &mut method.options.get_or_insert_default().uninterpreted_option;
                if parser.option_statement(options, at).is_err() {
                    parser.skip_statement();
                }
            });
        }
        Ok(())
    }
}
