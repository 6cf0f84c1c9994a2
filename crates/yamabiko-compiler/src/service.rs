//! The Rust code of a service: a trait with the methods, an adapter that
//! serves it, and a client; and all of that again for threads, in a module.
//!
//! Every path is written in full (`::core::…`, `::yamabiko::…`), so that a
//! message may be called `Result`, `Status` or `Arc`.

use std::collections::BTreeSet;

use buffa_codegen::context::CodeGenContext;
use buffa_codegen::generated::descriptor::{
    FileDescriptorProto, MethodDescriptorProto, ServiceDescriptorProto,
};
use proc_macro2::{Ident, TokenStream};
use quote::quote;

use crate::comments::{self, Comments};
use crate::messages;
use crate::names::{self, ServiceNames};
use crate::renames::Renames;
use crate::twin::Twin;

/// The code of the services of a package. What needs a driver is apart: generated code cannot see
/// which features the runtime is built with.
#[derive(Default)]
pub(crate) struct Services {
    /// What every build has.
    pub(crate) always: TokenStream,
    /// For builds with tokio.
    pub(crate) tokio: TokenStream,
    /// The items of the module for threads.
    blocking: TokenStream,
}

impl Services {
    /// Adds all services of `file`. A name that is in `taken` is not used again.
    pub(crate) fn add(
        &mut self,
        file: &FileDescriptorProto,
        context: &CodeGenContext<'_>,
        renames: &Renames,
        taken: &mut BTreeSet<String>,
    ) {
        let comments = Comments::of(file);
        let package = file.package.as_deref().unwrap_or_default();
        let names: Vec<ServiceNames> = file
            .service
            .iter()
            .map(|service| ServiceNames::claim(service.name.as_deref().unwrap_or_default(), taken))
            .collect();
        for (index, (descriptor, names)) in file.service.iter().zip(&names).enumerate() {
            let handler = names::fresh("T", taken);
            let of = |twin| {
                Service::new(package, descriptor, names, context, twin)
                    .named(renames)
                    .documented(&comments, index)
            };
            let service = of(Twin::Async);
            self.always.extend(service.the_trait(&handler));
            self.always.extend(service.the_server(&handler));
            self.tokio.extend(service.the_client());
            let service = of(Twin::Blocking);
            self.blocking.extend(service.the_trait(&handler));
            self.blocking.extend(service.the_server(&handler));
            self.blocking.extend(service.the_client());
        }
    }

    /// The module for builds with the driver for threads.
    pub(crate) fn blocking(self, taken: &BTreeSet<String>) -> TokenStream {
        let Self { blocking, .. } = self;
        if blocking.is_empty() {
            return blocking;
        }
        let module = names::fresh(names::BLOCKING, taken);
        quote! {
            /// The same services for threads, without `await`.
            pub mod #module {
                #blocking
            }
        }
    }
}

/// Which sides of a method are streams.
#[derive(Clone, Copy)]
struct Streams {
    requests: bool,
    responses: bool,
}

/// A service on its way to Rust.
struct Service<'a> {
    twin: Twin,
    names: &'a ServiceNames,
    /// The name on the wire, `hello.HelloService`.
    full_name: String,
    doc: TokenStream,
    methods: Vec<Method>,
}

/// A method on its way to Rust.
struct Method {
    twin: Twin,
    /// Its position among all methods of the service.
    index: usize,
    name: Ident,
    /// The path on the wire, `/hello.HelloService/SayHello`.
    path: String,
    request: TokenStream,
    response: TokenStream,
    streams: Streams,
    doc: TokenStream,
}

