//! A server and a client that know each other by certificates, in one
//! process: `cargo run -p tls`.

mod certificates;

use certificates::Files;
use yamabiko::{
    Authorities, Channel, ClientTls, Context, Error, Identity, Server, ServerTls, Status,
};

yamabiko::include_proto!("door");

struct Keeper;

impl Door for Keeper {
    async fn knock(&self, _: KnockRequest, context: &Context) -> Result<KnockReply, Status> {
        let peer = context.peer().ok_or_else(|| Status::internal("nobody calls"))?;
        // The certificate has been verified. What is in it, a crate such as x509-parser tells.
        let shown = peer.certificates().first().map_or(0, Vec::len);
        let answer = format!("come in, I know your certificate of {shown} bytes");
        Ok(KnockReply { answer, ..Default::default() })
    }
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    // What else `openssl`, a company's authority or ACME would give.
    let files = Files::new()?;
    files.issue("server", &["localhost"])?;
    files.issue("client", &["visitor"])?;
    let authorities = || Authorities::from_file(files.path("authority.pem"));
    let identity = |name: &str| {
        let (chain, key) = (files.path(&format!("{name}.pem")), files.path(&format!("{name}.key")));
        Identity::from_files(chain, key)
    };

    let tls = ServerTls::new(identity("server")).require_client_certificates(authorities());
    let server = Server::new().add(DoorServer::new(Keeper)).tls(tls.clone());
    let server = server.bind("127.0.0.1:0").await?.start();
    let address = format!("https://localhost:{}", server.local_address().port());

    let known = ClientTls::new().authorities(authorities()).identity(identity("client"));
    println!("known: {}", knock(&address, known.clone()).await?);

    let unknown = ClientTls::new().authorities(authorities());
    if let Err(error) = knock(&address, unknown).await {
        println!("unknown: {error}");
    }

    // A certificate that is about to expire is renewed, and nobody notices.
    files.issue("server", &["localhost"])?;
    tls.reload()?;
    println!("renewed: {}", knock(&address, known).await?);

    server.shut_down().await;
    Ok(())
}

async fn knock(address: &str, tls: ClientTls) -> Result<String, Error> {
    let channel = Channel::builder(address).tls(tls).connect().await?;
    let reply = DoorClient::new(channel).knock(KnockRequest::default()).await;
    Ok(reply.map_or_else(|status| status.to_string(), |reply| reply.answer))
}
