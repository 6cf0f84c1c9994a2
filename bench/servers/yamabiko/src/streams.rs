//! The streaming server on Yamabiko.

use tokio_stream::iter;
use yamabiko::{Context, Server, Status, Stream, Streaming};

use crate::streams::{Chunk, DownloadRequest, Streams, StreamsServer, UploadReply};

mod streams {
    yamabiko::include_proto!("streams");
}

struct Ours;

impl Streams for Ours {
    async fn download(
        &self,
        request: DownloadRequest,
        _: &Context,
    ) -> Result<impl Stream<Item = Result<Chunk, Status>>, Status> {
        let payloads = bench_handler::payloads(request.messages, request.size);
        Ok(iter(payloads.map(|payload| Ok(Chunk { payload, ..Default::default() }))))
    }

    async fn upload(
        &self,
        mut chunks: Streaming<Chunk>,
        _: &Context,
    ) -> Result<UploadReply, Status> {
        let mut bytes = 0;
        while let Some(chunk) = chunks.message().await? {
            bytes += chunk.payload.len() as u64;
        }
        Ok(UploadReply { bytes, ..Default::default() })
    }

    async fn ping_pong(
        &self,
        chunks: Streaming<Chunk>,
        _: &Context,
    ) -> Result<impl Stream<Item = Result<Chunk, Status>>, Status> {
        Ok(chunks)
    }

    async fn echo(&self, chunk: Chunk, _: &Context) -> Result<Chunk, Status> {
        Ok(chunk)
    }
}

fn main() -> anyhow::Result<()> {
    bench_runtime::block_on(serve())
}

async fn serve() -> anyhow::Result<()> {
    let address = bench_handler::address().map_err(anyhow::Error::msg)?;
    let server = Server::new().add(StreamsServer::new(Ours));
    let listening = server.bind(address.to_string()).await?;
    println!("listening");
    listening.serve().await;
    Ok(())
}
