//! `extend` blocks: fields that are declared outside of their message.

use buffa_codegen::generated::descriptor::FieldDescriptorProto;

use super::field::Scope;
use super::hints::Context;
use super::{At, Parser, Parsing, Part, index, paths};

impl Parser<'_> {
    /// An `extend` block, whose fields go to `extensions`.
    pub(super) fn extend(
        &mut self,
        extensions: &mut Vec<FieldDescriptorProto>,
        scope: Scope<'_>,
        extend_at: At,
    ) -> Parsing {
        self.consume("extend")?;
        let first = self.current();
        let extendee = self.named_type()?;
        let last = self.lexer.previous();
        self.end_of_declaration("{", Some(extend_at))?;
        let mut is_first = true;
        loop {
            if self.at_end() {
                return Err(self.error("Reached end of input in extend definition (missing '}')."));
            }
            self.begin_statement(Context::Extend);
            let mut field = FieldDescriptorProto {
                extendee: Some(extendee.clone()),
                ..FieldDescriptorProto::default()
            };
            self.located(extend_at, &[index(extensions.len())], |parser, at| {
                let extendee_at =
                    parser.locations.open(Some(at), &[paths::field::EXTENDEE], &first);
                parser.locations.close(extendee_at, &last);
                if is_first {
                    parser.note(at, Part::Extendee, extendee_at);
                }
                let scope = Scope { messages: &mut *scope.messages, ..scope };
                if parser.field(&mut field, scope, at).is_err() {
                    parser.skip_statement();
                }
            });
            extensions.push(field);
            is_first = false;
            if self.try_end_of_declaration("}", None) {
                return Ok(());
            }
        }
    }
}
