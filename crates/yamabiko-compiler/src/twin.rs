//! What differs between the code for async callers and handlers and its twin
//! for threads, which is the same without `await`.

use proc_macro2::{Ident, TokenStream};
use quote::quote;

/// Which of the two is generated.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Twin {
    Async,
    Blocking,
}

impl Twin {
    /// Where the runtime has the types of this twin.
    pub(crate) fn runtime(self) -> TokenStream {
        match self {
            Twin::Async => quote!(::yamabiko),
            Twin::Blocking => quote!(::yamabiko::blocking),
        }
    }

    /// Where it has what only generated code needs.
    pub(crate) fn codegen(self) -> TokenStream {
        match self {
            Twin::Async => quote!(::yamabiko::codegen),
            Twin::Blocking => quote!(::yamabiko::codegen::blocking),
        }
    }

    /// What a handler returns that answers with `response`, or with a stream of it.
    pub(crate) fn answer(self, response: &TokenStream, is_stream: bool) -> TokenStream {
        let answer = if is_stream {
            let stream = match self {
                Twin::Async => quote!(::yamabiko::Stream),
                Twin::Blocking => quote!(::core::iter::Iterator),
            };
            quote! {
                impl #stream<
                    Item = ::core::result::Result<#response, ::yamabiko::Status>,
                > + ::core::marker::Send
            }
        } else {
            response.clone()
        };
        let result = quote!(::core::result::Result<#answer, ::yamabiko::Status>);
        match self {
            Twin::Async => quote! {
                impl ::core::future::Future<Output = #result> + ::core::marker::Send
            },
            Twin::Blocking => result,
        }
    }

    /// Calls the handler `name` of `#handler` and answers with what comes, in an async block.
    pub(crate) fn handling(
        self,
        handler: &Ident,
        service: &Ident,
        name: &Ident,
        (takes_stream, gives_stream): (bool, bool),
    ) -> TokenStream {
        let request = if takes_stream && self == Twin::Blocking {
            quote!(::core::convert::From::from(request))
        } else {
            quote!(request)
        };
        let call = quote!(<#handler as #service>::#name(&service, #request, &context));
        match (self, gives_stream) {
            (Twin::Async, false) => quote!(#call.await),
            (Twin::Async, true) => quote!(replies.send_all(#call.await?).await),
            (Twin::Blocking, false) => call,
            // A handler that reads requests may answer one before it has the next.
            (Twin::Blocking, true) if takes_stream => quote!(replies.send_each(#call?)),
            (Twin::Blocking, true) => quote!(replies.send_together(#call?)),
        }
    }

    /// Makes a call within that of `context`, for the trait.
    pub(crate) fn within(self, call: &TokenStream) -> TokenStream {
        match self {
            Twin::Async => {
                quote!(::core::future::IntoFuture::into_future(#call.within(context)))
            }
            Twin::Blocking => quote!(#call.within(context).send()),
        }
    }

    /// The client's function `connect`.
    pub(crate) fn connect(self) -> TokenStream {
        let (runtime, doc) =
            (self.runtime(), " Calls the server at `address`, such as `http://localhost:50051`.");
        let (asyncness, waits) = match self {
            Twin::Async => (quote!(async), quote!(.await)),
            Twin::Blocking => (TokenStream::new(), TokenStream::new()),
        };
        quote! {
            #[doc = #doc]
            pub #asyncness fn connect(
                address: impl ::core::convert::AsRef<::core::primitive::str>,
            ) -> ::core::result::Result<Self, ::yamabiko::Error> {
                ::core::result::Result::Ok(Self::new(
                    #runtime::Channel::connect(address)#waits?,
                ))
            }
        }
    }
}
