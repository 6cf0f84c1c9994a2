//! Rules about services and their methods.

use std::collections::BTreeMap;

use super::context::Context;
use super::names::pascal_case;
use super::naming::{NAME, each};
use crate::descriptors::Named as _;
use crate::elements::Definition;
use crate::parse::paths;

pub(super) fn suffix(context: &mut Context<'_>) {
    each(context, |element| {
        let Definition::Service(service) = element.definition else { return None };
        let name = service.name();
        let message = || format!("Service name \"{name}\" should be suffixed with \"Service\".");
        (!name.ends_with("Service")).then(|| (message(), &[NAME][..]))
    });
}

pub(super) fn no_client_streaming(context: &mut Context<'_>) {
    each(context, |element| {
        let Definition::Method(method, _) = element.definition else { return None };
        let message = || format!("RPC \"{}\" is client streaming.", method.name());
        (method.client_streaming == Some(true)).then(|| (message(), &[][..]))
    });
}

pub(super) fn no_server_streaming(context: &mut Context<'_>) {
    each(context, |element| {
        let Definition::Method(method, _) = element.definition else { return None };
        let message = || format!("RPC \"{}\" is server streaming.", method.name());
        (method.server_streaming == Some(true)).then(|| (message(), &[][..]))
    });
}

pub(super) fn request_standard_name(context: &mut Context<'_>) {
    each(context, |element| {
        let Definition::Method(method, service) = element.definition else { return None };
        let kind = method.input_type.as_deref().unwrap_or_default();
        let message = misnamed(kind, service.name(), method.name(), "request", "Request");
        message.map(|message| (message, &[paths::method::INPUT_TYPE][..]))
    });
}

pub(super) fn response_standard_name(context: &mut Context<'_>) {
    each(context, |element| {
        let Definition::Method(method, service) = element.definition else { return None };
        let kind = method.output_type.as_deref().unwrap_or_default();
        let message = misnamed(kind, service.name(), method.name(), "response", "Response");
        message.map(|message| (message, &[paths::method::OUTPUT_TYPE][..]))
    });
}

/// What to say about a type that is not named after its method.
fn misnamed(kind: &str, service: &str, method: &str, what: &str, suffix: &str) -> Option<String> {
    let kind = kind.rsplit('.').next().unwrap_or(kind);
    let short = format!("{}{suffix}", pascal_case(method));
    let long = format!("{}{short}", pascal_case(service));
    (kind != short && kind != long)
        .then(|| format!("RPC {what} type \"{kind}\" should be named \"{short}\" or \"{long}\"."))
}

pub(super) fn request_response_unique(context: &mut Context<'_>) {
    let mut users: BTreeMap<&str, usize> = BTreeMap::new();
    for file in &context.files {
        for element in &file.elements {
            let Definition::Method(method, _) = element.definition else { continue };
            let [request, response] = types(method);
            *users.entry(request).or_default() += 1;
            if request != response {
                *users.entry(response).or_default() += 1;
            }
        }
    }
    each(context, |element| {
        let Definition::Method(method, _) = element.definition else { return None };
        let [request, response] = types(method);
        let name = method.name();
        let message = || {
            format!("RPC \"{name}\" has the same type \"{request}\" for the request and response.")
        };
        (request == response).then(|| (message(), &[][..]))
    });
    for place in 0..2 {
        each(context, |element| {
            let Definition::Method(method, _) = element.definition else { return None };
            let [request, response] = types(method);
            let name = [request, response][place];
            let is_told = place == 1 && request == response;
            let message =
                || format!("\"{name}\" is used as the request or response type for multiple RPCs.");
            (users[name] > 1 && !is_told).then(|| (message(), &[][..]))
        });
    }
}

/// The names of the request and the response.
fn types(method: &buffa_codegen::generated::descriptor::MethodDescriptorProto) -> [&str; 2] {
    [&method.input_type, &method.output_type]
        .map(|name| name.as_deref().unwrap_or_default().trim_start_matches('.'))
}
