//! Our server of the standard interop cases.

use clap::Parser;
use conformance::standard::driver::Driver;
use conformance::standard::service::Standard;
use conformance::standard::{SERVER_CERTIFICATE, SERVER_KEY};
use conformance::testing::TestServiceServer;
use yamabiko::{Error, Identity, Server, ServerTls, blocking};

/// Handlers that run at a time on plain threads: a stream that waits for requests is one of them.
const WORKERS: usize = 200;

/// Serves the standard interop cases of gRPC until Ctrl-C or SIGTERM. Prints the port.
#[derive(Debug, Parser)]
struct Options {
    /// The port to listen on; 0 for any free one
    #[arg(long)]
    port: u16,
    /// The address to listen on
    #[arg(long, default_value = "127.0.0.1")]
    host: String,
    /// Serve over TLS, with conformance/certificates/server.pem, which is for localhost
    #[arg(long)]
    tls: bool,
    /// What the server runs on
    #[arg(long, value_enum, default_value_t)]
    driver: Driver,
}

fn main() -> Result<(), Error> {
    let options = Options::parse();
    let address = format!("{}:{}", options.host, options.port);
    let tls =
        options.tls.then(|| ServerTls::new(Identity::from_pem(SERVER_CERTIFICATE, SERVER_KEY)));
    match options.driver {
        Driver::Tokio => on_tokio(&address, tls),
        Driver::Blocking => on_threads(&address, tls),
    }
}

#[tokio::main]
async fn on_tokio(address: &str, tls: Option<ServerTls>) -> Result<(), Error> {
    let mut server = Server::new().add(TestServiceServer::new(Standard::default()));
    if let Some(tls) = tls {
        server = server.tls(tls);
    }
    let listening = server.bind(address).await?;
    println!("{}", listening.local_address().port());
    listening.serve().await;
    Ok(())
}

fn on_threads(address: &str, tls: Option<ServerTls>) -> Result<(), Error> {
    let server = blocking::Server::new().add(TestServiceServer::new(Standard::default()));
    let mut server = server.workers(WORKERS);
    if let Some(tls) = tls {
        server = server.tls(tls);
    }
    let listening = server.bind(address)?;
    println!("{}", listening.local_address().port());
    listening.serve();
    Ok(())
}
