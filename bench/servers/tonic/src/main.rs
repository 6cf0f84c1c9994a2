//! The hello server on tonic, as its documentation writes it.

use tonic::transport::Server;
use tonic::{Request, Response, Status};
use tonic_hello::hello_service_server::{HelloService, HelloServiceServer};
use tonic_hello::{HelloReply, HelloRequest};

struct Hello;

#[tonic::async_trait]
impl HelloService for Hello {
    async fn say_hello(
        &self,
        request: Request<HelloRequest>,
    ) -> Result<Response<HelloReply>, Status> {
        let message = bench_handler::greeting(&request.into_inner().name);
        Ok(Response::new(HelloReply { message }))
    }
}

fn main() -> anyhow::Result<()> {
    bench_runtime::block_on(serve())
}

async fn serve() -> anyhow::Result<()> {
    let address = bench_handler::address().map_err(anyhow::Error::msg)?;
    let listener = tonic::transport::server::TcpIncoming::bind(address)?.with_nodelay(Some(true));
    println!("listening");
    let hello = HelloServiceServer::new(Hello);
    Server::builder().add_service(hello).serve_with_incoming(listener).await?;
    Ok(())
}
