//! A service for the tests, written by hand as generated code would be, and a
//! server that serves it.

use std::future::Future;
use std::sync::Arc;

use yamabiko::buffa_types::google::protobuf::StringValue;
use yamabiko::codegen::{Buffa, Methods, unary};
use yamabiko::{Call, Channel, Context, Running, Server, Service, Status};

pub const SAY: &str = "/test.Echo/Say";

type Handler = dyn Fn(String, Context) -> Answer + Send + Sync;
type Answer = std::pin::Pin<Box<dyn Future<Output = Result<String, Status>> + Send>>;

/// A service whose method `Say` is a closure.
#[derive(Clone)]
pub struct Echo(Arc<Handler>);

impl Echo {
    pub fn new<F, Fut>(handler: F) -> Self
    where
        F: Fn(String, Context) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<String, Status>> + Send + 'static,
    {
        Echo(Arc::new(move |text, context| Box::pin(handler(text, context))))
    }
}

impl Service for Echo {
    fn name(&self) -> &'static str {
        "test.Echo"
    }

    fn register(&self, methods: &mut Methods) {
        let Echo(handler) = self.clone();
        methods.unary::<Buffa, StringValue, StringValue, _, _>(SAY, move |request, context| {
            let answer = handler(request.value, context);
            async move { answer.await.map(text) }
        });
    }
}

pub fn text(value: impl Into<String>) -> StringValue {
    StringValue { value: value.into(), ..Default::default() }
}

/// A server on a free port of the loopback.
pub async fn serve(echo: Echo) -> (Running, String) {
    serve_with(Server::new(), echo).await
}

pub async fn serve_with(server: Server, echo: Echo) -> (Running, String) {
    let listening = server.add(echo).bind("127.0.0.1:0").await.expect("a free port");
    let address = listening.local_address().to_string();
    (listening.start(), address)
}

pub async fn connect(address: &str) -> Channel {
    Channel::connect(address).await.expect("the server listens")
}

pub fn say(channel: &Channel, value: impl Into<String>) -> Call<StringValue> {
    unary::<Buffa, StringValue, StringValue>(channel, SAY, text(value))
}
