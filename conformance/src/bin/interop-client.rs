//! Our client of the standard interop cases.

use clap::Parser;
use clap::builder::PossibleValuesParser;
use conformance::standard::driver::Driver;
use conformance::standard::{blocking_cases, cases, on_threads, on_tokio};
use yamabiko::Error;

/// All cases, as a name.
const ALL: &str = "all";

/// Runs standard interop cases of gRPC against a server, each on a connection of its own; ends with
/// an error at the first that fails.
#[derive(Debug, Parser)]
struct Options {
    /// The server's host
    #[arg(long, default_value = "localhost")]
    host: String,
    /// The server's port
    #[arg(long)]
    port: u16,
    /// Call over TLS, trusting conformance/certificates/ca.pem alone
    #[arg(long)]
    tls: bool,
    /// What the client runs on
    #[arg(long, value_enum, default_value_t)]
    driver: Driver,
    /// The case; several with commas, or `all`
    #[arg(long, value_delimiter = ',', required = true, value_parser = case())]
    test_case: Vec<String>,
}

fn case() -> PossibleValuesParser {
    PossibleValuesParser::new([&[ALL], cases::NAMES].concat())
}

fn main() -> Result<(), Error> {
    let options = Options::parse();
    let address = format!("{}:{}", options.host, options.port);
    match options.driver {
        Driver::Tokio => on_tokio(address, &options),
        Driver::Blocking => on_threads(address, &options),
    }
}

#[tokio::main]
async fn on_tokio(address: String, options: &Options) -> Result<(), Error> {
    let target = on_tokio::Target::Socket { address, tls: options.tls };
    for name in options.names() {
        cases::run(name, &target.connect().await?).await;
        println!("{name}: ok");
    }
    Ok(())
}

fn on_threads(address: String, options: &Options) -> Result<(), Error> {
    let target = on_threads::Target::Socket { address, tls: options.tls };
    for name in options.names() {
        blocking_cases::run(name, &target.connect()?);
        println!("{name}: ok");
    }
    Ok(())
}

impl Options {
    /// The cases that were asked for.
    fn names(&self) -> impl Iterator<Item = &'static str> {
        let wanted = |name: &&str| self.test_case.iter().any(|test| test == ALL || test == *name);
        cases::NAMES.iter().copied().filter(wanted)
    }
}
