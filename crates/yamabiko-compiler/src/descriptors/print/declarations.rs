//! Messages, enums and services.

use buffa::Message as _;
use buffa_codegen::generated::descriptor::descriptor_proto::ExtensionRange;
use buffa_codegen::generated::descriptor::{
    DescriptorProto, EnumDescriptorProto, MethodDescriptorProto, ServiceDescriptorProto,
    SymbolVisibility,
};

use super::members::Members;
use super::text::quoted;
use super::{FilePrinter, Language, joined};
use crate::descriptors::Named as _;

/// The number after the last one that a field can have.
const END_OF_NUMBERS: i32 = 1 << 29;

impl FilePrinter<'_> {
    pub(super) fn message(&mut self, message: &DescriptorProto, scope: &str) {
        let name = message.name();
        self.text.open(format!("{}message {name}", visibility(message.visibility)));
        self.message_body(message, &joined(scope, name));
        self.text.close();
    }

    /// What is between the braces of a message or a group.
    pub(super) fn message_body(&mut self, message: &DescriptorProto, full: &str) {
        self.option_statements("MessageOptions", &message.options.encode_to_vec(), full);
        for declared in &message.enum_type {
            self.text.section();
            self.enumeration(declared, full);
        }
        self.text.section();
        self.members(&Members::of_message(message), full);
        self.text.section();
        for range in &message.extension_range {
            self.extension_range(range, full);
        }
        let ranges = message.reserved_range.iter().map(|range| {
            let end = range.end.unwrap_or_default();
            let last = if end >= END_OF_NUMBERS { None } else { Some(end.saturating_sub(1)) };
            numbers(range.start.unwrap_or_default(), last)
        });
        self.reserved(ranges.collect(), &message.reserved_name);
    }

    fn extension_range(&mut self, range: &ExtensionRange, scope: &str) {
        let end = range.end.unwrap_or_default();
        let last = if end >= END_OF_NUMBERS { None } else { Some(end.saturating_sub(1)) };
        let head = format!("extensions {}", numbers(range.start.unwrap_or_default(), last));
        let options = range.options.encode_to_vec();
        let options = self.bracketed(&head, Vec::new(), "ExtensionRangeOptions", &options, scope);
        self.text.line(head + &options + ";");
    }

    fn reserved(&mut self, ranges: Vec<String>, names: &[String]) {
        if !ranges.is_empty() {
            self.text.line(format!("reserved {};", ranges.join(", ")));
        }
        if !names.is_empty() {
            let names = names.iter().map(|name| match self.language {
                Language::Edition => name.clone(),
                Language::Proto2 | Language::Proto3 => quoted(name.as_bytes()),
            });
            let names: Vec<String> = names.collect();
            self.text.line(format!("reserved {};", names.join(", ")));
        }
    }

    pub(super) fn enumeration(&mut self, declared: &EnumDescriptorProto, scope: &str) {
        let name = declared.name();
        let full = joined(scope, name);
        self.text.open(format!("{}enum {name}", visibility(declared.visibility)));
        self.option_statements("EnumOptions", &declared.options.encode_to_vec(), &full);
        self.text.section();
        for value in &declared.value {
            let head = format!("{} = {}", value.name(), value.number.unwrap_or_default());
            let options = value.options.encode_to_vec();
            let options = self.bracketed(&head, Vec::new(), "EnumValueOptions", &options, scope);
            self.text.line(head + &options + ";");
        }
        self.text.section();
        let ranges = declared.reserved_range.iter().map(|range| {
            // Unlike those of messages, these include their ends.
            let end = range.end.unwrap_or_default();
            numbers(range.start.unwrap_or_default(), Some(end).filter(|end| *end != i32::MAX))
        });
        self.reserved(ranges.collect(), &declared.reserved_name);
        self.text.close();
    }

    pub(super) fn service(&mut self, service: &ServiceDescriptorProto, package: &str) {
        let full = joined(package, service.name());
        self.text.open(format!("service {}", service.name()));
        self.option_statements("ServiceOptions", &service.options.encode_to_vec(), &full);
        self.text.section();
        for method in &service.method {
            self.method(method, &full);
        }
        self.text.close();
    }

    fn method(&mut self, method: &MethodDescriptorProto, service: &str) {
        let side = |streaming: Option<bool>, name: &Option<String>| {
            let stream = if streaming == Some(true) { "stream " } else { "" };
            let name = name.as_deref().unwrap_or_default();
            format!("({stream}{})", self.symbols.shortest(name, service))
        };
        let head = format!(
            "rpc {}{} returns {}",
            method.name(),
            side(method.client_streaming, &method.input_type),
            side(method.server_streaming, &method.output_type),
        );
        let Some(options) = method.options.as_option() else {
            self.text.line(head + ";");
            return;
        };
        self.text.open(head);
        self.option_statements("MethodOptions", &options.encode_to_vec(), service);
        self.text.close();
    }
}

/// `5`, `5 to 9` or `5 to max`.
fn numbers(first: i32, last: Option<i32>) -> String {
    match last {
        Some(last) if last == first => first.to_string(),
        Some(last) => format!("{first} to {last}"),
        None => format!("{first} to max"),
    }
}

fn visibility(visibility: Option<SymbolVisibility>) -> &'static str {
    match visibility {
        Some(SymbolVisibility::VISIBILITY_LOCAL) => "local ",
        Some(SymbolVisibility::VISIBILITY_EXPORT) => "export ",
        _ => "",
    }
}
