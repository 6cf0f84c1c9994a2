//! The load client on Yamabiko: one channel, a clone of the client a task.

use bench_load::{NAME, Order};

use crate::hello::{HelloRequest, HelloServiceClient};

mod hello {
    yamabiko::include_proto!("hello");
}

fn main() -> anyhow::Result<()> {
    bench_runtime::block_on(load())
}

async fn load() -> anyhow::Result<()> {
    let order = Order::from_arguments()?;
    let client = HelloServiceClient::connect(format!("http://{}", order.address)).await?;
    order
        .run(move || {
            let client = client.clone();
            async move {
                let request = HelloRequest { name: NAME.into(), ..Default::default() };
                Ok(client.say_hello(request).await?.message)
            }
        })
        .await
}
