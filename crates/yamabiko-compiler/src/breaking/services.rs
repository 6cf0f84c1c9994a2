//! Rules about a service that was there before and still is, and its methods.

use buffa::Enumeration as _;
use buffa_codegen::generated::descriptor::MethodDescriptorProto;
use buffa_codegen::generated::descriptor::method_options::IdempotencyLevel;

use super::api::{Home, Service};
use super::change::{Advice, Found};
use super::compare::Comparison;
use crate::elements::joined;
use crate::parse::paths;

/// The number of `idempotency_level` in `MethodOptions`.
const IDEMPOTENCY_LEVEL: i32 = 34;

impl Comparison<'_> {
    pub(super) fn service(&mut self, before: &Service<'_>, after: &Service<'_>) {
        let service = &after.home.nested_name;
        for (name, (_, old)) in &before.methods {
            let Some((path, new)) = after.methods.get(name) else {
                let text = format!(
                    "Previously present RPC \"{name}\" on service \"{service}\" was deleted."
                );
                let advice = Advice::default()
                    .wire("who calls it is answered UNIMPLEMENTED")
                    .source(format!("whatever calls or implements `{name}` does not compile"))
                    .instead("keep it until nobody calls it, with `option deprecated = true;`");
                self.report_at("RPC_NO_DELETE", &after.home, &[], text, advice);
                continue;
            };
            let home = Home { path: path.clone(), ..after.home.clone() };
            self.method(&format!("RPC \"{name}\" on service \"{service}\""), &home, old, new);
        }
    }

    fn method(
        &mut self,
        subject: &str,
        home: &Home,
        before: &MethodDescriptorProto,
        after: &MethodDescriptorProto,
    ) {
        for (rule, what, old, new, part) in [
            (
                "RPC_SAME_REQUEST_TYPE",
                "request",
                &before.input_type,
                &after.input_type,
                paths::method::INPUT_TYPE,
            ),
            (
                "RPC_SAME_RESPONSE_TYPE",
                "response",
                &before.output_type,
                &after.output_type,
                paths::method::OUTPUT_TYPE,
            ),
        ] {
            if old == new {
                continue;
            }
            let name = |name: &Option<String>| {
                name.clone().unwrap_or_default().trim_start_matches('.').to_owned()
            };
            let (old, new) = (name(old), name(new));
            let text = format!("{subject} changed {what} type from \"{old}\" to \"{new}\".");
            let advice = Advice::default()
                .wire(format!("one side reads a `{old}` as a `{new}`"))
                .source("callers and handlers do not compile")
                .instead("add a method with the new type");
            self.report_at(rule, home, &[part], text, advice);
        }
        for (rule, who, old, new) in [
            (
                "RPC_SAME_CLIENT_STREAMING",
                "client",
                before.client_streaming,
                after.client_streaming,
            ),
            (
                "RPC_SAME_SERVER_STREAMING",
                "server",
                before.server_streaming,
                after.server_streaming,
            ),
        ] {
            let (old, new) = (old.unwrap_or(false), new.unwrap_or(false));
            if old == new {
                continue;
            }
            let kind = |streams| if streams { "streaming" } else { "unary" };
            let text =
                format!("{subject} changed from {who} {} to {who} {}.", kind(old), kind(new));
            let advice = Advice::default()
                .wire("one side sends a stream where the other one waits for a message")
                .source("callers and handlers do not compile")
                .instead("add a method that does it the other way");
            self.report_at(rule, home, &[], text, advice);
        }
        let level = |method: &MethodDescriptorProto| {
            let level = method.options.idempotency_level;
            level.unwrap_or(IdempotencyLevel::IDEMPOTENCY_UNKNOWN).proto_name()
        };
        let (old, new) = (level(before), level(after));
        if old != new {
            let message = format!(
                "{subject} changed option \"idempotency_level\" from \"{old}\" to \"{new}\"."
            );
            let advice = Advice::default()
                .wire("clients that call with GET, or try again, are refused or do it twice")
                .instead(format!("keep `option idempotency_level = {old};`"));
            // If the option is gone, buf has no place for it but the file.
            let part = joined(&home.path, &[paths::method::OPTIONS, IDEMPOTENCY_LEVEL]);
            let (rule, file) = ("RPC_SAME_IDEMPOTENCY_LEVEL", home.file.clone());
            self.found.push(Found { rule, file, path: Vec::new(), part, message, advice });
        }
    }
}
