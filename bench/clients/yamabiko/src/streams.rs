//! The streaming client on Yamabiko.

use anyhow::{Context, ensure};
use bench_load::streams::{Order, Streams};

use crate::streams::{Chunk, DownloadRequest, StreamsClient};

mod streams {
    yamabiko::include_proto!("streams");
}

#[derive(Clone)]
struct Yamabiko(StreamsClient);

impl Streams for Yamabiko {
    async fn download(&self, messages: u32, size: u32) -> anyhow::Result<u64> {
        let request = DownloadRequest { messages, size, ..Default::default() };
        let mut chunks = self.0.download(request).await?;
        let mut bytes = 0;
        while let Some(chunk) = chunks.message().await? {
            bytes += chunk.payload.len() as u64;
        }
        Ok(bytes)
    }

    async fn upload(&self, messages: u32, size: u32) -> anyhow::Result<u64> {
        let payloads = bench_handler::payloads(messages, size);
        let chunk = |payload| Chunk { payload, ..Default::default() };
        Ok(self.0.upload(tokio_stream::iter(payloads.map(chunk))).await?.bytes)
    }

    async fn ping_pong(&self, rounds: u32, payload: &'static [u8]) -> anyhow::Result<()> {
        let (mut sender, requests) = yamabiko::channel();
        let mut answers = self.0.ping_pong(requests).await?;
        for _ in 0..rounds {
            sender.send(Chunk { payload: payload.to_vec(), ..Default::default() }).await?;
            let answer = answers.message().await?.context("the stream ended")?;
            ensure!(answer.payload.len() == payload.len(), "another message came back");
        }
        drop(sender);
        ensure!(answers.message().await?.is_none(), "more messages than were sent");
        Ok(())
    }

    async fn echo(&self, payload: &'static [u8]) -> anyhow::Result<usize> {
        let request = Chunk { payload: payload.to_vec(), ..Default::default() };
        Ok(self.0.echo(request).await?.payload.len())
    }
}

fn main() -> anyhow::Result<()> {
    bench_runtime::block_on(load())
}

async fn load() -> anyhow::Result<()> {
    let order = Order::from_arguments()?;
    let client = StreamsClient::connect(format!("http://{}", order.address)).await?;
    order.run(Yamabiko(client)).await
}
