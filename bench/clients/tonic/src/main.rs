//! The load client on tonic: one channel, a clone of the client a call.

use bench_load::{NAME, Order};
use tonic::transport::Endpoint;
use tonic_hello::HelloRequest;
use tonic_hello::hello_service_client::HelloServiceClient;

fn main() -> anyhow::Result<()> {
    bench_runtime::block_on(load())
}

async fn load() -> anyhow::Result<()> {
    let order = Order::from_arguments()?;
    let channel = Endpoint::new(format!("http://{}", order.address))?.connect().await?;
    let client = HelloServiceClient::new(channel);
    order
        .run(move || {
            let mut client = client.clone();
            async move {
                let request = HelloRequest { name: NAME.into() };
                Ok(client.say_hello(request).await?.into_inner().message)
            }
        })
        .await
}
