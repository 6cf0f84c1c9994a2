//! The client: `cargo run -p hello --bin client`, with the server running.

yamabiko::include_proto!("hello");

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let hello = HelloServiceClient::connect("http://localhost:50051").await?;
    let request = HelloRequest { name: "なんしー".into(), ..Default::default() };
    let reply = hello.say_hello(request).await?;
    println!("client received: {}", reply.message);
    Ok(())
}
