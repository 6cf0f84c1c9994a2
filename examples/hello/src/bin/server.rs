//! The server: `cargo run -p hello --bin server`.

use yamabiko::{Context, Server, Status};

yamabiko::include_proto!("hello");

struct Hello;

impl HelloService for Hello {
    async fn say_hello(&self, request: HelloRequest, _: &Context) -> Result<HelloReply, Status> {
        Ok(HelloReply {
            message: format!("こんにちは, {}", request.name), ..Default::default()
        })
    }
}

#[tokio::main]
async fn main() -> Result<(), yamabiko::Error> {
    Server::new().add(HelloServiceServer::new(Hello)).serve("[::]:50051").await
}
