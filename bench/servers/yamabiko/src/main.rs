//! The hello server on Yamabiko, as its documentation writes it.

use yamabiko::{Context, Server, Status};

use crate::hello::{HelloReply, HelloRequest, HelloService, HelloServiceServer};

mod hello {
    yamabiko::include_proto!("hello");
}

struct Hello;

impl HelloService for Hello {
    async fn say_hello(&self, request: HelloRequest, _: &Context) -> Result<HelloReply, Status> {
        let message = bench_handler::greeting(&request.name);
        Ok(HelloReply { message, ..Default::default() })
    }
}

fn main() -> anyhow::Result<()> {
    bench_runtime::block_on(serve())
}

async fn serve() -> anyhow::Result<()> {
    let address = bench_handler::address().map_err(anyhow::Error::msg)?;
    let server = Server::new().add(HelloServiceServer::new(Hello));
    let listening = server.bind(address.to_string()).await?;
    println!("listening");
    listening.serve().await;
    Ok(())
}
