//! A server and a client in one process: `cargo run -p hello`.

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
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let server = Server::new().add(HelloServiceServer::new(Hello)).bind("127.0.0.1:0").await?;
    let server = server.start();

    let address = format!("http://{}", server.local_address());
    let hello = HelloServiceClient::connect(address).await?;
    let request = HelloRequest { name: "なんしー".into(), ..Default::default() };
    let reply = hello.say_hello(request).await?;
    println!("client received: {}", reply.message);

    server.shut_down().await;
    Ok(())
}
