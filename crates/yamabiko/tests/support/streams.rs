//! A service with a method of each streaming kind, written by hand as generated code would be.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use yamabiko::buffa_types::google::protobuf::StringValue;
use yamabiko::codegen::{
    Buffa, Methods, Replies, bidi_streaming, client_streaming, server_streaming,
};
use yamabiko::{Call, Channel, Context, IntoRequests, Service, Status, Stream, Streaming};

use super::text;

/// A stream of texts, as handlers make it.
pub type Texts = Pin<Box<dyn Stream<Item = Result<StringValue, Status>> + Send>>;
type Answer<T> = Pin<Box<dyn Future<Output = Result<T, Status>> + Send>>;
type Handler<Req, Res> = Arc<dyn Fn(Req, Context) -> Answer<Res> + Send + Sync>;

/// A service whose methods are closures.
#[derive(Clone)]
pub struct Streams {
    pub down: Handler<String, Texts>,
    pub up: Handler<Streaming<StringValue>, String>,
    pub both: Handler<Streaming<StringValue>, Texts>,
}

impl Streams {
    /// `Down` counts to the number in the request, `Up` joins the requests, `Both` echoes them.
    pub fn plain() -> Self {
        Streams {
            down: Arc::new(|request, _| {
                Box::pin(async move {
                    let last: u32 =
                        request.parse().map_err(|_| Status::invalid_argument("not a number"))?;
                    Ok(texts(move |mut replies| async move {
                        for number in 1..=last {
                            replies.send(text(number.to_string())).await?;
                        }
                        Ok(())
                    }))
                })
            }),
            up: Arc::new(|mut requests, _| {
                Box::pin(async move {
                    let mut all = String::new();
                    while let Some(request) = requests.message().await? {
                        all.push_str(&request.value);
                    }
                    Ok(all)
                })
            }),
            both: Arc::new(|mut requests, _| {
                Box::pin(async move {
                    Ok(texts(move |mut replies| async move {
                        while let Some(request) = requests.message().await? {
                            replies.send(request).await?;
                        }
                        Ok(())
                    }))
                })
            }),
        }
    }

    /// The same with another `Down`.
    pub fn down<F, Fut>(mut self, handler: F) -> Self
    where
        F: Fn(String, Context) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<Texts, Status>> + Send + 'static,
    {
        self.down = Arc::new(move |request, context| Box::pin(handler(request, context)));
        self
    }

    /// The same with another `Up`.
    pub fn up<F, Fut>(mut self, handler: F) -> Self
    where
        F: Fn(Streaming<StringValue>, Context) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<String, Status>> + Send + 'static,
    {
        self.up = Arc::new(move |requests, context| Box::pin(handler(requests, context)));
        self
    }

    /// The same with another `Both`.
    pub fn both<F, Fut>(mut self, handler: F) -> Self
    where
        F: Fn(Streaming<StringValue>, Context) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<Texts, Status>> + Send + 'static,
    {
        self.both = Arc::new(move |requests, context| Box::pin(handler(requests, context)));
        self
    }
}

/// Waits without a runtime.
pub async fn pause(time: std::time::Duration) {
    let (sender, receiver) = tokio::sync::oneshot::channel::<()>();
    std::thread::spawn(move || {
        std::thread::sleep(time);
        drop(sender);
    });
    let _ = receiver.await;
}

/// What a future sends, as a stream.
pub fn texts<F, Fut>(make: F) -> Texts
where
    F: FnOnce(yamabiko::Sender<StringValue>) -> Fut,
    Fut: Future<Output = Result<(), Status>> + Send + 'static,
{
    Box::pin(yamabiko::stream(make))
}

impl Service for Streams {
    fn name(&self) -> &'static str {
        "test.Streams"
    }

    fn register(&self, methods: &mut Methods) {
        let Streams { down, up, both } = self.clone();
        methods.server_streaming::<Buffa, StringValue, StringValue, _, _>(
            "/test.Streams/Down",
            move |request, context, replies: Replies<Buffa, StringValue>| {
                let down = Arc::clone(&down);
                async move { replies.send_all(down(request.value, context).await?).await }
            },
        );
        methods.client_streaming::<Buffa, StringValue, StringValue, _, _>(
            "/test.Streams/Up",
            move |requests, context| {
                let answer = up(requests, context);
                async move { answer.await.map(text) }
            },
        );
        methods.bidi_streaming::<Buffa, StringValue, StringValue, _, _>(
            "/test.Streams/Both",
            move |requests, context, replies| {
                let both = Arc::clone(&both);
                async move { replies.send_all(both(requests, context).await?).await }
            },
        );
    }
}

pub fn down(channel: &Channel, request: &str) -> Call<Streaming<StringValue>> {
    server_streaming::<Buffa, _, _>(channel, "/test.Streams/Down", text(request))
}

pub fn up(channel: &Channel, requests: impl IntoRequests<StringValue>) -> Call<StringValue> {
    client_streaming::<Buffa, StringValue, _>(channel, "/test.Streams/Up", requests)
}

pub fn both(
    channel: &Channel,
    requests: impl IntoRequests<StringValue>,
) -> Call<Streaming<StringValue>> {
    bidi_streaming::<Buffa, StringValue, _>(channel, "/test.Streams/Both", requests)
}
