//! The streaming client on tonic.

use anyhow::{Context, ensure};
use bench_load::streams::{Order, Streams};
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tonic::transport::{Channel, Endpoint};
use tonic_hello::streams::streams_client::StreamsClient;
use tonic_hello::streams::{Chunk, DownloadRequest};

/// Messages between a caller and its stream, as tonic's examples have it.
const QUEUE: usize = 4;

#[derive(Clone)]
struct Tonic(StreamsClient<Channel>);

impl Streams for Tonic {
    async fn download(&self, messages: u32, size: u32) -> anyhow::Result<u64> {
        let request = DownloadRequest { messages, size };
        let mut chunks = self.0.clone().download(request).await?.into_inner();
        let mut bytes = 0;
        while let Some(chunk) = chunks.message().await? {
            bytes += chunk.payload.len() as u64;
        }
        Ok(bytes)
    }

    async fn upload(&self, messages: u32, size: u32) -> anyhow::Result<u64> {
        let payloads = bench_handler::payloads(messages, size);
        let chunks = tokio_stream::iter(payloads.map(|payload| Chunk { payload }));
        Ok(self.0.clone().upload(chunks).await?.into_inner().bytes)
    }

    async fn ping_pong(&self, rounds: u32, payload: &'static [u8]) -> anyhow::Result<()> {
        let (sender, requests) = mpsc::channel(QUEUE);
        let requests = ReceiverStream::new(requests);
        let mut answers = self.0.clone().ping_pong(requests).await?.into_inner();
        for _ in 0..rounds {
            sender.send(Chunk { payload: payload.to_vec() }).await?;
            let answer = answers.message().await?.context("the stream ended")?;
            ensure!(answer.payload.len() == payload.len(), "another message came back");
        }
        drop(sender);
        ensure!(answers.message().await?.is_none(), "more messages than were sent");
        Ok(())
    }

    async fn echo(&self, payload: &'static [u8]) -> anyhow::Result<usize> {
        let request = Chunk { payload: payload.to_vec() };
        Ok(self.0.clone().echo(request).await?.into_inner().payload.len())
    }
}

fn main() -> anyhow::Result<()> {
    bench_runtime::block_on(load())
}

async fn load() -> anyhow::Result<()> {
    let order = Order::from_arguments()?;
    let channel = Endpoint::new(format!("http://{}", order.address))?.connect().await?;
    order.run(Tonic(StreamsClient::new(channel))).await
}