impl<'a> Service<'a> {
    fn new(
        package: &str,
        descriptor: &ServiceDescriptorProto,
        names: &'a ServiceNames,
        context: &CodeGenContext<'_>,
        twin: Twin,
    ) -> Self {
        let name = descriptor.name.as_deref().unwrap_or_default();
        let full_name =
            if package.is_empty() { name.to_owned() } else { format!("{package}.{name}") };
        let proto_names = descriptor.method.iter().map(method_name);
        let mut methods = Vec::new();
        for (index, (method, rust_name)) in
            descriptor.method.iter().zip(names::methods(proto_names)).enumerate()
        {
            let proto_name = method_name(method);
            let nesting = usize::from(twin == Twin::Blocking);
            let message = |name: &Option<String>| message_path(name, package, context, nesting);
            methods.push(Method {
                twin,
                index,
                name: rust_name,
                path: format!("/{full_name}/{proto_name}"),
                request: message(&method.input_type),
                response: message(&method.output_type),
                streams: Streams {
                    requests: method.client_streaming == Some(true),
                    responses: method.server_streaming == Some(true),
                },
                doc: TokenStream::new(),
            });
        }
        Self { twin, names, full_name, doc: TokenStream::new(), methods }
    }

    /// With the names that the files have on the wire.
    fn named(mut self, renames: &Renames) -> Self {
        self.full_name = renames.original(&self.full_name).into_owned();
        for method in &mut self.methods {
            method.path = renames.original(&method.path).into_owned();
        }
        self
    }

    fn documented(mut self, comments: &Comments, service: usize) -> Self {
        let otherwise = format!("The service `{}`.", self.full_name);
        self.doc = comments::doc(comments.service(service), &otherwise);
        for method in &mut self.methods {
            let otherwise = format!("`{}`", method.path);
            method.doc = comments::doc(comments.method(service, method.index), &otherwise);
        }
        self
    }

