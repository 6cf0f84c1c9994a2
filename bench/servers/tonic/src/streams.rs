//! The streaming server on tonic: streams that are ready whenever they are asked, which is what
//! tonic packs best.

use std::pin::Pin;

use tokio_stream::{Stream, StreamExt};
use tonic::transport::Server;
use tonic::{Request, Response, Status, Streaming};
use tonic_hello::streams::streams_server::{Streams, StreamsServer};
use tonic_hello::streams::{Chunk, DownloadRequest, UploadReply};

struct Ours;

type Chunks = Pin<Box<dyn Stream<Item = Result<Chunk, Status>> + Send>>;

#[tonic::async_trait]
impl Streams for Ours {
    type DownloadStream = Chunks;
    type PingPongStream = Streaming<Chunk>;

    async fn download(
        &self,
        request: Request<DownloadRequest>,
    ) -> Result<Response<Chunks>, Status> {
        let DownloadRequest { messages, size } = request.into_inner();
        let payloads = bench_handler::payloads(messages, size);
        let chunks = tokio_stream::iter(payloads.map(|payload| Ok(Chunk { payload })));
        Ok(Response::new(Box::pin(chunks)))
    }

    async fn upload(
        &self,
        request: Request<Streaming<Chunk>>,
    ) -> Result<Response<UploadReply>, Status> {
        let (mut chunks, mut bytes) = (request.into_inner(), 0);
        while let Some(chunk) = chunks.next().await {
            bytes += chunk?.payload.len() as u64;
        }
        Ok(Response::new(UploadReply { bytes }))
    }

    async fn ping_pong(
        &self,
        request: Request<Streaming<Chunk>>,
    ) -> Result<Response<Streaming<Chunk>>, Status> {
        Ok(Response::new(request.into_inner()))
    }

    async fn echo(&self, request: Request<Chunk>) -> Result<Response<Chunk>, Status> {
        Ok(Response::new(request.into_inner()))
    }
}

fn main() -> anyhow::Result<()> {
    bench_runtime::block_on(serve())
}

async fn serve() -> anyhow::Result<()> {
    let address = bench_handler::address().map_err(anyhow::Error::msg)?;
    let listener = tonic::transport::server::TcpIncoming::bind(address)?.with_nodelay(Some(true));
    println!("listening");
    let streams = StreamsServer::new(Ours);
    Server::builder().add_service(streams).serve_with_incoming(listener).await?;
    Ok(())
}
