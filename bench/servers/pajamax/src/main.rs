//! The hello server on pajamax: synchronous, unary only, one thread a connection.
//!
//! Its code generator (pajamax-build 0.3) does not match pajamax 0.4 and needs protoc, so the
//! messages and the adapter between the service and the library are written here by hand.

use std::net::TcpListener;

use pajamax::PajamaxService;
use pajamax::error::Error;
use prost::Message;

/// More than the bench opens, so that the default of 100 does not refuse any.
const CONNECTIONS: usize = 20_000;

#[derive(Clone, PartialEq, Message)]
struct HelloRequest {
    #[prost(string, tag = "1")]
    name: String,
}

#[derive(Clone, PartialEq, Message)]
struct HelloReply {
    #[prost(string, tag = "1")]
    message: String,
}

struct Hello;

impl PajamaxService for Hello {
    fn is_dispatch_mode(&self) -> bool {
        false
    }

    fn route(&self, path: &[u8]) -> Option<usize> {
        (path == b"/hello.HelloService/SayHello").then_some(0)
    }

    fn handle(&self, _method: usize, message: &[u8], stream: u32) -> Result<(), Error> {
        let request = HelloRequest::decode(message)?;
        let message = bench_handler::greeting(&request.name);
        pajamax::local_build_response(stream, Ok(HelloReply { message }))
    }
}

fn main() -> anyhow::Result<()> {
    let address = bench_handler::address().map_err(anyhow::Error::msg)?;
    // pajamax binds by itself and tells nobody: the port is tried first, so that a port in use
    // is an error here, and connections are retried by the harness.
    drop(TcpListener::bind(address)?);
    println!("listening");
    pajamax::Config::new()
        .max_concurrent_connections(CONNECTIONS)
        .add_service(Hello)
        .serve(address)?;
    Ok(())
}