    /// The methods, each as a function that answers; for servers, clients and mocks.
    fn the_trait(&self, handler: &Ident) -> TokenStream {
        let Self { doc, names: ServiceNames { service, .. }, .. } = self;
        let functions = self.methods.iter().map(|method| {
            let (doc, signature) = (&method.doc, method.signature());
            quote! { #doc #signature; }
        });
        let delegations =
            self.methods.iter().map(|method| method.delegation(service, &quote!(&**self)));
        quote! {
            #doc
            pub trait #service: ::core::marker::Send + ::core::marker::Sync + 'static {
                #(#functions)*
            }

            impl<#handler: #service> #service for ::std::sync::Arc<#handler> {
                #(#delegations)*
            }
        }
    }

    /// The adapter that registers a handler's methods with a server.
    fn the_server(&self, handler: &Ident) -> TokenStream {
        let Self { names: ServiceNames { service, server, .. }, full_name, .. } = self;
        let doc = comments::doc(None, &format!("Serves `{full_name}` by calling a [`{service}`]."));
        let registrations = self.methods.iter().map(|method| {
            let Method { name, path, request, response, streams, .. } = method;
            let kind = streams.kind();
            let sides = (streams.requests, streams.responses);
            let call = self.twin.handling(handler, service, name, sides);
            let replies = streams.responses.then(|| quote!(, replies));
            quote! {
                let service = ::core::clone::Clone::clone(&self.inner);
                methods.#kind::<::yamabiko::codegen::Buffa, #request, #response, _, _>(
                    #path,
                    move |request, context #replies| {
                        let service = ::core::clone::Clone::clone(&service);
                        async move { #call }
                    },
                );
            }
        });
        let delegations =
            self.methods.iter().map(|method| method.delegation(service, &quote!(&*self.inner)));
        let methods = if self.methods.is_empty() { quote!(_) } else { quote!(methods) };
        let debug_name = server.to_string();
        quote! {
            #doc
            pub struct #server<#handler> {
                inner: ::std::sync::Arc<#handler>,
            }

            impl<#handler: #service> #server<#handler> {
                /// Serves by calling `service`.
                pub fn new(service: #handler) -> Self {
                    Self::from_arc(::std::sync::Arc::new(service))
                }

                /// Serves by calling `service`, which others may call too.
                pub fn from_arc(service: ::std::sync::Arc<#handler>) -> Self {
                    Self { inner: service }
                }
            }

            impl<#handler> ::core::clone::Clone for #server<#handler> {
                fn clone(&self) -> Self {
                    Self { inner: ::core::clone::Clone::clone(&self.inner) }
                }
            }

            impl<#handler> ::core::fmt::Debug for #server<#handler> {
                fn fmt(&self, out: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
                    out.debug_struct(#debug_name).finish_non_exhaustive()
                }
            }

            impl<#handler: #service> #service for #server<#handler> {
                #(#delegations)*
            }

            impl<#handler: #service> ::yamabiko::Service for #server<#handler> {
                fn name(&self) -> &'static ::core::primitive::str {
                    #full_name
                }

                fn register(&self, #methods: &mut ::yamabiko::codegen::Methods) {
                    #(#registrations)*
                }
            }
        }
    }

    /// The client: a function for each method, and the trait.
    fn the_client(&self) -> TokenStream {
        let Self { twin, names: ServiceNames { service, client, .. }, full_name, .. } = self;
        let (runtime, codegen, connect) = (twin.runtime(), twin.codegen(), twin.connect());
        let doc = comments::doc(None, &format!("Calls `{full_name}` over a channel."));
        let functions = self.methods.iter().map(|method| {
            let Method { name, path, request, response, streams, doc, .. } = method;
            let kind = streams.kind();
            let (argument, request_type) = if streams.requests {
                (quote!(requests), quote!(impl #runtime::IntoRequests<#request>))
            } else {
                (quote!(request), request.clone())
            };
            let answer = if streams.responses {
                quote!(#runtime::Streaming<#response>)
            } else {
                response.clone()
            };
            quote! {
                #doc
                pub fn #name(&self, #argument: #request_type) -> #runtime::Call<#answer> {
                    #codegen::#kind::<
                        ::yamabiko::codegen::Buffa,
                        #request,
                        #response,
                    >(&self.channel, #path, #argument)
                }
            }
        });
        let implementations = self.methods.iter().map(|method| {
            let (name, signature) = (&method.name, method.signature());
            let request = if method.streams.requests {
                quote!(#codegen::relay(request))
            } else {
                quote!(request)
            };
            let call = twin.within(&quote!(Self::#name(self, #request)));
            quote! {
                #signature {
                    #call
                }
            }
        });
        quote! {
            #doc
            #[derive(::core::clone::Clone, ::core::fmt::Debug)]
            pub struct #client {
                channel: #runtime::Channel,
            }

            impl #client {
                /// Calls over `channel`.
                pub fn new(channel: #runtime::Channel) -> Self {
                    Self { channel }
                }

                #connect

                #(#functions)*
            }

            impl #service for #client {
                #(#implementations)*
            }
        }
    }
}

impl Method {
    fn signature(&self) -> TokenStream {
        let Self { twin, name, request, response, streams, .. } = self;
        let runtime = twin.runtime();
        let request =
            if streams.requests { quote!(#runtime::Streaming<#request>) } else { request.clone() };
        let answer = twin.answer(response, streams.responses);
        quote! {
            fn #name(
                &self,
                request: #request,
                context: &::yamabiko::Context,
            ) -> #answer
        }
    }

    /// The method of a type that wraps the service: the same of `inner`.
    fn delegation(&self, service: &Ident, inner: &TokenStream) -> TokenStream {
        let (name, signature) = (&self.name, self.signature());
        quote! {
            #signature {
                #service::#name(#inner, request, context)
            }
        }
    }
}

impl Streams {
    /// The name of such methods in `yamabiko::codegen`.
    fn kind(self) -> Ident {
        let name = match (self.requests, self.responses) {
            (false, false) => "unary",
            (false, true) => "server_streaming",
            (true, false) => "client_streaming",
            (true, true) => "bidi_streaming",
        };
        Ident::new(name, proc_macro2::Span::call_site())
    }
}

fn method_name(method: &MethodDescriptorProto) -> &str {
    method.name.as_deref().unwrap_or_default()
}

/// The Rust path of the message with the full name `.package.Message`.
fn message_path(
    name: &Option<String>,
    package: &str,
    context: &CodeGenContext<'_>,
    nesting: usize,
) -> TokenStream {
    let name = name.as_deref().unwrap_or_default();
    let path = context
        .rust_type_relative(name, package, nesting)
        .expect("the front end resolved the name, and the context knows all files");
    messages::message_path(&path)
}
