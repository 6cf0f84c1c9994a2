//! What `--grpc_python_out=grpc_1_0:` adds to a module of messages: the API that
//! grpcio had before 0.15, which some code still uses.

use buffa_codegen::generated::descriptor::ServiceDescriptorProto;

use super::comments;
use super::services::{Method, Services};
use super::text::Text;
use crate::descriptors::Named as _;

/// Writes the imports.
pub(super) fn preamble(text: &mut Text) {
    text.line("from grpc.beta import implementations as beta_implementations");
    text.line("from grpc.beta import interfaces as beta_interfaces");
    text.line("from grpc.framework.common import cardinality");
    text.line("from grpc.framework.interfaces.face import utilities as face_utilities");
}

/// Writes the classes and functions of all services.
pub(super) fn services(services: &Services<'_, '_>, text: &mut Text) -> Result<(), String> {
    for (index, service) in services.file.service.iter().enumerate() {
        let path = [6, i32::try_from(index).expect("a file of 2 GiB has fewer services")];
        let comments = services.comments(&path);
        let methods = services.methods(index, service)?;
        servicer(text, service, &comments, &methods);
        stub(text, service, &comments, &methods);
        // What follows is sorted by name.
        let mut sorted: Vec<&Method<'_>> = methods.iter().collect();
        sorted.sort_by_key(|method| method.name);
        let full_name = services.full_name(service);
        server_factory(text, service, &full_name, &sorted);
        stub_factory(text, service, &full_name, &sorted);
    }
    Ok(())
}

const DEPRECATED_CLASS: &str = "\
\"\"\"The Beta API is deprecated for 0.15.0 and later.

It is recommended to use the GA API (classes and functions in this
file not marked beta) for all further purposes. This class was generated
only to ease transition from grpcio<0.15.0 to grpcio>=0.15.0.\"\"\"";

const DEPRECATED_FUNCTION: &str = "\
\"\"\"The Beta API is deprecated for 0.15.0 and later.

It is recommended to use the GA API (classes and functions in this
file not marked beta) for all further purposes. This function was
generated only to ease transition from grpcio<0.15.0 to grpcio>=0.15.0\"\"\"";

fn servicer(
    text: &mut Text,
    service: &ServiceDescriptorProto,
    comments: &[&str],
    methods: &[Method<'_>],
) {
    text.line(format!("\n\nclass Beta{}Servicer:", service.name()));
    text.indented(|text| {
        text.line(DEPRECATED_CLASS);
        comments::docstring(text, comments);
        for method in methods {
            text.line(format!("def {}(self, {}, context):", method.name, method.argument));
            text.indented(|text| {
                comments::docstring(text, &method.comments);
                text.line("context.code(beta_interfaces.StatusCode.UNIMPLEMENTED)");
            });
        }
    });
}

fn stub(
    text: &mut Text,
    service: &ServiceDescriptorProto,
    comments: &[&str],
    methods: &[Method<'_>],
) {
    text.line(format!("\n\nclass Beta{}Stub:", service.name()));
    text.indented(|text| {
        text.line(DEPRECATED_CLASS);
        comments::docstring(text, comments);
        for method in methods {
            text.line(format!(
                "def {}(self, {}, timeout, metadata=None, with_call=False, \
                 protocol_options=None):",
                method.name, method.argument
            ));
            text.indented(|text| {
                comments::docstring(text, &method.comments);
                text.line("raise NotImplementedError()");
            });
            if method.proto.server_streaming != Some(true) {
                text.line(format!("{}.future = None", method.name));
            }
        }
    });
}

fn server_factory(
    text: &mut Text,
    service: &ServiceDescriptorProto,
    full_name: &str,
    methods: &[&Method<'_>],
) {
    text.line(format!(
        "\n\ndef beta_create_{}_server(servicer, pool=None, pool_size=None, \
         default_timeout=None, maximum_timeout=None):",
        service.name()
    ));
    text.indented(|text| {
        text.line(DEPRECATED_FUNCTION);
        table(text, "request_deserializers", full_name, methods, |method| {
            format!("{}.FromString", method.input)
        });
        table(text, "response_serializers", full_name, methods, |method| {
            format!("{}.SerializeToString", method.output)
        });
        table(text, "method_implementations", full_name, methods, |method| {
            format!("face_utilities.{}_inline(servicer.{})", method.arity, method.name)
        });
        text.line(
            "server_options = beta_implementations.server_options(\
             request_deserializers=request_deserializers, \
             response_serializers=response_serializers, thread_pool=pool, \
             thread_pool_size=pool_size, default_timeout=default_timeout, \
             maximum_timeout=maximum_timeout)",
        );
        text.line(
            "return beta_implementations.server(method_implementations, options=server_options)",
        );
    });
}

fn stub_factory(
    text: &mut Text,
    service: &ServiceDescriptorProto,
    full_name: &str,
    methods: &[&Method<'_>],
) {
    text.line(format!(
        "\n\ndef beta_create_{}_stub(channel, host=None, metadata_transformer=None, \
         pool=None, pool_size=None):",
        service.name()
    ));
    text.indented(|text| {
        text.line(DEPRECATED_FUNCTION);
        table(text, "request_serializers", full_name, methods, |method| {
            format!("{}.SerializeToString", method.input)
        });
        table(text, "response_deserializers", full_name, methods, |method| {
            format!("{}.FromString", method.output)
        });
        text.line("cardinalities = {");
        for method in methods {
            let arity = method.arity.to_ascii_uppercase();
            text.line(format!("    '{}': cardinality.Cardinality.{arity},", method.name));
        }
        text.line("}");
        text.line(
            "stub_options = beta_implementations.stub_options(host=host, \
             metadata_transformer=metadata_transformer, \
             request_serializers=request_serializers, \
             response_deserializers=response_deserializers, thread_pool=pool, \
             thread_pool_size=pool_size)",
        );
        text.line(format!(
            "return beta_implementations.dynamic_stub(channel, '{full_name}', cardinalities, \
             options=stub_options)"
        ));
    });
}

fn table(
    text: &mut Text,
    name: &str,
    full_name: &str,
    methods: &[&Method<'_>],
    value: impl Fn(&Method<'_>) -> String,
) {
    text.line(format!("{name} = {{"));
    for method in methods {
        text.line(format!("    ('{full_name}', '{}'): {},", method.name, value(method)));
    }
    text.line("}");
}
