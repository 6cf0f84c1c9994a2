//! The Rust code of a service: a trait with the methods, an adapter that
//! serves it, and a client.
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

/// Adds the code of all services of `file` to `items`. A name that is in
/// `taken` is not used again. What cannot be generated is told in `warnings`.
pub(crate) fn generate(
    file: &FileDescriptorProto,
    context: &CodeGenContext<'_>,
    taken: &mut BTreeSet<String>,
    items: &mut TokenStream,
    warnings: &mut Vec<String>,
) {
    let comments = Comments::of(file);
    let package = file.package.as_deref().unwrap_or_default();
    let names: Vec<ServiceNames> = file
        .service
        .iter()
        .map(|service| ServiceNames::claim(service.name.as_deref().unwrap_or_default(), taken))
        .collect();
    for (index, (descriptor, names)) in file.service.iter().zip(&names).enumerate() {
        let service = Service::new(package, descriptor, names, context, warnings)
            .documented(&comments, index);
        let handler = names::fresh("T", taken);
        items.extend(service.the_trait(&handler));
        items.extend(service.the_server(&handler));
        items.extend(service.the_client());
    }
}

/// A service on its way to Rust.
struct Service<'a> {
    names: &'a ServiceNames,
    /// The name on the wire, `hello.HelloService`.
    full_name: String,
    doc: TokenStream,
    methods: Vec<Method>,
}

/// A unary method on its way to Rust.
struct Method {
    /// Its position among all methods of the service.
    index: usize,
    name: Ident,
    /// The path on the wire, `/hello.HelloService/SayHello`.
    path: String,
    request: TokenStream,
    response: TokenStream,
    doc: TokenStream,
}

impl<'a> Service<'a> {
    fn new(
        package: &str,
        descriptor: &ServiceDescriptorProto,
        names: &'a ServiceNames,
        context: &CodeGenContext<'_>,
        warnings: &mut Vec<String>,
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
            if method.client_streaming == Some(true) || method.server_streaming == Some(true) {
                warnings.push(format!(
                    "{full_name}.{proto_name} is a streaming method; streaming is not supported yet, so no code is generated for it"
                ));
                continue;
            }
            let message = |name: &Option<String>| message_path(name, package, context);
            methods.push(Method {
                index,
                name: rust_name,
                path: format!("/{full_name}/{proto_name}"),
                request: message(&method.input_type),
                response: message(&method.output_type),
                doc: TokenStream::new(),
            });
        }
        Self { names, full_name, doc: TokenStream::new(), methods }
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
            let Method { name, path, request, response, .. } = method;
            quote! {
                let service = ::core::clone::Clone::clone(&self.inner);
                methods.unary::<::yamabiko::codegen::Buffa, #request, #response, _, _>(
                    #path,
                    move |request, context| {
                        let service = ::core::clone::Clone::clone(&service);
                        async move {
                            <#handler as #service>::#name(&service, request, &context).await
                        }
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
        let Self { names: ServiceNames { service, client, .. }, full_name, .. } = self;
        let doc = comments::doc(None, &format!("Calls `{full_name}` over a channel."));
        let functions = self.methods.iter().map(|method| {
            let Method { name, path, request, response, doc, .. } = method;
            quote! {
                #doc
                pub fn #name(&self, request: #request) -> ::yamabiko::Call<#response> {
                    ::yamabiko::codegen::unary::<::yamabiko::codegen::Buffa, _, _>(
                        &self.channel,
                        #path,
                        request,
                    )
                }
            }
        });
        let implementations = self.methods.iter().map(|method| {
            let (name, signature) = (&method.name, method.signature());
            quote! {
                #signature {
                    ::core::future::IntoFuture::into_future(
                        Self::#name(self, request).within(context),
                    )
                }
            }
        });
        quote! {
            #doc
            #[derive(::core::clone::Clone, ::core::fmt::Debug)]
            pub struct #client {
                channel: ::yamabiko::Channel,
            }

            impl #client {
                /// Calls over `channel`.
                pub fn new(channel: ::yamabiko::Channel) -> Self {
                    Self { channel }
                }

                /// Calls the server at `address`, such as `http://localhost:50051`.
                pub async fn connect(
                    address: impl ::core::convert::AsRef<::core::primitive::str>,
                ) -> ::core::result::Result<Self, ::yamabiko::Error> {
                    ::core::result::Result::Ok(Self::new(
                        ::yamabiko::Channel::connect(address).await?,
                    ))
                }

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
        let Self { name, request, response, .. } = self;
        quote! {
            fn #name(
                &self,
                request: #request,
                context: &::yamabiko::Context,
            ) -> impl ::core::future::Future<
                Output = ::core::result::Result<#response, ::yamabiko::Status>,
            > + ::core::marker::Send
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

fn method_name(method: &MethodDescriptorProto) -> &str {
    method.name.as_deref().unwrap_or_default()
}

/// The Rust path of the message with the full name `.package.Message`.
fn message_path(name: &Option<String>, package: &str, context: &CodeGenContext<'_>) -> TokenStream {
    let name = name.as_deref().unwrap_or_default();
    let path = context
        .rust_type_relative(name, package, 0)
        .expect("the front end resolved the name, and the context knows all files");
    messages::message_path(&path)
}
